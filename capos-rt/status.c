/*
 * Names and sentences of the status codes: each kind is one text, and a table says where a code's begins.
 * Tables of pointers would be larger than the names.
 */
#include <capos/status.h>

#include <stddef.h>

#define NAME_ROOM(name, value, sentence)      char name[sizeof #name];
#define NAME(name, value, sentence)           #name,
#define NAME_PLACE(name, value, sentence)     [-(value)] = offsetof(struct names, name),
#define SENTENCE_ROOM(name, value, sentence)  char name[sizeof(sentence)];
#define SENTENCE(name, value, sentence)       sentence,
#define SENTENCE_PLACE(name, value, sentence) [-(value)] = offsetof(struct sentences, name),

static const struct names {
    char unknown[sizeof "UNKNOWN"];
    CAP_ERRORS(NAME_ROOM)
} names = {"UNKNOWN", CAP_ERRORS(NAME)};
static const uint16_t name_places[] = {CAP_ERRORS(NAME_PLACE)};

static const struct sentences {
    char unknown[sizeof "a status that this runtime does not know"];
    CAP_ERRORS(SENTENCE_ROOM)
} sentences = {"a status that this runtime does not know", CAP_ERRORS(SENTENCE)};
static const uint16_t sentence_places[] = {CAP_ERRORS(SENTENCE_PLACE)};

enum { PLACES = sizeof name_places / sizeof name_places[0] };

static uint16_t place_of(const uint16_t places[PLACES], capos_status status)
{
    return status < 0 && status > -PLACES ? places[-status] : 0;
}

const char *capos_status_text(capos_status status)
{
    return status == CAP_OK ? "it was done" : (const char *)&sentences + place_of(sentence_places, status);
}

const char *capos_status_name(capos_status status)
{
    return status == CAP_OK ? "OK" : (const char *)&names + place_of(name_places, status);
}
