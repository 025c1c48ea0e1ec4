/*
 * Names and sentences of the status codes.
 */
#include <capos/status.h>

const char *capos_status_text(capos_status status)
{
    switch (status) {
    case CAP_OK:
        return "it was done";
#define CASE(name, value, sentence)                                                                          \
    case value:                                                                                              \
        return sentence;
        CAP_ERRORS(CASE)
#undef CASE
    default:
        return "a status that this runtime does not know";
    }
}

const char *capos_status_name(capos_status status)
{
    switch (status) {
    case CAP_OK:
        return "OK";
#define CASE(name, value, sentence)                                                                          \
    case value:                                                                                              \
        return #name;
        CAP_ERRORS(CASE)
#undef CASE
    default:
        return "UNKNOWN";
    }
}
