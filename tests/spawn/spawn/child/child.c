/*
 * What is started: the first capability's name says what it is to do.
 */
#include <capos/handle.h>
#include <capos/runtime.h>
#include <capos/text.h>

#include "schema/capos.client.capos.h"
#include "schema/demo.client.capos.h"

enum { LINE_BYTES = 64, EXIT_CODE = 7 };

static struct capos_runtime *runtime;
static struct capos_ring *ring;

/* Ends without a word to the runtime. */
_Noreturn static void leave(int64_t code)
{
    ((void (*)(int64_t))(CAPOS_ENTRY_VADDR + CAPOS_ENTRY_EXIT))(code);
    __builtin_unreachable();
}

static int64_t do_exit(void)
{
    return EXIT_CODE;
}

/* The code is a number of 64 bits, of which a shell would see 8. */
static int64_t do_exit_far(void)
{
    return -(INT64_C(1) << 40);
}

static int64_t do_crash(void)
{
    volatile uint32_t *nowhere = (volatile uint32_t *)0x10;
    /* Hidden from compilers, which know that nobody would do this. */
    __asm__ volatile("" : "+r"(nowhere));
    *nowhere = 1;
    return 0;
}

static int64_t do_sleep(void)
{
    struct timer timer;
    if (timer_from_capset(runtime, "sleep", &timer) != CAP_OK)
        return 1;
    return timer_sleep(ring, timer, UINT64_C(3600000000000));
}

static int64_t do_spin(void)
{
    volatile bool for_ever = true;
    while (for_ever)
        ;
    return 0;
}

/* A file of its own, which its spawner reads by the name. */
static int64_t do_call(void)
{
    struct directory docs;
    struct file file;
    bool is_new;
    if (directory_from_capset(runtime, "call", &docs) != CAP_OK ||
        directory_create(ring, docs, CAPOS_TEXT("letter"), &file, &is_new) != CAP_OK)
        return 1;
    capos_status status = file_write(ring, file, 0, wire_data_make((const uint8_t *)"from a child", 12));
    capos_handle_release(runtime, file.cap);
    return status != CAP_OK;
}

/* Opens files and drops them, of which the kernel is never told: the exit overtakes the queue. */
static int64_t do_hoard(void)
{
    enum { FILES = 8 };
    struct directory docs;
    struct capos_handle_stats stats;
    struct file files[FILES];
    if (directory_from_capset(runtime, "hoard", &docs) != CAP_OK)
        return 1;
    for (int i = 0; i < FILES; i++)
        if (directory_open(ring, docs, CAPOS_TEXT("letter"), &files[i]) != CAP_OK)
            return 1;
    for (int i = 0; i < FILES; i++)
        capos_handle_release(runtime, files[i].cap);
    capos_handle_stats(runtime, &stats);
    leave(stats.queued);
}

/* Reads what its spawner has written, and writes an answer. */
static int64_t do_memory(void)
{
    struct memory_object memory;
    uint64_t address = 0;
    if (memory_object_from_capset(runtime, "memory", &memory) != CAP_OK ||
        memory_object_map(ring, memory, true, &address) != CAP_OK)
        return 1;
    volatile uint64_t *words = (volatile uint64_t *)(uintptr_t)address;
    words[1] = words[0] + 1;
    return 0;
}

/* Starts one that sleeps for ever, and ends. */
static int64_t do_parent(void)
{
    struct process_spawner spawner;
    struct timer timer;
    struct process_spawner_spawn_call call;
    struct process_spawner_spawn_params_builder params;
    struct process_spawner_spawn_results_reader results;
    if (process_spawner_from_capset(runtime, "parent", &spawner) != CAP_OK ||
        timer_from_capset(runtime, "timer", &timer) != CAP_OK)
        return 1;
    if (process_spawner_spawn_begin(ring, spawner, LINE_BYTES, &call, &params) == CAP_OK) {
        process_spawner_spawn_params_set_name(params, CAPOS_TEXT("grandchild"));
        process_spawner_spawn_params_set_binary(params, CAPOS_TEXT("child"));
        struct wire_list_builder grants = process_spawner_spawn_params_init_grants(params, 1);
        struct spawn_grant_builder grant = process_spawner_spawn_params_edit_grants_at(grants, 0);
        spawn_grant_set_name(grant, CAPOS_TEXT("sleep"));
        capos_caps_pass(spawn_grant_edit_capability(grant), NULL, 0, timer_copied(timer).t);
    }
    process_spawner_spawn_submit(ring, &call);
    capos_status status = process_spawner_spawn_wait(ring, &call, &results);
    process_spawner_spawn_finish(ring, &call);
    return status;
}

static const struct {
    const char *name;
    int64_t (*run)(void);
} roles[] = {
    {"exit", do_exit},   {"exit far", do_exit_far}, {"crash", do_crash},
    {"sleep", do_sleep}, {"spin", do_spin},         {"call", do_call},
    {"hoard", do_hoard}, {"memory", do_memory},     {"parent", do_parent},
};

int64_t capos_rt_main(struct capos_runtime *lent)
{
    struct capos_capset_item item;
    int64_t code = 125;
    runtime = lent;
    if (capos_capset_get(runtime, 0, &item) != CAP_OK || capos_runtime_lend_ring(runtime, &ring) != CAP_OK)
        return code;
    for (uint32_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (wire_text_equal(item.name, capos_text_of(roles[i].name)))
            code = roles[i].run();
    capos_runtime_return_ring(runtime, ring);
    return code;
}
