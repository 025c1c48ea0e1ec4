/*
 * Runs one workload: requests and responses as objects, read where they were
 * built, or as bytes with the framing of a stream. Prints the sum of results.
 */
#include <capos/wire_stream.h>

#include "bench/wire/cases.h"

static uint64_t request_words[WORK_MESSAGE_WORDS], response_words[WORK_MESSAGE_WORDS];
static uint64_t request_bytes[WORK_MESSAGE_WORDS], response_bytes[WORK_MESSAGE_WORDS];

/* Sends a message through bytes: what the other side reads. */
static struct wire_message *pass(struct wire_build *build, uint64_t *bytes, struct wire_message *message)
{
    uint64_t size;
    if (wire_stream_write(build, bytes, WORK_MESSAGE_WORDS * sizeof *bytes, &size) != WIRE_OK ||
        wire_open_stream(message, WIRE_PRIVATE, bytes, size, NULL, 0) != WIRE_OK) {
        fprintf(stderr, "a message does not fit\n");
        exit(1);
    }
    return message;
}

static uint64_t run(const struct wire_case *it, const struct work_options *options)
{
    struct work_random random = work_random_start();
    struct wire_build request, response;
    struct wire_message arrived, returned;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < options->rounds; i++) {
        wire_build_init(&request, request_words, WORK_MESSAGE_WORDS);
        uint64_t expected = it->request(&request, &random);
        wire_build_init(&response, response_words, WORK_MESSAGE_WORDS);
        it->respond(options->bytes ? pass(&request, request_bytes, &arrived) : wire_build_reader(&request),
                    &response);
        uint64_t got = it->result(options->bytes ? pass(&response, response_bytes, &returned)
                                                 : wire_build_reader(&response));
        if (got != expected) {
            fprintf(stderr, "round %u: %llu, not %llu\n", i, (unsigned long long)got,
                    (unsigned long long)expected);
            exit(1);
        }
        sum += got;
    }
    return sum;
}

int main(int argc, char **argv)
{
    struct work_options options;
    if (!work_options_parse(argc, argv, &options))
        return 2;
    const struct wire_case *it = options.which == 'e'   ? &case_eval
                                 : options.which == 's' ? &case_carsales
                                                        : &case_catrank;
    printf("%llu\n", (unsigned long long)run(it, &options));
    return 0;
}
