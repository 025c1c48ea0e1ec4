/*
 * What a schema's author wrote, as C comments and literals that the compiler
 * reads without a word: nothing may end a comment early, splice lines, or
 * turn the direction of the text around.
 */
#include "gen.h"

#include <math.h>

/* Bytes of the UTF-8 character at `at`, 0 if it is none. */
static size_t utf8_size(const uint8_t *at)
{
    size_t size = *at < 0x80 ? 1 : *at >= 0xc2 && *at < 0xe0 ? 2 : *at >= 0xe0 && *at < 0xf0 ? 3 : 0;
    if (*at >= 0xf0 && *at < 0xf5)
        size = 4;
    for (size_t i = 1; i < size; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] >= 0xa0) ||
        (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] >= 0x90))
        return 0;
    return size;
}

/* U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069: they reorder what people see. */
static bool turns_text(const uint8_t *at)
{
    if (at[0] != 0xe2)
        return false;
    return (at[1] == 0x80 && (at[2] == 0x8e || at[2] == 0x8f || (at[2] >= 0xaa && at[2] <= 0xae))) ||
           (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9);
}

/* Pairs that mean something inside a comment are parted. */
static bool parts(char a, char b)
{
    return (a == '*' && b == '/') || (a == '/' && b == '*') || (a == '?' && b == '?');
}

/* One line, without what is at its end. */
static void put_line(struct gen_text *text, const char *line, size_t size)
{
    while (size > 0 && (line[size - 1] == ' ' || line[size - 1] == '\\' || line[size - 1] == '\t' ||
                        line[size - 1] == '\r'))
        size--;
    if (size > 0)
        gen_text_add(text, " ", 1);
    for (size_t i = 0, step; i < size; i += step) {
        const uint8_t *at = (const uint8_t *)line + i;
        step = utf8_size(at);
        bool bad = step == 0 || turns_text(at) || (*at < 0x20 && *at != '\t') || *at == 0x7f;
        if (step == 0)
            step = 1;
        gen_text_add(text, bad ? "?" : line + i, bad ? 1 : step);
        if (i + 1 < size && parts(line[i], line[i + 1]))
            gen_text_add(text, " ", 1);
    }
}

void gen_put_doc(struct gen_text *text, const char *indent, const char *doc)
{
    if (!doc)
        return;
    size_t size = strlen(doc);
    while (size > 0 && doc[size - 1] == '\n')
        size--;
    gen_put(text, "%s/*", indent);
    const char *end = memchr(doc, '\n', size);
    if (!end) {
        put_line(text, doc, size);
        gen_put(text, " */\n");
        return;
    }
    gen_put(text, "\n");
    for (const char *line = doc; line <= doc + size; line = end + 1) {
        end = memchr(line, '\n', (size_t)(doc + size - line));
        if (!end)
            end = doc + size;
        gen_put(text, "%s *", indent);
        put_line(text, line, (size_t)(end - line));
        gen_put(text, "\n");
    }
    gen_put(text, "%s */\n", indent);
}

const char *gen_literal(struct gen *gen, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;
    char *literal = gen_alloc(gen, 4 * size + 3, 1);
    size_t at = 0;
    literal[at++] = '"';
    for (size_t i = 0; i < size; i++) {
        bool plain = from[i] >= 0x20 && from[i] < 0x7f && from[i] != '"' && from[i] != '\\' && from[i] != '?';
        if (plain) {
            literal[at++] = (char)from[i];
            continue;
        }
        literal[at++] = '\\';
        literal[at++] = (char)('0' + (from[i] >> 6));
        literal[at++] = (char)('0' + (from[i] >> 3 & 7));
        literal[at++] = (char)('0' + (from[i] & 7));
    }
    literal[at] = '"';
    return literal;
}

/* The shortest that reads back as the same number, or a builtin where there are no digits. */
static const char *real(struct gen *gen, double value, const char *suffix)
{
    if (isnan(value))
        return gen_format(gen, "__builtin_nan%s(\"\")", suffix);
    if (isinf(value))
        return gen_format(gen, value < 0 ? "(-__builtin_inf%s())" : "__builtin_inf%s()", suffix);
    const char *digits = gen_format(gen, *suffix ? "%.9g" : "%.17g", value);
    const char *point = strpbrk(digits, ".e") ? "" : ".0";
    return gen_format(gen, signbit(value) ? "(%s%s%s)" : "%s%s%s", digits, point, suffix);
}

static const char *whole(struct gen *gen, enum gen_kind kind, int64_t value)
{
    if (kind == GEN_I64 && value == INT64_MIN)
        return "(-INT64_C(9223372036854775807) - 1)";
    if (kind == GEN_I64)
        return gen_format(gen, value < 0 ? "(-INT64_C(%lld))" : "INT64_C(%lld)",
                          (long long)(value < 0 ? -value : value));
    if (kind == GEN_I32 && value == INT32_MIN)
        return "(-INT32_C(2147483647) - 1)";
    return gen_format(gen, value < 0 ? "(%lld)" : "%lld", (long long)value);
}

const char *gen_scalar(struct gen *gen, const struct gen_type *type, uint64_t bits)
{
    switch (type->kind) {
    case GEN_BOOL:
        return bits ? "true" : "false";
    case GEN_F32:
        return real(gen, (double)wire_f32_from_bits((uint32_t)bits), "f");
    case GEN_F64:
        return real(gen, wire_f64_from_bits(bits), "");
    case GEN_U32:
        return gen_format(gen, "UINT32_C(%llu)", (unsigned long long)bits);
    case GEN_U64:
        return gen_format(gen, "UINT64_C(%llu)", (unsigned long long)bits);
    case GEN_ENUM:
        if (bits < type->node->enumerant_count)
            return gen_format(gen, "%s_%s", type->node->upper, type->node->enumerants[bits].upper);
        return gen_format(gen, "%llu", (unsigned long long)bits);
    default:
        return whole(gen, type->kind, (int64_t)bits);
    }
}
