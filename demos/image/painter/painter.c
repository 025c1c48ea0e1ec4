/*
 * Serves a Painter: paints into memory of its own making and gives away a
 * capability that shows it. What it keeps of a picture is nothing.
 */
#include <capos/handle.h>
#include <capos/runtime.h>
#include <capos/server.h>
#include <capos/text.h>

#include "schema/capos.client.capos.h"
#include "schema/demo.server.capos.h"

enum { REQUESTS = 2, SIDE_MAX = 4096 };

static struct painter_state {
    struct capos_runtime *runtime;
    struct memory_source memory;
} state;

/* A ring around the middle. */
static uint8_t pixel(int64_t x, int64_t y, int64_t width, int64_t height)
{
    int64_t dx = (2 * x - width) * 1000 / width, dy = (2 * y - height) * 1000 / height;
    int64_t far = dx * dx + dy * dy;
    return far > 250000 && far < 810000 ? 255 : 0;
}

static capos_status fill(struct capos_ring *ring, struct memory_object memory, uint32_t width,
                         uint32_t height)
{
    uint64_t address = 0;
    capos_status status = memory_object_map(ring, memory, true, &address);
    if (status != CAP_OK || address == 0)
        return status;
    uint8_t *pixels = (uint8_t *)address;
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            pixels[(uint64_t)y * width + x] = pixel(x, y, width, height);
    return memory_object_unmap(ring, memory, address);
}

static capos_status paint(struct capos_request *request, struct painter_paint_params_reader params,
                          struct painter_paint_results_builder results)
{
    struct capos_ring *ring = capos_request_ring(request);
    uint32_t width = painter_paint_params_get_width(params), height = painter_paint_params_get_height(params);
    struct memory_object memory = {CAPOS_CAP_NULL}, picture = {CAPOS_CAP_NULL};
    if (width == 0 || height == 0 || width > SIDE_MAX || height > SIDE_MAX)
        return capos_request_refuse(request, EXCEPTION_TYPE_INVALID_ARGUMENT,
                                    WIRE_TEXT("sides are 1 to 4096"));
    capos_status status = memory_source_create(ring, state.memory, (uint64_t)width * height, &memory);
    if (status != CAP_OK)
        return status;
    status = fill(ring, memory, width, height);
    if (status == CAP_OK)
        status = memory_object_read_only(ring, memory, &picture);
    if (status == CAP_OK)
        painter_paint_results_pass_pixels(results, memory_object_moved(picture));
    capos_handle_release(state.runtime, memory.cap);
    return status;
}

static const struct painter_ops ops = {.paint = paint};

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    static uint64_t memory[CAPOS_EXPORT_WORDS(REQUESTS)];
    static struct capos_server server;
    static struct capos_object painter;
    state.runtime = runtime;
    painter_object_init(&painter, &server, &ops, NULL, NULL);
    if (memory_source_from_capset(runtime, "memory", &state.memory) < 0)
        return 1;
    return capos_server_export(runtime, "painter", &server, &painter, REQUESTS, memory) < 0;
}
