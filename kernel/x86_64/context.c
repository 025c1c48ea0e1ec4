/*
 * The life of a process: prepared, started, woken, stopped, gone.
 */
#include <string.h>

#include "kernel/core/kernel.h"
#include "kernel/x86_64/x86_64.h"

/* One page of names is what the kernel gives to a program. */
CAPOS_STATIC_ASSERT(sizeof(struct capos_capset_header) +
                        KERNEL_GRANTS_MAX * sizeof(struct capos_capset_entry) <=
                    CAPOS_PAGE_BYTES);

enum { FLAGS_AT_START = 0x202 }; /* IF */
enum { FPU_CONTROL = 0x37f, FPU_CONTROL_AT = 0, MXCSR = 0x1f80, MXCSR_AT = 24 };

struct x86_process *x86_process_of(struct process *process)
{
    return process->port;
}

static void set_registers(struct x86_process *process, const struct elf_image *image)
{
    const uint16_t fpu_control = FPU_CONTROL;
    const uint32_t mxcsr = MXCSR;
    memcpy(process->fpu + FPU_CONTROL_AT, &fpu_control, sizeof fpu_control);
    memcpy(process->fpu + MXCSR_AT, &mxcsr, sizeof mxcsr);
    process->frame.rdi = CAPOS_RING_VADDR;
    process->frame.rsi = process->process->id;
    process->frame.rdx = CAPOS_CAPSET_VADDR;
    process->frame.rip = image->entry;
    process->frame.cs = X86_USER_CODE;
    process->frame.ss = X86_USER_DATA;
    process->frame.rflags = FLAGS_AT_START;
}

int port_process_create(struct kernel *kernel, struct process *process, const struct elf_image *image,
                        size_t capset_bytes)
{
    struct x86_chain frames = {0};
    (void)kernel;
    struct x86_process *made = x86_frame_take(&frames);
    if (!made || capset_bytes > CAPOS_PAGE_BYTES)
        goto out_frames;
    made->frames = frames;
    made->process = process;
    made->image = image;
    process->port = made;
    made->text = x86_text_acquire(image);
    if (made->text && x86_map_image(made, image)) {
        set_registers(made, image);
        return CAP_OK;
    }
    if (made->text)
        x86_text_release(made->text);
    frames = made->frames;
    process->port = NULL;
out_frames:
    x86_chain_give(&frames);
    return CAP_ERR_NO_MEMORY;
}

int port_process_start(struct kernel *kernel, struct process *process)
{
    (void)kernel;
    x86_make_ready(x86_process_of(process));
    return CAP_OK;
}

void port_process_kill(struct kernel *kernel, struct process *process)
{
    struct x86_process *killed = x86_process_of(process);
    (void)kernel;
    if (killed->state == X86_GONE)
        return;
    list_remove(&killed->in_port);
    killed->state = X86_GONE;
    list_append(&x86_port.gone, &killed->in_port);
    x86_port.look = true;
}

void port_process_destroy(struct kernel *kernel, struct process *process)
{
    struct x86_process *old = x86_process_of(process);
    struct x86_chain frames = old->frames;
    (void)kernel;
    if (x86_port.loaded == old)
        x86_processor_unload();
    list_remove(&old->in_port);
    x86_places_close(old);
    x86_text_release(old->text);
    process->port = NULL;
    x86_chain_give(&frames);
}

/* --- Ready, or waiting in cap_enter: never both, whatever the order in which the core says so ----- */

void x86_make_ready(struct x86_process *process)
{
    process->state = X86_READY;
    list_append(&x86_port.ready, &process->in_port);
    x86_port.look = true;
}

void x86_make_wait(struct x86_process *process)
{
    if (process->woken) {
        process->woken = false;
        return;
    }
    list_remove(&process->in_port);
    process->state = X86_WAITS;
}

void port_wake(struct kernel *kernel, struct process *process, int64_t result)
{
    struct x86_process *woken = x86_process_of(process);
    (void)kernel;
    woken->frame.rax = (uint64_t)result;
    if (woken->state == X86_READY)
        woken->woken = true;
    else
        x86_make_ready(woken);
}
