/*
 * Asks for pictures and looks at them where they were painted: a large one
 * costs as many messages as a small one.
 */
#include <capos/handle.h>
#include <capos/runtime.h>
#include <capos/text.h>

#include "schema/capos.client.capos.h"
#include "schema/demo.client.capos.h"

enum { COLUMNS = 24, ROWS = 8, PICTURES = 40 };

struct viewer {
    struct capos_runtime *runtime;
    struct capos_ring *ring;
    struct console console;
    struct painter painter;
};

static void say(const struct viewer *viewer, uint64_t number, const char *what)
{
    struct capos_line line;
    char chars[80];
    capos_line_begin(&line, chars, sizeof chars);
    capos_line_u64(&line, number);
    capos_line_string(&line, what);
    console_write_line(viewer->ring, viewer->console, capos_line_text(&line));
}

/* One character for each part of the picture. */
static void show(const struct viewer *viewer, const uint8_t *pixels, uint32_t width, uint32_t height)
{
    for (uint32_t row = 0; row < ROWS; row++) {
        char chars[COLUMNS];
        for (uint32_t column = 0; column < COLUMNS; column++) {
            uint64_t y = (2 * row + 1) * height / (2 * ROWS), x = (2 * column + 1) * width / (2 * COLUMNS);
            chars[column] = pixels[y * width + x] ? '#' : '.';
        }
        console_write_line(viewer->ring, viewer->console, wire_text_make(chars, COLUMNS));
    }
}

static uint64_t count_light(const uint8_t *pixels, uint64_t count)
{
    uint64_t light = 0;
    for (uint64_t i = 0; i < count; i++)
        light += pixels[i] != 0;
    return light;
}

/* *ret_light: how many pixels are not black. */
static capos_status look(const struct viewer *viewer, uint32_t width, uint32_t height, bool whole,
                         uint64_t *ret_light)
{
    struct memory_object picture = {CAPOS_CAP_NULL};
    uint64_t address = 0;
    capos_status status = painter_paint(viewer->ring, viewer->painter, width, height, &picture);
    if (status != CAP_OK)
        return status;
    status = memory_object_map(viewer->ring, picture, false, &address);
    if (status == CAP_OK && address != 0) {
        if (whole)
            show(viewer, (const uint8_t *)address, width, height);
        *ret_light = count_light((const uint8_t *)address, (uint64_t)width * height);
        status = memory_object_unmap(viewer->ring, picture, address);
    }
    capos_handle_release(viewer->runtime, picture.cap);
    return status;
}

static capos_status look_at_all(const struct viewer *viewer)
{
    uint64_t light = 0, again = 0;
    capos_status status = look(viewer, 960, 640, true, &light);
    if (status != CAP_OK)
        return status;
    say(viewer, light, " of 614400 pixels are light");
    for (int i = 0; status == CAP_OK && i < PICTURES; i++) {
        status = look(viewer, 960, 640, false, &again);
        if (again != light)
            return -1;
    }
    say(viewer, PICTURES, " more are the same");
    return status;
}

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    struct viewer viewer = {.runtime = runtime};
    if (console_from_capset(runtime, "console", &viewer.console) < 0 ||
        painter_from_capset(runtime, "painter", &viewer.painter) < 0 ||
        capos_runtime_lend_ring(runtime, &viewer.ring) < 0)
        return 1;
    capos_status status = look_at_all(&viewer);
    capos_runtime_return_ring(runtime, viewer.ring);
    return status != CAP_OK;
}
