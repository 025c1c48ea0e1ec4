// Runs one workload as bench/wire/main.c does. Builders use memory that is kept, which is the library's fastest way.
#include "bench/peers/wire/cases.hpp"

static capnp::word request_words[WORK_MESSAGE_WORDS], response_words[WORK_MESSAGE_WORDS];
static capnp::word request_bytes[WORK_MESSAGE_WORDS], response_bytes[WORK_MESSAGE_WORDS];

static kj::ArrayPtr<const capnp::word> pass(capnp::MessageBuilder &builder, capnp::word *words)
{
    kj::ArrayOutputStream output(kj::arrayPtr(reinterpret_cast<kj::byte *>(words), WORK_MESSAGE_WORDS * 8));
    capnp::writeMessage(output, builder);
    return kj::arrayPtr(words, output.getArray().size() / 8);
}

static void check(uint32_t round, uint64_t got, uint64_t expected)
{
    if (got == expected)
        return;
    fprintf(stderr, "round %u: %llu, not %llu\n", round, (unsigned long long)got, (unsigned long long)expected);
    exit(1);
}

template <typename Case> static uint64_t run(const work_options &options)
{
    work_random random = work_random_start();
    uint64_t sum = 0;
    for (uint32_t i = 0; i < options.rounds; i++) {
        capnp::MallocMessageBuilder request(kj::arrayPtr(request_words, WORK_MESSAGE_WORDS));
        auto requestRoot = request.initRoot<typename Case::Request>();
        uint64_t expected = Case::request(requestRoot, random), got;
        capnp::MallocMessageBuilder response(kj::arrayPtr(response_words, WORK_MESSAGE_WORDS));
        auto responseRoot = response.initRoot<typename Case::Response>();
        if (options.bytes) {
            capnp::FlatArrayMessageReader arrived(pass(request, request_bytes));
            Case::respond(arrived.getRoot<typename Case::Request>(), responseRoot);
            capnp::FlatArrayMessageReader returned(pass(response, response_bytes));
            got = Case::result(returned.getRoot<typename Case::Response>());
        } else {
            Case::respond(requestRoot.asReader(), responseRoot);
            got = Case::result(responseRoot.asReader());
        }
        check(i, got, expected);
        sum += got;
    }
    return sum;
}

int main(int argc, char **argv)
{
    work_options options;
    if (!work_options_parse(argc, argv, &options))
        return 2;
    uint64_t sum = options.which == 'e'   ? run<EvalCase>(options)
                   : options.which == 's' ? run<CarsalesCase>(options)
                                          : run<CatrankCase>(options);
    printf("%llu\n", (unsigned long long)sum);
    return 0;
}
