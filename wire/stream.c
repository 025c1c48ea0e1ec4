/* Framing: measuring what arrives, writing what was built. Sums are made in 64 bits. */
#include "wire/internal.h"

static uint32_t load_u32(const uint8_t *at)
{
    uint32_t value;
    __builtin_memcpy(&value, at, sizeof(value));
    return value;
}

static uint64_t table_bytes(uint64_t segment_count)
{
    return (segment_count / 2 + 1) * 8;
}

enum wire_error wire_stream_size(const void *start, uint64_t have, uint64_t *ret_bytes)
{
    const uint8_t *table = (const uint8_t *)start;
    if (have < 4) {
        *ret_bytes = 8; /* the shortest table */
        return WIRE_OK;
    }
    uint64_t count = (uint64_t)load_u32(table) + 1;
    if (count > WIRE_SEGMENTS_MAX)
        return WIRE_ERR_BAD_SEGMENT_COUNT;
    uint64_t bytes = table_bytes(count);
    if (have >= bytes)
        for (uint64_t i = 0; i < count; i++)
            bytes += (uint64_t)load_u32(table + 4 + i * 4) * 8;
    *ret_bytes = bytes;
    return WIRE_OK;
}

uint64_t wire_stream_header_bytes(const struct wire_build *build)
{
    return table_bytes(build->message.segment_count);
}

uint64_t wire_stream_bytes(const struct wire_build *build)
{
    uint64_t bytes = wire_stream_header_bytes(build);
    for (uint32_t i = 0; i < build->message.segment_count; i++)
        bytes += (uint64_t)build->message.segments[i].word_count * 8;
    return bytes;
}

static enum wire_error may_write(const struct wire_build *build, uint64_t bytes, uint64_t room)
{
    if (build->message.error != WIRE_OK)
        return wire_build_error(build);
    return bytes > room ? WIRE_ERR_NO_SPACE : WIRE_OK;
}

enum wire_error wire_stream_write_header(const struct wire_build *build, void *out, uint64_t room,
                                         uint64_t *ret_bytes)
{
    const struct wire_message *message = &build->message;
    uint64_t bytes = wire_stream_header_bytes(build);
    enum wire_error error = may_write(build, bytes, room);
    if (error != WIRE_OK)
        return error;
    uint8_t *at = (uint8_t *)out;
    uint32_t last = message->segment_count - 1;
    __builtin_memset(at + bytes - 4, 0, 4);
    __builtin_memcpy(at, &last, 4);
    for (uint32_t i = 0; i <= last; i++)
        __builtin_memcpy(at + 4 + (size_t)i * 4, &message->segments[i].word_count, 4);
    *ret_bytes = bytes;
    return WIRE_OK;
}

enum wire_error wire_stream_write(const struct wire_build *build, void *out, uint64_t room,
                                  uint64_t *ret_bytes)
{
    const struct wire_message *message = &build->message;
    uint64_t written = 0;
    enum wire_error error = may_write(build, wire_stream_bytes(build), room);
    if (error == WIRE_OK)
        error = wire_stream_write_header(build, out, room, &written);
    if (error != WIRE_OK)
        return error;
    for (uint32_t i = 0; i < message->segment_count; i++) {
        size_t bytes = (size_t)message->segments[i].word_count * 8;
        __builtin_memcpy((uint8_t *)out + written, message->segments[i].words, bytes);
        written += bytes;
    }
    *ret_bytes = written;
    return WIRE_OK;
}
