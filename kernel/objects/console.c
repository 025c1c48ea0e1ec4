/*
 * Console: text to and from the person who runs the system. A call that
 * the port cannot serve now waits in line, and is decoded afresh when it goes on.
 */
#include "kernel/core/kernel.h"
#include "kernel/objects/objects.h"
#include "schema/capos.capos.h"

/* --- Writing -------------------------------------------------------------------- */

static bool decode_write(struct kernel *kernel, struct call *call, struct wire_struct params)
{
    (void)kernel;
    struct wire_data data = console_write_params_get_data((struct console_write_params_reader){params});
    call->argument.write.bytes = data.bytes;
    call->argument.write.count = data.size;
    call->argument.write.newline = false;
    return true;
}

static bool decode_write_line(struct kernel *kernel, struct call *call, struct wire_struct params)
{
    (void)kernel;
    struct wire_text text =
        console_write_line_params_get_text((struct console_write_line_params_reader){params});
    call->argument.write.bytes = text.chars;
    call->argument.write.count = text.size;
    call->argument.write.newline = true;
    return true;
}

/* Writes what call->progress has not counted yet; true when all is out. */
static bool write_more(struct kernel *kernel, struct call *call)
{
    const char *bytes = call->argument.write.bytes;
    uint64_t count = call->argument.write.count;
    if (call->progress < count) {
        call->progress += port_console_write(kernel, bytes + call->progress, count - call->progress);
        if (call->progress < count)
            return false;
    }
    return !call->argument.write.newline || port_console_write(kernel, "\n", 1) == 1;
}

static enum call_progress write(struct kernel *kernel, struct call *call, struct wire_struct_builder results)
{
    (void)results;
    struct list_node *first = list_first(&kernel->console_writers);
    bool my_turn = !first || first == &call->in_object;
    if (my_turn && write_more(kernel, call))
        return CALL_DONE;
    if (!list_linked(&call->in_object))
        list_append(&kernel->console_writers, &call->in_object);
    return CALL_WAITS;
}

void kernel_console_output(struct kernel *kernel)
{
    struct list_node *node;
    while ((node = list_first(&kernel->console_writers))) {
        kernel_call_run(kernel, LIST_ENTRY(node, struct call, in_object));
        if (list_first(&kernel->console_writers) == node)
            break;
    }
    kernel_settle(kernel);
}

/* --- Reading -------------------------------------------------------------------- */

/* What the results take besides the data: the root pointer and the pointer to the data. */
enum { READ_OVERHEAD_BYTES = 16 };

static bool decode_read(struct kernel *kernel, struct call *call, struct wire_struct params)
{
    (void)kernel;
    call->argument.number = console_read_params_get_max_bytes((struct console_read_params_reader){params});
    if (call->argument.number == 0) {
        kernel_call_raise(call, EXCEPTION_TYPE_INVALID_ARGUMENT, "maxBytes is 0");
        return false;
    }
    uint32_t room = call->sqe.result_len / 8 * 8;
    if (room < READ_OVERHEAD_BYTES + 8) {
        kernel_call_raise(call, EXCEPTION_TYPE_INVALID_ARGUMENT, "a result buffer of less than 24 bytes");
        return false;
    }
    if (call->argument.number > room - READ_OVERHEAD_BYTES)
        call->argument.number = room - READ_OVERHEAD_BYTES;
    return true;
}

static enum call_progress read(struct kernel *kernel, struct call *call, struct wire_struct_builder results)
{
    struct list_node *first = list_first(&kernel->console_readers);
    bool my_turn = !first || first == &call->in_object;
    int64_t got = PORT_CONSOLE_LATER;
    if (my_turn)
        got = port_console_read(kernel, kernel->message.params, call->argument.number);
    if (got >= 0) {
        struct console_read_results_builder to = {results};
        console_read_results_set_data(to, wire_data_make(kernel->message.params, (uint32_t)got));
        return CALL_DONE;
    }
    if (!list_linked(&call->in_object))
        list_append(&kernel->console_readers, &call->in_object);
    return CALL_WAITS;
}

void kernel_console_input(struct kernel *kernel)
{
    struct list_node *node;
    while ((node = list_first(&kernel->console_readers))) {
        kernel_call_run(kernel, LIST_ENTRY(node, struct call, in_object));
        if (list_first(&kernel->console_readers) == node)
            break;
    }
    kernel_settle(kernel);
}

static const struct object_method methods[] = {
    [CONSOLE_METHOD_WRITE] = {.decode = decode_write, .perform = write},
    [CONSOLE_METHOD_WRITE_LINE] = {.decode = decode_write_line, .perform = write},
    [CONSOLE_METHOD_READ] = {.decode = decode_read, .perform = read},
};

const struct object_type object_console = {
    .interface = &console_interface,
    .methods = methods,
    .transferable = true,
};
