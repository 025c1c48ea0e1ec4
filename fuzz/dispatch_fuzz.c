/*
 * Hostile programs against the kernel core: the input is a script of what two
 * processes and the world around them do. Held by it: docs/security.md, 1 to 4.
 *
 * After each step every completion that was owed is accounted for; at the end
 * all processes are gone and the kernel holds nothing of theirs.
 */
#include <stdlib.h>
#include <string.h>

#include "schema/capos.capos.h"
#include "tests/kernel/fake_port.h"

struct script {
    const uint8_t *at;
    const uint8_t *end;
};

static void take(struct script *script, void *to, size_t count)
{
    size_t left = (size_t)(script->end - script->at);
    size_t taken = count < left ? count : left;
    memset(to, 0, count);
    memcpy(to, script->at, taken);
    script->at += taken;
}

static uint8_t take_byte(struct script *script)
{
    uint8_t byte;
    take(script, &byte, 1);
    return byte;
}

static const char *const cap_names[] = {"console", "timer", "entropySource", "bootPackage"};

/* A submission of which the input decides every field, or one that gets past the first checks. */
static struct cap_sqe make_sqe(struct script *script, struct process *process)
{
    struct cap_sqe sqe;
    uint8_t how = take_byte(script);
    if (how & 0x80) {
        take(script, &sqe, sizeof sqe);
        return sqe;
    }
    const struct object_type *type = object_types[1 + how % 4];
    return (struct cap_sqe){
        .op = CAP_OP_CALL,
        .method_id = how >> 2 & 3,
        .user_data = take_byte(script) % 64,
        .params_addr = FAKE_MEMORY + take_byte(script) % 16 * 64,
        .params_len = take_byte(script) % 12 * 8,
        .result_addr = FAKE_MEMORY + 4096,
        .result_len = take_byte(script) * 16u,
        .interface_id = type->interface->id,
        .cap_id = fake_cap(process, cap_names[how % 4]),
    };
}

static void check_accounts(const struct process *process)
{
    uint32_t unread = process->cq_tail - process->ring->header.cq_head;
    bool sane = unread <= CAPOS_CQ_ENTRIES;
    if (process->deferred_count > KERNEL_CREDITS || process->calls_busy_count > KERNEL_CALLS_MAX ||
        process->deferred_count + process->calls_busy_count > KERNEL_CREDITS ||
        (sane && process->caps.reserved > process->caps.free))
        abort();
}

static void step(struct script *script, struct fake_machine *machine, struct process *process)
{
    struct cap_sqe sqe;
    struct cap_cqe cqe;
    int64_t result;
    uint8_t what = take_byte(script);
    struct capos_ring_header *header = &process->ring->header;
    switch (what % 12) {
    case 0:
    case 1:
    case 2:
        sqe = make_sqe(script, process);
        fake_submit(process, &sqe);
        break;
    case 3:
        take(script, fake_memory(process, FAKE_MEMORY + (what >> 4) * 64), 64);
        break;
    case 4:
        if (!process->waiting)
            kernel_enter(&machine->kernel, process, take_byte(script) % 36, take_byte(script) * 10u, &result);
        break;
    case 5:
        fake_reap(process, &cqe);
        break;
    case 6:
        machine->port.now += take_byte(script);
        kernel_tick(&machine->kernel);
        break;
    case 7:
        machine->port.output_length = 0;
        machine->port.output_room = take_byte(script);
        kernel_console_output(&machine->kernel);
        break;
    case 8:
        machine->port.input = "0123456789";
        machine->port.input_length = take_byte(script) % 11;
        machine->port.input_ended = what & 0x80;
        kernel_console_input(&machine->kernel);
        break;
    case 9:
        take(script, what & 0x80 ? &header->sq_tail : &header->cq_head, 4);
        break;
    case 10:
        fake_process(process)->read_only_from = what & 0x80 ? FAKE_MEMORY + 4096 : 0;
        break;
    case 11:
        header->sq_tail = header->sq_head;
        header->cq_head = header->cq_tail;
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fake_machine *machine;
    struct script script = {data, data + size};
    machine = calloc(1, sizeof *machine);
    fake_machine_start(machine);
    struct process *processes[2] = {machine->process, fake_machine_spawn(machine, "other")};
    uint64_t references = machine->kernel.objects[KERNEL_CAPABILITY_TIMER].references;
    while (script.at < script.end) {
        struct process *process = processes[take_byte(&script) & 1];
        if (process->state == PROCESS_RUNNING)
            step(&script, machine, process);
        check_accounts(process);
    }
    kernel_exit(&machine->kernel, processes[0], 0);
    kernel_exit(&machine->kernel, processes[1], 0);
    if (kernel_deadline(&machine->kernel) != CAPOS_FOREVER || !list_empty(&machine->kernel.console_readers) ||
        !list_empty(&machine->kernel.console_writers) ||
        machine->kernel.objects[KERNEL_CAPABILITY_TIMER].references != references - 2)
        abort();
    fake_machine_stop(machine);
    free(machine);
    return 0;
}
