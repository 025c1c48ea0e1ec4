/*
 * A call with sd-bus: eight u64 there and back, or bytes there and eight u64
 * back, which the service reads and writes; the same over any connection.
 */
#ifndef CAPOS_BENCH_PEERS_SDBUS_H
#define CAPOS_BENCH_PEERS_SDBUS_H

#include <systemd/sd-bus.h>

#include "bench/peers/peer.h"

#define SDBUS_NAME "org.capos.Bench"
#define SDBUS_PATH "/bench"

static uint8_t sdbus_bytes[1 << 20];

static inline void sdbus_check(int result, const char *what)
{
    if (result >= 0)
        return;
    errno = -result;
    peer_fail(what);
}

static int sdbus_answer_call(sd_bus_message *message, void *data, sd_bus_error *error)
{
    uint64_t v[8];
    (void)data;
    (void)error;
    sdbus_check(
        sd_bus_message_read(message, "tttttttt", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]),
        "params");
    return sd_bus_reply_method_return(message, "tttttttt", v[0] + 1, v[1], v[2], v[3], v[4], v[5], v[6],
                                      v[7]);
}

static int sdbus_answer_put(sd_bus_message *message, void *data, sd_bus_error *error)
{
    const void *bytes;
    size_t size;
    (void)data;
    (void)error;
    sdbus_check(sd_bus_message_read_array(message, 'y', &bytes, &size), "params");
    return sd_bus_reply_method_return(message, "tttttttt", (uint64_t)size, UINT64_C(0), UINT64_C(0),
                                      UINT64_C(0), UINT64_C(0), UINT64_C(0), UINT64_C(0), UINT64_C(0));
}

static const sd_bus_vtable sdbus_methods[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("Call", "tttttttt", "tttttttt", sdbus_answer_call, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Put", "ay", "tttttttt", sdbus_answer_put, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

static inline void sdbus_offer(sd_bus *bus)
{
    sdbus_check(sd_bus_add_object_vtable(bus, NULL, SDBUS_PATH, SDBUS_NAME, sdbus_methods, NULL), "vtable");
}

static inline void sdbus_serve(sd_bus *bus)
{
    int result;
    while ((result = sd_bus_process(bus, NULL)) >= 0)
        if (result == 0 && sd_bus_wait(bus, UINT64_MAX) < 0)
            break;
}

static inline sd_bus_message *sdbus_message(sd_bus *bus, const char *to, const struct peer_options *options)
{
    static uint64_t count;
    sd_bus_message *message = NULL;
    bool put = peer_is(options, "payload");
    count++;
    sdbus_check(
        sd_bus_message_new_method_call(bus, &message, to, SDBUS_PATH, SDBUS_NAME, put ? "Put" : "Call"),
        "message");
    if (put)
        sdbus_check(sd_bus_message_append_array(message, 'y', sdbus_bytes, options->point), "message");
    else
        sdbus_check(sd_bus_message_append(message, "tttttttt", count, count, count, count, count, count,
                                          count, count),
                    "message");
    return message;
}

static int sdbus_arrived(sd_bus_message *reply, void *data, sd_bus_error *error)
{
    uint64_t first;
    (void)error;
    sdbus_check(sd_bus_message_read(reply, "t", &first), "results");
    ++*(uint32_t *)data;
    return 0;
}

/* So many calls in flight, then all their results. */
static inline void sdbus_turn(sd_bus *bus, const char *to, const struct peer_options *options, uint32_t calls)
{
    uint32_t arrived = 0;
    for (uint32_t i = 0; i < calls; i++) {
        sd_bus_message *message = sdbus_message(bus, to, options);
        sdbus_check(sd_bus_call_async(bus, NULL, message, sdbus_arrived, &arrived, 0), "call");
        sd_bus_message_unref(message);
    }
    while (arrived < calls) {
        int result = sd_bus_process(bus, NULL);
        sdbus_check(result, "process");
        if (result == 0)
            sdbus_check(sd_bus_wait(bus, UINT64_MAX), "wait");
    }
}

static inline void sdbus_call(sd_bus *bus, const char *to, const struct peer_options *options)
{
    sd_bus_message *message = sdbus_message(bus, to, options), *reply = NULL;
    uint64_t first;
    sdbus_check(sd_bus_call(bus, message, 0, NULL, &reply), "call");
    sdbus_check(sd_bus_message_read(reply, "t", &first), "results");
    sd_bus_message_unref(reply);
    sd_bus_message_unref(message);
}

static inline void sdbus_measure(sd_bus *bus, const char *to, const struct peer_options *options,
                                 const char *name)
{
    uint32_t calls = peer_is(options, "depth") ? options->point : 1;
    struct peer_meter *meter = peer_meter_start(options->slice_ns);
    while (peer_meter_goes_on(meter))
        if (calls > 1)
            sdbus_turn(bus, to, options, calls);
        else
            sdbus_call(bus, to, options);
    peer_meter_print(meter, name, calls);
}

#endif
