/*
 * What the kernel's objects answer: built in kernel->results, with what it carries in kernel->answer_caps.
 */
#include "kernel/core/answer.h"
#include "kernel/core/call.h"
#include "kernel/core/cap_table.h"
#include "kernel/core/kernel.h"
#include "kernel/core/trace.h"
#include "kernel/core/transfer.h"
#include "schema/capos.capos.h"

/* Copies what is in kernel->results to the caller; too_small is the status when it does not fit. */
static struct cap_cqe deliver(struct kernel *kernel, struct call *call, int32_t too_small)
{
    uint64_t bytes;
    const void *message = wire_build_flat(&kernel->build, &bytes);
    if (!message)
        return (struct cap_cqe){.result = CAP_ERR_NO_MEMORY};
    if (bytes > call->sqe.result_len)
        return (struct cap_cqe){.result = too_small, .needed = bytes};
    if (!port_copy_out(call->caller, call->sqe.result_addr, message, bytes))
        return (struct cap_cqe){.result = CAP_ERR_BAD_RESULT_BUFFER};
    port_trace_results(call, call->raised, message, bytes);
    return (struct cap_cqe){.result = (int32_t)bytes};
}

uint32_t kernel_call_carry(struct kernel *kernel, struct object *object, uint64_t interface_id)
{
    struct bundle *bundle = &kernel->answer_caps;
    bundle->caps[bundle->count] = (struct carried){.object = object, .interface_id = interface_id};
    return bundle->count++;
}

bool kernel_call_has_room(struct kernel *kernel, struct call *call, uint32_t bytes)
{
    bool shown = call->sqe.result_cap_max > 0;
    if ((shown || call->sqe.flags & CAP_SQE_PROMISE) &&
        call->sqe.result_len >= bytes + shown * sizeof(struct cap_transfer_result))
        return true;
    call->sqe.result_len = 0;
    kernel_call_carry(kernel, NULL, 0);
    return false;
}

bool kernel_call_fits(const struct call *call, const struct bundle *bundle, uint32_t fields,
                      uint32_t *ret_records)
{
    if (call->sqe.flags & CAP_SQE_PROMISE)
        return kernel_answer_fits_kept(call, bundle, fields, ret_records);
    *ret_records = bundle->count;
    return kernel_transfer_slots(bundle) <= call->sqe.result_cap_max;
}

/* As deliver(), with what the results carry: its records follow the message. */
static struct cap_cqe deliver_with_caps(struct kernel *kernel, struct call *call)
{
    struct bundle *bundle = &kernel->answer_caps;
    struct cap_transfer_result records[KERNEL_CAPS_MAX];
    uint32_t shown;
    bool fits = kernel_call_fits(call, bundle, bundle->count, &shown);
    const uint64_t record_bytes = shown * sizeof records[0];
    uint64_t bytes;
    struct cap_cqe cqe = {.result = CAP_ERR_NO_MEMORY};
    if (!wire_build_flat(&kernel->build, &bytes))
        goto out_drop;
    cqe = (struct cap_cqe){.result = CAP_ERR_BUFFER_TOO_SMALL, .needed = bytes + record_bytes};
    if (cqe.needed > call->sqe.result_len || !fits)
        goto out_drop;
    kernel_transfer_records(bundle, shown, call->caller, records);
    cqe = (struct cap_cqe){.result = CAP_ERR_BAD_RESULT_BUFFER};
    if (!port_copy_out(call->caller, call->sqe.result_addr + bytes, records, record_bytes))
        goto out_drop;
    cqe = deliver(kernel, call, CAP_ERR_BUFFER_TOO_SMALL);
    if (cqe.result < 0)
        goto out_drop;
    cqe.cap_count = (uint16_t)shown;
    if (call->sqe.flags & CAP_SQE_PROMISE)
        kernel_answer_keep(call, bundle, bundle->count, false);
    kernel_caps_unreserve(&call->caller->caps, call->sqe.result_cap_max);
    call->sqe.result_cap_max = 0;
    port_trace_caps(call, bundle, shown, call->caller);
    kernel_transfer_deliver(bundle, shown, call->caller);

out_drop:
    kernel_transfer_drop(kernel, bundle);
    return cqe;
}

struct wire_struct_builder kernel_call_begin_results(struct kernel *kernel, struct call *call)
{
    const struct capos_method *method = &call->target->type->interface->methods[call->sqe.method_id];
    wire_build_init(&kernel->build, kernel->results, sizeof kernel->results / 8);
    return wire_slot_init_struct(wire_build_root(&kernel->build), method->results_data_words,
                                 method->results_pointers);
}

void kernel_call_complete(struct kernel *kernel, struct call *call)
{
    const struct capos_method *method = &call->target->type->interface->methods[call->sqe.method_id];
    if (method->results_data_words == 0 && method->results_pointers == 0)
        kernel_call_finish(kernel, call, (struct cap_cqe){0}); /* a null root says it all */
    else if (kernel->answer_caps.count > 0)
        kernel_call_finish(kernel, call, deliver_with_caps(kernel, call));
    else
        kernel_call_finish(kernel, call, deliver(kernel, call, CAP_ERR_BUFFER_TOO_SMALL));
}

void kernel_call_complete_raised(struct kernel *kernel, struct call *call)
{
    const char *text = call->exception_text ? call->exception_text : "";
    wire_build_init(&kernel->build, kernel->results, sizeof kernel->results / 8);
    struct cap_exception_builder exception = cap_exception_build_root(&kernel->build);
    cap_exception_set_type(exception, call->exception_type);
    uint32_t length = 0;
    while (text[length])
        length++;
    cap_exception_set_message(exception, wire_text_make(text, length));
    if (call->sqe.flags & CAP_SQE_PROMISE)
        kernel_answer_note(call, text, length);

    struct cap_cqe cqe = deliver(kernel, call, CAP_ERR_APPLICATION_EXCEPTION_TRUNCATED);
    cqe.aux = call->exception_type;
    if (cqe.result >= 0)
        cqe.result = CAP_ERR_APPLICATION_EXCEPTION;
    kernel_call_finish(kernel, call, cqe);
}

void kernel_call_except(struct kernel *kernel, struct call *call, uint16_t type, const char *text)
{
    kernel_call_raise(call, type, text);
    kernel_call_complete_raised(kernel, call);
}
