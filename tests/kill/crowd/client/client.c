/*
 * Calls servers at random, any of which may die at any moment. What a server
 * answers is right, or it is an exception; each call is completed once; and
 * nothing is held at the end. The verdict is how long the program then sleeps.
 */
#include <capos/capset.h>
#include <capos/handle.h>
#include <capos/ring.h>
#include <capos/runtime.h>
#include <capos/text.h>

#include "schema/capos.client.capos.h"
#include "schema/demo.client.capos.h"
#include "tests/kill/crowd/verdict.h"

enum { ROUNDS = 40, FLIGHT = 4, SHORT_NS = 20000 };

static struct capos_runtime *runtime;
static struct capos_ring *ring;
static struct timer timer;
static struct directory directories[2];
static struct store store;
static struct runner runners[2]; /* the first may hand on to the second */
static struct baton baton;
static uint64_t random_state;
static uint64_t number; /* the last one that was written somewhere */
static char name[2];    /* nobody else's */

#define HOLDS(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            verdict(__LINE__);                                                                               \
    } while (0)

__attribute__((noreturn)) static void verdict(uint64_t line)
{
    for (;;)
        timer_sleep(ring, timer, VERDICT_NS + line);
}

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(random_state >> 33) % bound;
}

/* Whether a call was answered; if not, it was an exception. */
static bool answered(capos_status status)
{
    if (status != CAP_OK && status != CAP_ERR_APPLICATION_EXCEPTION)
        verdict(__LINE__ + 1000 * (uint64_t)-status);
    return status == CAP_OK;
}

/* --- Files ------------------------------------------------------------------------------- */

static void write_and_read(struct file file)
{
    struct file_read_call call;
    struct file_read_results_reader results;
    uint64_t written = ++number, got = 0;
    if (!answered(file_write(ring, file, 0, wire_data_make((const uint8_t *)&written, sizeof written))))
        return;
    if (answered(file_read(ring, file, 0, sizeof got, &call, &results))) {
        struct wire_data data = file_read_results_get_data(results);
        HOLDS(data.size == sizeof got);
        __builtin_memcpy(&got, data.bytes, sizeof got);
        HOLDS(got == written);
    }
    file_read_finish(ring, &call);
}

/* A file goes to the other directory, as a copy or for good. */
static void make_and_link(void)
{
    uint32_t which = random_below(2);
    struct file file;
    bool is_new;
    if (!answered(directory_create(ring, directories[which], capos_text_of(name), &file, &is_new)))
        return;
    write_and_read(file);
    bool moves = random_below(2);
    bool linked = answered(directory_link(ring, directories[!which], capos_text_of(name),
                                          moves ? file_moved(file) : file_copied(file)));
    if (!linked || !moves)
        capos_handle_release(runtime, file.cap);
}

/* Opens that are finished before they are answered: what they bring is dropped. */
static void open_and_forget(void)
{
    struct directory_open_call calls[FLIGHT];
    for (int i = 0; i < FLIGHT; i++)
        directory_open_send(ring, directories[random_below(2)], capos_text_of(name), &calls[i]);
    if (random_below(2))
        capos_ring_flush(ring);
    for (int i = 0; i < FLIGHT; i++)
        directory_open_finish(ring, &calls[i]);
}

static void list_all(void)
{
    struct directory_list_call call;
    struct directory_list_results_reader results;
    if (answered(directory_list(ring, directories[random_below(2)], &call, &results))) {
        struct wire_list entries = directory_list_results_get_entries(results);
        for (uint32_t i = 0; i < entries.count; i++) {
            struct file file;
            HOLDS(entry_adopt_file(directory_list_results_get_entries_at(entries, i), &file) == CAP_OK);
            capos_handle_release(runtime, file.cap);
        }
    }
    directory_list_finish(ring, &call);
}

/* --- The store ------------------------------------------------------------------------------ */

static void put_and_get(void)
{
    struct store_get_call calls[FLIGHT];
    struct store_get_results_reader results;
    uint64_t key = (uint64_t)name[0], version;
    if (!answered(store_put(ring, store, key, ++number, &version)))
        return;
    for (int i = 0; i < FLIGHT; i++)
        store_get_send(ring, store, key, &calls[i]);
    for (int i = 0; i < FLIGHT; i++) {
        bool cancel = random_below(3) == 0;
        if (cancel)
            capos_call_cancel(ring, &calls[i].call);
        capos_status status = store_get_wait(ring, &calls[i], &results);
        if (!(cancel && status == CAP_ERR_CANCELLED) && answered(status))
            HOLDS(store_get_results_get_value(results) == number);
        store_get_finish(ring, &calls[i]);
    }
}

/* A watch that nobody answers in time, and one that the put behind it answers. */
static void watch(void)
{
    struct store_watch_call call;
    struct store_watch_results_reader results;
    uint64_t key = (uint64_t)name[0] + 1000, version = 0;
    if (!answered(store_put(ring, store, key, ++number, &version)))
        return;
    store_watch_send(ring, store, key, version, &call);
    capos_status status = store_watch_wait_for(ring, &call, SHORT_NS, &results);
    HOLDS(status == CAP_ERR_TIMED_OUT || !answered(status));
    store_watch_finish(ring, &call);

    store_watch_send(ring, store, key, version, &call);
    bool put = answered(store_put(ring, store, key, ++number, &version));
    if (answered(store_watch_wait(ring, &call, &results)))
        HOLDS(!put || store_watch_results_get_value(results) == number);
    store_watch_finish(ring, &call);
}

/* --- The baton ------------------------------------------------------------------------------ */

static void hand_on(void)
{
    const struct runner nobody = {CAPOS_CAP_NULL};
    uint32_t which = random_below(2), touches = 0, before = 0;
    struct runner next = which == 0 && random_below(2) ? runners[1] : nobody;
    struct baton back;
    answered(baton_touch(ring, baton, capos_text_of(name), &before));
    if (answered(runner_take(ring, runners[which], baton_copied(baton), runner_copied(next), &touches)))
        HOLDS(touches > before);
    if (!answered(runner_drop(ring, runners[random_below(2)], &back)))
        return;
    if (answered(baton_touch(ring, back, capos_text_of(name), &before)))
        HOLDS(before > touches);
    capos_handle_release(runtime, back.cap);
}

/* --- All of it ------------------------------------------------------------------------------ */

static void work(void)
{
    void (*const acts[])(void) = {make_and_link, open_and_forget, list_all, put_and_get, watch, hand_on};
    struct capos_handle_stats handles;
    struct capos_ring_stats stats;
    for (int i = 0; i < ROUNDS; i++) {
        acts[random_below(sizeof acts / sizeof acts[0])]();
        HOLDS(capos_runtime_flush_releases(runtime) == CAP_OK);
    }
    capos_handle_stats(runtime, &handles);
    HOLDS(handles.held == 0 && handles.queued == 0 && handles.refused == 0);
    capos_ring_stats(ring, &stats);
    HOLDS(stats.unknown == 0 && stats.repaired == 0);
    HOLDS(stats.owed == 0 && stats.submitted == stats.completed);
}

int64_t capos_rt_main(struct capos_runtime *lent)
{
    struct capos_capset_item seed;
    runtime = lent;
    name[0] = (char)('a' + capos_runtime_process_id(runtime) % 3);
    random_state = capos_runtime_process_id(runtime);
    if (capos_capset_get(runtime, 0, &seed) < 0 || capos_runtime_lend_ring(runtime, &ring) < 0)
        return 1;
    for (uint32_t i = 0; i < seed.name.size; i++)
        random_state = random_state * 31 + (uint8_t)seed.name.chars[i];
    timer.cap = seed.cap;
    if (directory_from_capset(runtime, "docs", &directories[0]) < 0 ||
        directory_from_capset(runtime, "attic", &directories[1]) < 0 ||
        store_from_capset(runtime, "store", &store) < 0 ||
        runner_from_capset(runtime, "ada", &runners[0]) < 0 ||
        runner_from_capset(runtime, "bob", &runners[1]) < 0 ||
        baton_from_capset(runtime, "baton", &baton) < 0)
        return 1;
    work();
    verdict(0);
}
