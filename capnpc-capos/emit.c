/*
 * What all emitters write with: functions and statements, in lines that people
 * can read.
 */
#include "gen.h"

enum { WIDTH = 110 };

/* Bytes of `from` up to the last place where a line may be broken before `room` columns; at least one item.
 */
static size_t fill(const char *from, size_t room)
{
    size_t size = strlen(from), at = 0;
    if (size <= room)
        return size;
    for (size_t i = 1; i < size && (i < room || at == 0); i++)
        if (from[i] == ' ' && (from[i - 1] == ',' || from[i - 1] == '+' || from[i - 1] == '='))
            at = i;
    return at > 0 ? at : size;
}

/* Writes `what` from `column` on, going on at `indent` in further lines. */
static void put_filled(struct gen_text *text, const char *what, size_t column, size_t indent, size_t tail)
{
    while (*what) {
        size_t room = column + tail < WIDTH ? WIDTH - column - tail : 1;
        size_t size = fill(what, room);
        gen_text_add(text, what, size);
        what += size;
        if (*what) {
            gen_put(text, "\n%*s", (int)indent, "");
            what++;
            column = indent;
        }
    }
}

/* The longest of the pieces that lines can be broken into. */
static size_t longest_piece(const char *what)
{
    size_t longest = 0;
    for (;;) {
        const char *end = strstr(what, ", ");
        size_t size = end ? (size_t)(end - what) + 1 : strlen(what);
        longest = size > longest ? size : longest;
        if (!end)
            return longest;
        what = end + 2;
    }
}

void gen_begin(struct gen_emit *e, const struct gen_node *node, const char *member, const char *type,
               const char *name, const char *params)
{
    gen_claim(e->gen, GEN_ORDINARY, name, node, member);
    size_t column = sizeof "static inline  (" - 1 + strlen(type) + strlen(name);
    bool below = column + longest_piece(params) >= WIDTH;
    if (below)
        column = 4;
    gen_put(e->header, "static inline %s %s(%s", type, name, below ? "\n    " : "");
    put_filled(e->header, params, column, column, 1);
    gen_put(e->header, ")\n{\n");
}

void gen_line(struct gen_emit *e, const char *format, ...)
{
    struct gen_text line = {0};
    va_list arguments;
    va_start(arguments, format);
    gen_put_list(&line, format, arguments);
    va_end(arguments);
    size_t indent = 4 + strspn(line.bytes, " ");
    const char *what = line.bytes + indent - 4;
    size_t aligned = indent + strcspn(what, "(") + 1;
    gen_put(e->header, "%*s", (int)indent, "");
    put_filled(e->header, what, indent, aligned < WIDTH - 50 ? aligned : indent + 4, 0);
    gen_put(e->header, "\n");
    gen_text_free(&line);
}

void gen_end(struct gen_emit *e)
{
    gen_put(e->header, "}\n\n");
}
