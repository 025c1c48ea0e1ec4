/*
 * Starting, starting again, and stopping.
 */
#include "init/run.h"

#include <capos/text.h>

#include "init/check.h"

enum { LINE_BYTES_MAX = 400, EXIT_FAILURE = 1 };

/* The number of the object that an export is, in the lower half of its badges; the upper one counts
 * clients. */
enum { EXPORTED_OBJECT = 1, CLIENT_SHIFT = 32 };

/* --- Messages --------------------------------------------------------------------------- */

struct message {
    struct capos_line line;
    char chars[LINE_BYTES_MAX];
};

static struct capos_line *begin_message(struct init_run *run, uint32_t service, struct message *message)
{
    struct capos_line *line = &message->line;
    capos_line_begin(line, message->chars, sizeof message->chars);
    capos_line_string(line, "init: ");
    init_check_add_service(line, run->graph, service);
    capos_line_string(line, ": ");
    return line;
}

static void say(struct init_run *run, const struct message *message)
{
    init_system_say(run->system, capos_line_text(&message->line));
}

static void say_start_failed(struct init_run *run, uint32_t service, capos_status status)
{
    struct message message;
    struct init_error error;
    init_graph_say_unstarted(run->graph, service, init_system_why(run->system, status), &error);
    capos_line_begin(&message.line, message.chars, sizeof message.chars);
    capos_line_string(&message.line, "init: ");
    capos_line_string(&message.line, error.text);
    say(run, &message);
}

static void say_failed(struct init_run *run, uint32_t service, const struct init_end *end)
{
    const struct init_run_service *s = &run->services[service];
    struct message message;
    struct capos_line *line = begin_message(run, service, &message);
    capos_line_string(line, end->faulted ? "ended by a fault, " : "exit code ");
    if (!end->faulted) {
        capos_line_i64(line, end->code);
        capos_line_string(line, ", ");
    }
    if (s->state == INIT_SERVICE_PAUSES)
        capos_line_string(line, "restart ");
    else
        capos_line_string(line, s->restarts > 0 ? "not started again after restart " : "not started again");
    if (s->restarts > 0)
        capos_line_u64(line, s->restarts);
    if (s->restarts > 0 && run->graph->services[service].restarts_max > 0) {
        capos_line_string(line, " of ");
        capos_line_u64(line, run->graph->services[service].restarts_max);
    }
    say(run, &message);
}

/* --- What init holds on to -------------------------------------------------------------- */

static bool may_start(const struct init_run *run, uint32_t service)
{
    const struct init_run_service *s = &run->services[service];
    bool again = run->graph->services[service].mode != RESTART_MODE_NEVER;
    return s->state == INIT_SERVICE_NEW || (s->state != INIT_SERVICE_ENDED && again);
}

/* While a service may start, it needs owner facets, and whoever imports from it client facets. */
static bool needs_owner(const struct init_run *run, uint32_t service)
{
    if (run->services[service].state == INIT_SERVICE_ENDED)
        return false;
    for (uint32_t i = 0; i < run->graph->service_count; i++)
        if ((i == service || (run->graph->services[i].needs >> service & 1)) && may_start(run, i))
            return true;
    return false;
}

/* An endpoint whose last owner facet this was is gone with it: its clients are disconnected. */
static void disown(struct init_run *run)
{
    for (uint32_t i = 0; i < run->graph->service_count; i++) {
        const struct init_service *service = &run->graph->services[i];
        if (!run->owned[i] || needs_owner(run, i))
            continue;
        run->owned[i] = false;
        for (uint32_t j = 0; j < service->export_count; j++)
            init_system_disown(run->system, service->first_export + j);
    }
}

/* --- Starting --------------------------------------------------------------------------- */

static uint32_t make_handouts(struct init_run *run, uint32_t service, struct init_handout *handouts)
{
    const struct init_graph *graph = run->graph;
    const struct init_service *s = &graph->services[service];
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->program.grant_count; i++) {
        const struct init_grant *grant = &graph->grants[s->program.first_grant + i];
        struct init_handout *handout = &handouts[count++];
        *handout = (struct init_handout){.name = grant->name, .kernel = grant->kernel};
        if (grant->kernel != KERNEL_CAPABILITY_NONE)
            continue;
        handout->kind = INIT_HANDOUT_CLIENT;
        handout->export_index = grant->export_index;
        handout->badge = run->clients[grant->export_index]++ << CLIENT_SHIFT | EXPORTED_OBJECT;
    }
    for (uint32_t i = 0; i < s->export_count; i++)
        handouts[count++] = (struct init_handout){
            .name = graph->exports[s->first_export + i].name,
            .kind = INIT_HANDOUT_OWNER,
            .export_index = (uint16_t)(s->first_export + i),
        };
    return count;
}

static capos_status make_endpoints(struct init_run *run, uint32_t service)
{
    const struct init_service *s = &run->graph->services[service];
    for (uint32_t i = 0; i < s->export_count; i++) {
        capos_status status = init_system_make_endpoint(run->system, s->first_export + i);
        if (status == CAP_OK)
            continue;
        while (i > 0)
            init_system_disown(run->system, s->first_export + --i);
        return status;
    }
    run->owned[service] = true;
    return CAP_OK;
}

/*
 * The endpoints that a service is to get facets of. Those of a server that is gone for good are made again,
 * and gone again when the service has started: it finds out with its first call.
 */
static capos_status own_endpoints(struct init_run *run, uint32_t service)
{
    uint64_t needs = run->graph->services[service].needs | UINT64_C(1) << service;
    capos_status status = CAP_OK;
    for (uint32_t i = 0; status == CAP_OK && i < run->graph->service_count; i++)
        if ((needs >> i & 1) && !run->owned[i])
            status = make_endpoints(run, i);
    return status;
}

static capos_status start(struct init_run *run, uint32_t service)
{
    struct init_handout handouts[INIT_SERVICE_GRANTS_MAX];
    capos_status status = own_endpoints(run, service);
    if (status == CAP_OK) {
        uint32_t count = make_handouts(run, service, handouts);
        status = init_system_start(run->system, service, handouts, count);
    }
    if (status < 0)
        say_start_failed(run, service, status);
    else
        run->services[service].state = INIT_SERVICE_RUNS;
    disown(run);
    return status;
}

/* A system starts as a whole, or not at all. */
static capos_status start_all(struct init_run *run)
{
    capos_status status = CAP_OK;
    for (uint32_t i = 0; status == CAP_OK && i < run->graph->service_count; i++)
        status = start(run, run->graph->order[i]);
    return status;
}

/* --- Ends and restarts ------------------------------------------------------------------ */

static void pause(struct init_run *run, uint32_t service)
{
    struct init_run_service *s = &run->services[service];
    s->state = INIT_SERVICE_PAUSES;
    s->due_ns = init_system_now(run->system) + s->pause_ns;
    s->pause_ns = s->pause_ns < INIT_BACKOFF_MAX_NS / 2 ? s->pause_ns * 2 : INIT_BACKOFF_MAX_NS;
    s->restarts++;
}

/* Decides what becomes of a service whose instance has ended, or could not be started. */
static void settle(struct init_run *run, uint32_t service, const struct init_end *end)
{
    struct init_run_service *s = &run->services[service];
    const struct init_service *from = &run->graph->services[service];
    bool failed = end->faulted || end->code != 0;
    bool again = from->mode == RESTART_MODE_ALWAYS || (from->mode == RESTART_MODE_ON_FAILURE && failed);
    if (again && (from->restarts_max == 0 || s->restarts < from->restarts_max))
        pause(run, service);
    else
        s->state = INIT_SERVICE_ENDED;
    if (failed && s->state == INIT_SERVICE_ENDED && run->code == 0)
        run->code = end->code != 0 ? end->code : EXIT_FAILURE;
}

/* Starts one whose pause is over. False: there is none. */
static bool start_due(struct init_run *run)
{
    uint64_t now_ns = init_system_now(run->system);
    uint32_t i = 0;
    while (i < run->graph->service_count &&
           (run->services[run->graph->order[i]].state != INIT_SERVICE_PAUSES ||
            run->services[run->graph->order[i]].due_ns > now_ns))
        i++;
    if (i == run->graph->service_count)
        return false;
    if (start(run, run->graph->order[i]) < 0)
        settle(run, run->graph->order[i], &(struct init_end){.code = EXIT_FAILURE});
    disown(run);
    return true;
}

static uint64_t next_due(const struct init_run *run)
{
    uint64_t due = CAPOS_FOREVER;
    for (uint32_t i = 0; i < run->graph->service_count; i++)
        if (run->services[i].state == INIT_SERVICE_PAUSES && run->services[i].due_ns < due)
            due = run->services[i].due_ns;
    return due;
}

static bool is_job(const struct init_service *service)
{
    return service->export_count == 0 && (service->mode != RESTART_MODE_ALWAYS || service->restarts_max > 0);
}

static bool is_done(const struct init_run *run)
{
    uint32_t jobs = 0, jobs_left = 0, left = 0;
    for (uint32_t i = 0; i < run->graph->service_count; i++) {
        bool job = is_job(&run->graph->services[i]);
        bool ended = run->services[i].state == INIT_SERVICE_ENDED;
        jobs += job;
        jobs_left += job && !ended;
        left += !ended;
    }
    return jobs > 0 ? jobs_left == 0 : left == 0;
}

static capos_status work(struct init_run *run)
{
    while (!is_done(run)) {
        struct init_end end;
        uint32_t service;
        if (start_due(run))
            continue;
        capos_status status = init_system_wait(run->system, next_due(run), &service, &end);
        if (status == CAP_ERR_TIMED_OUT)
            continue;
        if (status < 0)
            return status;
        settle(run, service, &end);
        if (end.faulted || end.code != 0)
            say_failed(run, service, &end);
        disown(run);
    }
    return CAP_OK;
}

/* --- Stopping --------------------------------------------------------------------------- */

/* How what is stopped ends, and what else ends meanwhile, is nobody's failure. */
static void stop(struct init_run *run, uint32_t service)
{
    struct init_run_service *s = &run->services[service];
    struct init_end end;
    uint32_t ended;
    if (s->state == INIT_SERVICE_RUNS)
        init_system_kill(run->system, service);
    while (s->state == INIT_SERVICE_RUNS &&
           init_system_wait(run->system, CAPOS_FOREVER, &ended, &end) == CAP_OK)
        run->services[ended].state = INIT_SERVICE_ENDED;
    s->state = INIT_SERVICE_ENDED;
    disown(run);
}

int64_t init_run(struct init_run *run, const struct init_graph *graph, struct init_system *system)
{
    *run = (struct init_run){.graph = graph, .system = system};
    for (uint32_t i = 0; i < graph->service_count; i++)
        run->services[i].pause_ns = graph->services[i].backoff_ns;
    capos_status status = start_all(run);
    if (status == CAP_OK)
        status = work(run);
    for (uint32_t i = graph->service_count; i > 0; i--)
        stop(run, graph->order[i - 1]);
    return status < 0 && run->code == 0 ? EXIT_FAILURE : run->code;
}
