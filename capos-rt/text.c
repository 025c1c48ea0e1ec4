/*
 * Lines of text.
 */
#include <capos/text.h>

#include <string.h>

struct wire_text capos_text_of(const char *string)
{
    struct wire_text none = {"", 0, WIRE_ABSENT};
    uint32_t size = 0;
    if (!string)
        return none;
    while (string[size])
        size++;
    return wire_text_make(string, size);
}

void capos_line_begin(struct capos_line *line, char *chars, uint32_t room)
{
    *line = (struct capos_line){.chars = chars, .room = room};
    chars[0] = 0;
}

void capos_line_bytes(struct capos_line *line, const void *bytes, uint32_t size)
{
    uint32_t left = line->room - 1 - line->size;
    uint32_t count = size < left ? size : left;
    memcpy(line->chars + line->size, bytes, count);
    line->size += count;
    line->chars[line->size] = 0;
    line->truncated |= count < size;
}

void capos_line_string(struct capos_line *line, const char *string)
{
    struct wire_text text = capos_text_of(string);
    capos_line_bytes(line, text.chars, text.size);
}

static __attribute__((noinline)) void add_digits(struct capos_line *line, uint64_t value, unsigned base,
                                                 uint32_t least)
{
    char digits[20];
    uint32_t at = sizeof digits;
    do
        digits[--at] = "0123456789abcdef"[value % base];
    while ((value /= base) > 0 || (sizeof digits - at < least && at > 0));
    capos_line_bytes(line, digits + at, (uint32_t)sizeof digits - at);
}

void capos_line_u64(struct capos_line *line, uint64_t value)
{
    add_digits(line, value, 10, 1);
}

void capos_line_i64(struct capos_line *line, int64_t value)
{
    if (value < 0)
        capos_line_string(line, "-");
    add_digits(line, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10, 1);
}

void capos_line_hex(struct capos_line *line, uint64_t value, uint32_t digits)
{
    capos_line_string(line, "0x");
    add_digits(line, value, 16, digits < 16 ? digits : 16);
}
