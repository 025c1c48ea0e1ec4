/*
 * The trace of `capos run --trace`: a line for each call, once its caller is
 * owed nothing more. Only in the kernel that is built to tell of calls; the
 * names come from schemas (kernel/trace).
 *
 * What is kept of a process hangs on its linux_process: a record for each of
 * its calls, and where each of its capabilities came from.
 */
#ifndef KERNEL_TRACE
#    define KERNEL_TRACE
#endif
#include "kernel/linux/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/core/cap_table.h"
#include "kernel/core/kernel.h"
#include "kernel/trace/trace.h"

enum { ARGS_MAX = 512, LINE_MAX_BYTES = 2048, BUFFER_BYTES = 64 * 1024, ORIGIN_MAX = 72, NAME_BYTES = 200 };

struct traced_call {
    bool active;
    bool has_params, has_results, exception;
    uint64_t begun;
    uint64_t delivered; /* 0: not to a program */
    uint64_t result_bytes;
    uint16_t params_size, results_size, server_size, name_size;
    char name[NAME_BYTES]; /* of the capability */
    char server[NAME_BYTES];
    char params[ARGS_MAX];
    char results[ARGS_MAX];
};

/* Where a capability came from that the CapSet does not name. */
struct origin {
    uint64_t cap_id;
    char name[ORIGIN_MAX];
    uint8_t size;
};

struct linux_traced {
    struct traced_call calls[KERNEL_CALLS_MAX];
    struct origin origins[KERNEL_CAP_SLOTS_MAX];
};

struct linux_trace {
    struct linux_port *port;
    const struct linux_trace_options *options;
    int fd;
    bool failed;
    uint64_t start;
    struct trace_schema *schemas;
    struct trace_schema *opened; /* the last in the chain is the system's */
    size_t opened_count;
    size_t size;
    char buffer[BUFFER_BYTES];
};

extern const uint8_t trace_system_schema[];
extern const uint64_t trace_system_schema_bytes;

static struct linux_trace *trace_of(const struct process *process)
{
    return linux_port_of(process->kernel)->trace;
}

/* NULL: there is no memory for it, or no process any more. */
static struct linux_traced *traced_of(struct process *process)
{
    struct linux_process *of = linux_process_of(process);
    if (of && !of->traced)
        of->traced = calloc(1, sizeof *of->traced);
    return of ? of->traced : NULL;
}

static struct traced_call *find(struct call *call)
{
    struct linux_traced *traced = traced_of(call->caller);
    return traced ? &traced->calls[call - call->caller->calls] : NULL;
}

/* --- Output ------------------------------------------------------------------------- */

/* Once: what comes later is not written, and nothing else changes. */
static void give_up(struct linux_trace *trace)
{
    char line[400];
    const char *file = trace->options->file[0] ? trace->options->file : "standard error";
    snprintf(line, sizeof line, "the trace ends here, it cannot be written to %.200s: %s", file,
             strerror(errno));
    trace->failed = true;
    port_log(trace->port->kernel, line);
}

void port_trace_flush(struct linux_port *port)
{
    struct linux_trace *trace = port->trace;
    size_t at = 0;
    while (at < trace->size && !trace->failed) {
        ssize_t wrote = write(trace->fd, trace->buffer + at, trace->size - at);
        if (wrote > 0)
            at += (size_t)wrote;
        else if (errno == EAGAIN)
            poll(&(struct pollfd){.fd = trace->fd, .events = POLLOUT}, 1, -1);
        else if (errno != EINTR)
            give_up(trace);
    }
    trace->size = 0;
}

static void put_line(struct linux_trace *trace, struct trace_text *line)
{
    if (trace->size + line->size + 1 > BUFFER_BYTES)
        port_trace_flush(trace->port);
    memcpy(trace->buffer + trace->size, line->chars, line->size);
    trace->size += line->size;
    trace->buffer[trace->size++] = '\n';
}

void port_trace_forget(struct linux_process *process)
{
    free(process->traced);
}

/* --- Names ------------------------------------------------------------------------------- */

static void put_process(struct trace_text *text, const struct process *process)
{
    trace_put_name(text, process->name, strlen(process->name));
    trace_printf(text, "#%llu", (unsigned long long)process->id);
}

/* The program cannot write its CapSet. */
static bool put_granted(struct trace_text *text, const struct process *process, uint64_t cap_id)
{
    const struct capos_capset_header *header = process->capset;
    const struct capos_capset_entry *entries = (const void *)(header + 1);
    for (uint32_t i = 0; i < header->count; i++) {
        if (entries[i].cap_id != cap_id)
            continue;
        trace_put_name(text, entries[i].name, entries[i].name_len);
        return true;
    }
    return false;
}

static void put_capability(struct trace_text *text, const struct process *process,
                           const struct linux_traced *traced, uint64_t cap_id)
{
    const struct origin *origin = &traced->origins[cap_id % KERNEL_CAP_SLOTS_MAX];
    if (cap_id == CAPOS_CAP_NULL)
        trace_printf(text, "null");
    else if (origin->size > 0 && origin->cap_id == cap_id)
        trace_put(text, origin->name, origin->size);
    else if (!put_granted(text, process, cap_id))
        trace_printf(text, "0x%llx", (unsigned long long)cap_id);
}

/* Of a pipelined call: the answer that has it, and the place in there. */
static void put_target(struct trace_text *text, const struct process *process,
                       const struct linux_traced *traced, const struct cap_sqe *sqe)
{
    if (sqe->flags & CAP_SQE_PIPELINE)
        trace_printf(text, "answer-%u/%u", sqe->pipeline.dep, sqe->pipeline.field);
    else
        put_capability(text, process, traced, sqe->cap_id);
}

/* --- What the core tells -------------------------------------------------------------------- */

void port_trace_call(struct call *call)
{
    struct traced_call *record = find(call);
    struct trace_text name;
    if (!record)
        return;
    /* Not the whole of it: most of it is text that is not read before it is written. */
    record->active = true;
    record->has_params = record->has_results = record->exception = false;
    record->begun = port_now(call->caller->kernel);
    record->delivered = record->result_bytes = 0;
    trace_text_init(&name, record->name, sizeof record->name);
    put_target(&name, call->caller, traced_of(call->caller), &call->sqe);
    record->name_size = (uint16_t)name.size;
}

void port_trace_params(struct call *call)
{
    struct linux_trace *trace = trace_of(call->caller);
    struct traced_call *record = find(call);
    struct trace_text text;
    if (!record || !record->active || record->has_params || !trace->options->args)
        return;
    record->has_params = true;
    trace_text_init(&text, record->params, sizeof record->params);
    trace_put_payload(&text, trace->schemas, call->sqe.interface_id, call->sqe.method_id, TRACE_PARAMS,
                      call->caller->kernel->message.params, call->sqe.params_len);
    record->params_size = (uint16_t)text.size;
}

void port_trace_delivered(struct call *call, struct process *server)
{
    struct traced_call *record = find(call);
    struct trace_text text;
    if (!record || !record->active)
        return;
    record->delivered = port_now(server->kernel);
    trace_text_init(&text, record->server, sizeof record->server);
    put_process(&text, server);
    record->server_size = (uint16_t)text.size;
}

void port_trace_results(struct call *call, bool exception, const void *message, uint64_t bytes)
{
    struct linux_trace *trace = trace_of(call->caller);
    struct traced_call *record = find(call);
    struct trace_text text;
    if (!record || !record->active)
        return;
    record->result_bytes = bytes;
    if (!trace->options->args)
        return;
    record->has_results = true;
    trace_text_init(&text, record->results, sizeof record->results);
    trace_put_payload(&text, trace->schemas, call->sqe.interface_id, call->sqe.method_id,
                      exception ? TRACE_EXCEPTION : TRACE_RESULTS, message, bytes);
    record->results_size = (uint16_t)text.size;
}

/* "dir.open" for what dir's open answered with; "client#1:Directory.link" for what came with a call. */
void port_trace_caps(struct call *call, const struct bundle *bundle, uint32_t count, struct process *receiver)
{
    const struct linux_trace *trace = trace_of(receiver);
    struct linux_traced *traced = traced_of(receiver);
    const struct traced_call *record = find(call);
    uint32_t cursor = kernel_caps_first(&receiver->caps);
    bool results = receiver == call->caller && (!record || bundle != call->caps);
    for (uint32_t i = 0; i < count && traced && record; i++) {
        struct trace_text text;
        if (!bundle->caps[i].object)
            continue;
        uint64_t cap_id = kernel_caps_next(&receiver->caps, &cursor);
        struct origin *origin = &traced->origins[cap_id % KERNEL_CAP_SLOTS_MAX];
        trace_text_init(&text, origin->name, sizeof origin->name);
        if (results) {
            trace_put(&text, record->name, record->name_size);
            trace_put(&text, ".", 1);
            trace_put_ordinal(&text, trace->schemas, call->sqe.interface_id, call->sqe.method_id);
        } else {
            put_process(&text, call->caller);
            trace_put(&text, ":", 1);
            trace_put_method(&text, trace->schemas, call->sqe.interface_id, call->sqe.method_id);
        }
        if (i > 0)
            trace_printf(&text, "/%u", i);
        origin->size = (uint8_t)text.size;
        origin->cap_id = cap_id;
    }
}

/* --- Lines --------------------------------------------------------------------------------- */

/* Up to the status. */
static void begin_line(struct trace_text *line, const struct process *process, const struct cap_sqe *sqe,
                       uint64_t begun, const char *name, size_t name_size, uint64_t result_bytes)
{
    const struct linux_trace *trace = trace_of(process);
    uint64_t since = begun - trace->start;
    trace_printf(line, "%llu.%09llu ", (unsigned long long)(since / 1000000000),
                 (unsigned long long)(since % 1000000000));
    put_process(line, process);
    trace_put(line, " ", 1);
    trace_put(line, name, name_size);
    trace_put(line, " ", 1);
    trace_put_method(line, trace->schemas, sqe->interface_id, sqe->method_id);
    trace_printf(line, " %u->%llu ", sqe->params_len, (unsigned long long)result_bytes);
}

static void put_args(struct trace_text *line, const struct traced_call *record, bool good)
{
    trace_put(line, " ", 1);
    if (record->has_params)
        trace_put(line, record->params, record->params_size);
    else
        trace_put(line, "?", 1);
    if (record->has_results) {
        trace_put(line, " -> ", 4);
        trace_put(line, record->results, record->results_size);
    } else if (good) {
        trace_printf(line, " -> ()");
    }
}

static void finish_line(struct call *call, struct traced_call *record, const struct cap_cqe *cqe)
{
    struct linux_trace *trace = trace_of(call->caller);
    char chars[LINE_MAX_BYTES];
    struct trace_text line;
    uint64_t now = port_now(call->caller->kernel);
    record->active = false;
    trace_text_init(&line, chars, sizeof chars);
    begin_line(&line, call->caller, &call->sqe, record->begun, record->name, record->name_size,
               record->result_bytes);
    if (cqe && call->caller->state == PROCESS_RUNNING)
        trace_put_status(&line, cqe->result, cqe->aux);
    else
        trace_printf(&line, "ended");
    trace_printf(&line, " %llu", (unsigned long long)(now - record->begun));
    if (record->delivered) {
        trace_printf(&line, " queued=%llu server=", (unsigned long long)(record->delivered - record->begun));
        trace_put(&line, record->server, record->server_size);
    }
    if (trace->options->args)
        put_args(&line, record, cqe && cqe->result >= 0);
    put_line(trace, &line);
}

void port_trace_end(struct call *call, const struct cap_cqe *cqe)
{
    struct traced_call *record = find(call);
    if (record && record->active)
        finish_line(call, record, cqe);
}

/* The caller has ended; or the submission is refused, and a line says so next. */
void port_trace_dropped(struct call *call)
{
    struct traced_call *record = find(call);
    if (!record || !record->active)
        return;
    if (call->caller->state == PROCESS_RUNNING)
        record->active = false;
    else
        finish_line(call, record, NULL);
}

void port_trace_refused(struct process *process, const struct cap_sqe *sqe, int32_t status)
{
    struct linux_trace *trace = trace_of(process);
    const struct linux_traced *traced = traced_of(process);
    char chars[LINE_MAX_BYTES], name[NAME_BYTES];
    struct trace_text line, capability;
    if (!traced)
        return;
    trace_text_init(&line, chars, sizeof chars);
    trace_text_init(&capability, name, sizeof name);
    put_target(&capability, process, traced, sqe);
    begin_line(&line, process, sqe, port_now(process->kernel), name, capability.size, 0);
    trace_put_status(&line, status, 0);
    trace_printf(&line, " 0");
    put_line(trace, &line);
}

/* --- Open and closed -------------------------------------------------------------------------- */

static bool refuse(struct kernel_error *error, const char *file, const char *problem)
{
    snprintf(error->text, sizeof error->text,
             "%.200s: no compiled schema: %s `capnp compile -o- FILE.capnp` writes one.", file, problem);
    return false;
}

static bool open_schemas(struct linux_trace *trace, struct kernel_error *error)
{
    size_t wanted = trace->options->schema_count;
    trace->opened = calloc(wanted + 1, sizeof *trace->opened);
    if (!trace->opened)
        return refuse(error, "capos", "out of memory.");
    for (size_t i = 0; i <= wanted; i++) {
        const struct linux_boot_file *file = &trace->options->schemas[i];
        const void *bytes = i < wanted ? file->data : trace_system_schema;
        size_t size = i < wanted ? file->bytes : trace_system_schema_bytes;
        const char *problem = trace_schema_open(&trace->opened[i], bytes, size);
        if (problem)
            return refuse(error, i < wanted ? trace->options->schema_files[i] : "capos", problem);
        trace->opened_count++;
        if (i > 0)
            trace->opened[i - 1].next = &trace->opened[i];
    }
    trace->schemas = trace->opened;
    return true;
}

static bool open_file(struct linux_trace *trace, struct kernel_error *error)
{
    const char *file = trace->options->file;
    trace->fd = trace->port->options.log;
    if (file[0])
        trace->fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (trace->fd < 0)
        snprintf(error->text, sizeof error->text, "%.200s: cannot be written: %s", file, strerror(errno));
    return trace->fd >= 0;
}

bool linux_trace_open(struct linux_port *port, struct kernel *kernel,
                      const struct linux_trace_options *options, struct kernel_error *error)
{
    static const char header[] = "# time process capability method params->results status ns";
    struct trace_text line;
    char chars[100];
    struct linux_trace *trace = calloc(1, sizeof *trace);
    port->trace = trace;
    if (!trace)
        return refuse(error, "capos", "out of memory.");
    trace->port = port;
    trace->options = options;
    trace->fd = -1;
    trace->start = port_now(kernel);
    if (!open_schemas(trace, error) || !open_file(trace, error))
        return false;
    trace_text_init(&line, chars, sizeof chars);
    trace_put(&line, header, sizeof header - 1);
    put_line(trace, &line);
    return true;
}

void linux_trace_close(struct linux_port *port)
{
    struct linux_trace *trace = port->trace;
    if (!trace)
        return;
    port_trace_flush(port);
    if (trace->fd >= 0 && trace->options->file[0] && close(trace->fd) < 0 && !trace->failed)
        give_up(trace);
    for (size_t i = 0; i < trace->opened_count; i++)
        trace_schema_close(&trace->opened[i]);
    free(trace->opened);
    free(trace);
    port->trace = NULL;
}
