/*
 * Building text for people.
 */
#include "kernel/core/text.h"

enum { QUOTED_MAX = 60 };

struct text kernel_text_begin(char *bytes, size_t size)
{
    bytes[0] = 0;
    return (struct text){.bytes = bytes, .size = size};
}

static void add_byte(struct text *text, char byte)
{
    if (text->length + 1 >= text->size)
        return;
    text->bytes[text->length++] = byte;
    text->bytes[text->length] = 0;
}

void kernel_text_add(struct text *text, const char *string)
{
    for (size_t i = 0; string[i]; i++)
        add_byte(text, string[i]);
}

static void add_digits(struct text *text, uint64_t number, unsigned base)
{
    char digits[20];
    size_t count = 0;
    do
        digits[count++] = "0123456789abcdef"[number % base];
    while (number /= base);
    while (count > 0)
        add_byte(text, digits[--count]);
}

void kernel_text_add_number(struct text *text, uint64_t number)
{
    add_digits(text, number, 10);
}

void kernel_text_add_hex(struct text *text, uint64_t number)
{
    kernel_text_add(text, "0x");
    add_digits(text, number, 16);
}

void kernel_text_add_quoted(struct text *text, const char *bytes, size_t count)
{
    add_byte(text, '"');
    for (size_t i = 0; i < count && i < QUOTED_MAX; i++)
        add_byte(text, bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '?');
    if (count > QUOTED_MAX)
        kernel_text_add(text, "...");
    add_byte(text, '"');
}

/* The bytes of the sequence that begins here, or 0 if it is none. */
static size_t utf8_sequence(const uint8_t *bytes, size_t count)
{
    static const struct {
        uint8_t mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0x20}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (size_t length = 1; length <= 4 && length <= count; length++) {
        uint8_t mask = forms[length - 1].mask;
        if ((bytes[0] & mask) != forms[length - 1].lead)
            continue;
        uint32_t point = bytes[0] & (uint8_t)~mask;
        for (size_t i = 1; i < length; i++) {
            if ((bytes[i] & 0xc0) != 0x80)
                return 0;
            point = point << 6 | (bytes[i] & 0x3f);
        }
        bool control = point >= 0x7f && point < 0xa0;
        bool surrogate = point >= 0xd800 && point < 0xe000;
        return point < forms[length - 1].least || control || surrogate || point > 0x10ffff ? 0 : length;
    }
    return 0;
}

bool kernel_text_is_utf8(const char *bytes, size_t count)
{
    size_t at = 0;
    while (at < count) {
        size_t length = utf8_sequence((const uint8_t *)bytes + at, count - at);
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}
