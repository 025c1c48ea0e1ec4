/* Errors: the sentences, and keeping the first one. */
#include "wire/internal.h"

const char *wire_error_text(enum wire_error error)
{
    switch (error) {
    case WIRE_OK:
        return "No error.";
#define WIRE_ERROR_CASE(name, value, sentence)                                                               \
    case WIRE_ERR_##name:                                                                                    \
        return sentence;
        WIRE_ERRORS(WIRE_ERROR_CASE)
#undef WIRE_ERROR_CASE
    }
    return "An error that is not known.";
}

/* With no free space left, the fast paths of the builder need not look for the error. */
static void seal(struct wire_message *message)
{
    for (uint32_t i = 0; i < message->segment_count; i++)
        message->segments[i].space_count = message->segments[i].word_count;
}

bool wire_fail(const struct wire_segment *segment, const uint64_t *pointer, enum wire_error error)
{
    struct wire_message *message = segment->message;
    if (message == NULL || message->error != WIRE_OK)
        return false;
    message->error = (uint16_t)error;
    message->error_segment = (uint32_t)(segment - message->segments);
    message->error_word = (uint64_t)(pointer - segment->words);
    if (segment->space != NULL)
        seal(message);
    return false;
}

bool wire_message_fail(struct wire_message *message, enum wire_error error)
{
    if (message->error == WIRE_OK)
        message->error = (uint16_t)error;
    return false;
}
