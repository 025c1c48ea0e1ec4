/*
 * Where a manifest is wrong, in words; and what a name may be.
 */
#include "init/check.h"

#include <capos/abi.h>
#include <capos/wire.h>

enum { QUOTED_MAX = 60 };

void init_check_add_quoted(struct capos_line *line, struct wire_text name)
{
    capos_line_string(line, "\"");
    for (uint32_t i = 0; i < name.size && i < QUOTED_MAX; i++)
        capos_line_bytes(line, name.chars[i] >= ' ' && name.chars[i] <= '~' ? &name.chars[i] : "?", 1);
    capos_line_string(line, name.size > QUOTED_MAX ? "...\"" : "\"");
}

static void add_index(struct capos_line *line, const char *list, uint32_t index)
{
    capos_line_string(line, list);
    capos_line_string(line, "[");
    capos_line_u64(line, index);
    capos_line_string(line, "]");
}

struct capos_line *init_check_at(struct init_check *check, const char *field)
{
    capos_line_begin(&check->line, check->line.chars, check->line.room);
    capos_line_string(&check->line, field);
    return &check->line;
}

struct capos_line *init_check_at_entry(struct init_check *check, const char *list, uint32_t index)
{
    init_check_at(check, "");
    add_index(&check->line, list, index);
    return &check->line;
}

void init_check_add_service(struct capos_line *line, const struct init_graph *graph, uint32_t service)
{
    add_index(line, "services", service);
    capos_line_string(line, " ");
    init_check_add_quoted(line, graph->services[service].name);
}

struct capos_line *init_check_at_program(struct init_check *check, int32_t who, const char *field)
{
    struct capos_line *line = init_check_at(check, "");
    if (who == INIT_ITSELF)
        capos_line_string(line, "init");
    else
        init_check_add_service(line, check->graph, (uint32_t)who);
    capos_line_string(line, field[0] ? "." : "");
    capos_line_string(line, field);
    return line;
}

struct capos_line *init_check_at_element(struct init_check *check, int32_t who, const char *list,
                                         uint32_t index, struct wire_text name)
{
    struct capos_line *line = init_check_at_program(check, who, "");
    capos_line_string(line, ".");
    add_index(line, list, index);
    capos_line_string(line, " ");
    init_check_add_quoted(line, name);
    return line;
}

bool init_check_refuse(struct init_check *check, const char *what)
{
    struct capos_line *line = &check->line;
    if (check->message->error != WIRE_OK) {
        capos_line_begin(line, line->chars, line->room);
        capos_line_string(line, "the manifest is damaged at word ");
        capos_line_u64(line, check->message->error_word);
        what = wire_error_text(check->message->error);
    }
    capos_line_string(line, ": ");
    capos_line_string(line, what);
    return false;
}

/* The bytes of the sequence that begins here, or 0 if it is none. */
static uint32_t utf8_sequence(const uint8_t *bytes, uint32_t count)
{
    static const struct {
        uint8_t mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0x20}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (uint32_t length = 1; length <= 4 && length <= count; length++) {
        uint8_t mask = forms[length - 1].mask;
        if ((bytes[0] & mask) != forms[length - 1].lead)
            continue;
        uint32_t point = bytes[0] & (uint8_t)~mask;
        for (uint32_t i = 1; i < length; i++) {
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

const char *init_check_name(struct wire_text name)
{
    uint32_t at = 0;
    if (name.size == 0)
        return "no name; 1 to 43 bytes of UTF-8 are needed";
    if (name.size > CAPOS_CAPSET_NAME_MAX)
        return "a name longer than 43 bytes";
    while (at < name.size) {
        uint32_t length = utf8_sequence((const uint8_t *)name.chars + at, name.size - at);
        if (length == 0)
            return "a name that is not printable UTF-8";
        at += length;
    }
    return NULL;
}

bool init_check_says_more(struct wire_struct s, uint32_t data_bytes, uint16_t pointers)
{
    for (uint32_t byte = data_bytes; byte < s.data_bytes; byte++)
        if (wire_get_u8(s, byte) != 0)
            return true;
    for (uint16_t i = pointers; i < s.pointer_count; i++)
        if (wire_has_pointer(s, i))
            return true;
    return false;
}
