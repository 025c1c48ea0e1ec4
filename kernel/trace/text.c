/*
 * Texts that never grow beyond their room.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "capos/abi.h"
#include "kernel/trace/trace.h"

static const char cut[] = "...";

void trace_text_init(struct trace_text *text, char *chars, size_t room)
{
    *text = (struct trace_text){.chars = chars, .room = room};
}

void trace_put(struct trace_text *text, const char *chars, size_t size)
{
    size_t room = text->room - text->size - (sizeof cut - 1);
    if (text->full || size == 0)
        return;
    if (size <= room) {
        memcpy(text->chars + text->size, chars, size);
        text->size += size;
        return;
    }
    memcpy(text->chars + text->size, chars, room);
    memcpy(text->chars + text->size + room, cut, sizeof cut - 1);
    text->size = text->room;
    text->full = true;
}

void trace_printf(struct trace_text *text, const char *format, ...)
{
    char chars[80];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(chars, sizeof chars, format, arguments);
    va_end(arguments);
    if (size > 0)
        trace_put(text, chars, (size_t)size < sizeof chars ? (size_t)size : sizeof chars - 1);
}

void trace_put_name(struct trace_text *text, const char *chars, size_t size)
{
    for (size_t i = 0; i < size && !text->full; i++) {
        if (chars[i] > ' ' && chars[i] < 0x7f && chars[i] != '\\')
            trace_put(text, &chars[i], 1);
        else
            trace_printf(text, "\\x%02x", (uint8_t)chars[i]);
    }
}

void trace_put_status(struct trace_text *text, int32_t result, uint32_t exception_type)
{
    static const char *const types[] = {"failed", "overloaded", "disconnected", "unimplemented",
                                        "invalidArgument"};
    static const char *const names[] = {
#define NAME(name, value, sentence) [-(value)] = #name,
        CAP_ERRORS(NAME)
#undef NAME
    };
    const size_t count = sizeof names / sizeof names[0];
    if (result >= 0)
        trace_put(text, "ok", 2);
    else if (result == CAP_ERR_APPLICATION_EXCEPTION && exception_type < sizeof types / sizeof types[0])
        trace_printf(text, "%s", types[exception_type]);
    else if (result == CAP_ERR_APPLICATION_EXCEPTION)
        trace_printf(text, "exception-%u", exception_type);
    else if (result > -(int32_t)count && names[-result])
        trace_printf(text, "%s", names[-result]);
    else
        trace_printf(text, "%d", result);
}
