/*
 * The texts of a trace, from any schema and any payload: both are cut out of
 * the input. What comes stays in its room, and is one line of graphic ASCII.
 * Held by it: docs/security.md, 34.
 */
#include <stdlib.h>
#include <string.h>

#include "kernel/trace/schema.h"

enum { ROOM = 512 };

extern const uint8_t trace_system_schema[];
extern const uint64_t trace_system_schema_bytes;

static void check(const struct trace_text *text)
{
    if (text->size > ROOM)
        abort();
    for (size_t i = 0; i < text->size; i++)
        if (text->chars[i] < ' ' || text->chars[i] >= 0x7f)
            abort();
}

static void say(const struct trace_schema *schemas, uint64_t id, uint16_t ordinal, const uint64_t *payload,
                size_t bytes)
{
    char *chars = malloc(ROOM);
    struct trace_text text;
    if (!chars)
        return;
    for (int what = TRACE_PARAMS; what <= TRACE_EXCEPTION; what++) {
        trace_text_init(&text, chars, ROOM);
        trace_put_payload(&text, schemas, id, ordinal, (enum trace_payload)what, payload, bytes);
        check(&text);
    }
    trace_text_init(&text, chars, ROOM);
    trace_put_method(&text, schemas, id, ordinal);
    trace_put_status(&text, (int32_t)id, ordinal);
    check(&text);
    free(chars);
}

static void say_all(const struct trace_schema *schemas, const uint64_t *payload, size_t bytes)
{
    uint64_t id = bytes > 0 ? payload[0] : 0;
    for (uint32_t i = 0; i < schemas->node_count && i < 64; i++)
        for (uint16_t ordinal = 0; ordinal < 3; ordinal++)
            say(schemas, schemas->nodes[i].id, ordinal, payload, bytes);
    say(schemas, id, (uint16_t)bytes, payload, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trace_schema system_schema, schema;
    uint64_t *words = malloc(size + 8);
    if (!words || trace_schema_open(&system_schema, trace_system_schema, trace_system_schema_bytes) != NULL)
        abort();
    memcpy(words, data, size);
    say_all(&system_schema, words, size / 8 * 8);
    /* The first word says how much of the rest is a schema. */
    size_t rest = size / 8 * 8 < 8 ? 0 : size / 8 * 8 - 8;
    size_t cut = rest > 0 ? words[0] % (rest / 8 + 1) * 8 : 0;
    if (rest > 0 && trace_schema_open(&schema, words + 1, cut) == NULL) {
        say_all(&schema, words + 1 + cut / 8, rest - cut);
        trace_schema_close(&schema);
    }
    trace_schema_close(&system_schema);
    free(words);
    return 0;
}
