/*
 * The arena, growing texts, diagnostics. Running out of memory ends the
 * program: a tool that runs once has nothing better to do.
 */
#define _GNU_SOURCE 1 /* vasprintf */
#include "gen.h"

#include <stdio.h>
#include <stdlib.h>

struct gen_block {
    struct gen_block *next;
};

static void out_of_memory(void)
{
    fputs("capnpc-capos: out of memory\n", stderr);
    exit(1);
}

void *gen_alloc(struct gen *gen, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) ||
        __builtin_add_overflow(bytes, sizeof(struct gen_block) + 8, &bytes))
        out_of_memory();
    struct gen_block *block = calloc(1, bytes);
    if (!block)
        out_of_memory();
    block->next = gen->blocks;
    gen->blocks = block;
    return block + 1;
}

const char *gen_copy(struct gen *gen, const char *chars, size_t size)
{
    char *copy = gen_alloc(gen, size + 1, 1);
    if (size > 0)
        memcpy(copy, chars, size);
    return copy;
}

const char *gen_format(struct gen *gen, const char *format, ...)
{
    char *text;
    va_list arguments;
    va_start(arguments, format);
    int size = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (size < 0)
        out_of_memory();
    const char *copy = gen_copy(gen, text, (size_t)size);
    free(text);
    return copy;
}

/* --- Texts ------------------------------------------------------------------ */

static bool make_room(struct gen_text *text, size_t more)
{
    if (more > GEN_OUTPUT_MAX || text->size + more > GEN_OUTPUT_MAX)
        text->full = true;
    if (text->full)
        return false;
    if (text->size + more + 1 <= text->room)
        return true;
    size_t room = (text->size + more + 1) * 2;
    text->bytes = realloc(text->bytes, room);
    if (!text->bytes)
        out_of_memory();
    text->room = room;
    return true;
}

void gen_text_add(struct gen_text *text, const char *bytes, size_t size)
{
    if (!make_room(text, size))
        return;
    if (size > 0)
        memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
    text->bytes[text->size] = 0;
}

void gen_put_list(struct gen_text *text, const char *format, va_list arguments)
{
    char *more;
    int size = vasprintf(&more, format, arguments);
    if (size < 0)
        out_of_memory();
    gen_text_add(text, more, (size_t)size);
    free(more);
}

void gen_put(struct gen_text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    gen_put_list(text, format, arguments);
    va_end(arguments);
}

void gen_text_free(struct gen_text *text)
{
    free(text->bytes);
    memset(text, 0, sizeof *text);
}

/* --- Diagnostics -------------------------------------------------------------- */

/* Words of a schema are shown to people: nothing of them may steer a terminal. */
static void make_printable(char *chars, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((uint8_t)chars[i] < 0x20 || chars[i] == 0x7f)
            chars[i] = '?';
}

void gen_complain(struct gen *gen, const char *where, const char *member, const char *format, ...)
{
    if (++gen->diagnostic_count > GEN_DIAGNOSTICS_MAX)
        return;
    size_t begin = gen->diagnostics.size;
    gen_put(&gen->diagnostics, "capnpc-capos: ");
    if (where)
        gen_put(&gen->diagnostics, "%s%s%s: ", where, member ? "." : "", member ? member : "");
    va_list arguments;
    va_start(arguments, format);
    gen_put_list(&gen->diagnostics, format, arguments);
    va_end(arguments);
    make_printable(gen->diagnostics.bytes + begin, gen->diagnostics.size - begin);
    gen_put(&gen->diagnostics, "\n");
}

void gen_fini(struct gen *gen)
{
    for (struct gen_output *output = gen->outputs; output; output = output->next)
        free(output->text.bytes);
    for (struct gen_block *block = gen->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    free(gen->diagnostics.bytes);
    memset(gen, 0, sizeof *gen);
}
