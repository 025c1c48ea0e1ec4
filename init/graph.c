/*
 * How services hang together: who imports what from whom, what all of them
 * may use up together, and in which order they start.
 */
#include "init/graph.h"

#include <capos/abi.h>
#include <capos/wire.h>

#include "init/check.h"

/* --- Imports -------------------------------------------------------------------------- */

/* Names of what would be accepted, as many as fit a line. */
enum { NAMES_SHOWN_MAX = 8 };

static void add_export(struct capos_line *line, struct wire_text service, struct wire_text export)
{
    init_check_add_quoted(line, service);
    capos_line_string(line, ".");
    init_check_add_quoted(line, export);
}

static bool refuse_import(struct init_check *check, const struct init_grant *grant)
{
    const struct init_graph *graph = check->graph;
    struct capos_line *line = &check->line;
    init_check_refuse(check, "no service exports ");
    add_export(line, grant->from_service, grant->from_export);
    capos_line_string(line, graph->export_count > 0 ? "; exported: " : "; nothing is exported");
    for (uint32_t i = 0; i < graph->export_count && i < NAMES_SHOWN_MAX; i++) {
        const struct init_export *export = &graph->exports[i];
        capos_line_string(line, i == 0 ? "" : ", ");
        add_export(line, graph->services[export->service].name, export->name);
    }
    if (graph->export_count > NAMES_SHOWN_MAX)
        capos_line_string(line, ", ...");
    return false;
}

static bool resolve_import(struct init_check *check, uint32_t who, struct init_grant *grant)
{
    struct init_graph *graph = check->graph;
    uint32_t at = 0;
    while (at < graph->export_count &&
           !(wire_text_equal(grant->from_export, graph->exports[at].name) &&
             wire_text_equal(grant->from_service, graph->services[graph->exports[at].service].name)))
        at++;
    if (at == graph->export_count)
        return refuse_import(check, grant);
    const struct init_export *export = &graph->exports[at];
    if (export->service == who)
        return init_check_refuse(check, "a service cannot import what it exports itself");
    if (grant->interface_id != 0 && grant->interface_id != export->interface_id) {
        init_check_refuse(check, "wants interface ");
        capos_line_hex(&check->line, grant->interface_id, 16);
        capos_line_string(&check->line, ", but ");
        add_export(&check->line, grant->from_service, grant->from_export);
        capos_line_string(&check->line, " is ");
        capos_line_hex(&check->line, export->interface_id, 16);
        return false;
    }
    grant->export_index = (uint16_t)at;
    graph->services[who].needs |= UINT64_C(1) << export->service;
    return true;
}

static bool init_has(const struct init_graph *graph, uint16_t kernel)
{
    for (uint32_t i = 0; i < graph->init.grant_count; i++)
        if (graph->grants[graph->init.first_grant + i].kernel == kernel)
            return true;
    return false;
}

static bool resolve_service(struct init_check *check, uint32_t who)
{
    struct init_graph *graph = check->graph;
    const struct init_program *program = &graph->services[who].program;
    for (uint32_t i = 0; i < program->grant_count; i++) {
        struct init_grant *grant = &graph->grants[program->first_grant + i];
        init_check_at_element(check, (int32_t)who, "grants", i, grant->name);
        if (grant->kernel == KERNEL_CAPABILITY_NONE) {
            if (!resolve_import(check, who, grant))
                return false;
        } else if (!init_has(graph, grant->kernel)) {
            return init_check_refuse(check, "init can hand on what it was granted itself, and this is not in "
                                            "init.grants");
        }
    }
    return true;
}

const struct init_need init_needs[INIT_NEEDS] = {
    {KERNEL_CAPABILITY_CONSOLE, "console"},
    {KERNEL_CAPABILITY_TIMER, "timer"},
    {KERNEL_CAPABILITY_BOOT_PACKAGE, "bootPackage"},
    {KERNEL_CAPABILITY_PROCESS_SPAWNER, "processSpawner"},
};

static bool check_init(struct init_check *check)
{
    const struct init_graph *graph = check->graph;
    for (uint32_t i = 0; i < INIT_NEEDS; i++) {
        if (init_has(graph, init_needs[i].kernel))
            continue;
        init_check_at(check, "init.grants");
        init_check_refuse(check, "not among them: kernel = ");
        capos_line_string(&check->line, init_needs[i].name);
        return false;
    }
    for (uint32_t i = 0; i < graph->init.grant_count; i++) {
        const struct init_grant *grant = &graph->grants[graph->init.first_grant + i];
        if (grant->kernel != KERNEL_CAPABILITY_NONE)
            continue;
        init_check_at_element(check, INIT_ITSELF, "grants", i, grant->name);
        return init_check_refuse(check, "init starts before all services, and cannot import from them");
    }
    return true;
}

/* --- Budgets --------------------------------------------------------------------------- */

static bool check_budgets(struct init_check *check)
{
    static const char *const fields[INIT_LIMITS] = {"profile.capSlots",    "profile.calls",
                                                    "profile.memoryBytes", "profile.processes",
                                                    "profile.endpoints",   "profile.badges"};
    const struct init_graph *graph = check->graph;
    for (uint32_t limit = 0; limit < INIT_LIMITS; limit++) {
        uint64_t budget = graph->init.limits[limit], left = budget;
        for (uint32_t i = 0; budget != 0 && i < graph->service_count; i++) {
            uint64_t wanted = graph->services[i].program.limits[limit];
            if (wanted <= left) {
                left -= wanted;
                continue;
            }
            struct capos_line *line = init_check_at_program(check, (int32_t)i, fields[limit]);
            capos_line_string(line, " ");
            capos_line_u64(line, wanted);
            init_check_refuse(check, "more than what is left of init's ");
            capos_line_u64(line, budget);
            capos_line_string(line, ", which is ");
            capos_line_u64(line, left);
            return false;
        }
    }
    return true;
}

/* --- The order ------------------------------------------------------------------------- */

static uint32_t first_of(uint64_t set)
{
    return (uint32_t)__builtin_ctzll(set);
}

/*
 * All of `left` need another of `left`, so who goes from need to need long
 * enough is on a cycle.
 */
static bool refuse_cycle(struct init_check *check, uint64_t left)
{
    const struct init_graph *graph = check->graph;
    uint32_t start = first_of(left);
    for (uint32_t i = 0; i < graph->service_count; i++)
        start = first_of(graph->services[start].needs & left);
    const struct init_program *program = &graph->services[start].program;
    uint32_t next = first_of(graph->services[start].needs & left), index = 0;
    while (graph->grants[program->first_grant + index].kernel != KERNEL_CAPABILITY_NONE ||
           graph->exports[graph->grants[program->first_grant + index].export_index].service != next)
        index++;
    struct capos_line *line = init_check_at_element(check, (int32_t)start, "grants", index,
                                                    graph->grants[program->first_grant + index].name);
    init_check_refuse(check, "a cycle: ");
    init_check_add_quoted(line, graph->services[start].name);
    do {
        capos_line_string(line, " needs ");
        init_check_add_quoted(line, graph->services[next].name);
        next = first_of(graph->services[next].needs & left);
    } while (next != first_of(graph->services[start].needs & left));
    return false;
}

static bool find_order(struct init_check *check)
{
    struct init_graph *graph = check->graph;
    CAPOS_STATIC_ASSERT(INIT_SERVICES_MAX < 64);
    uint64_t left = (UINT64_C(1) << graph->service_count) - 1;
    for (uint32_t count = 0; count < graph->service_count; count++) {
        uint32_t next = 0;
        while (next < graph->service_count &&
               (!(left >> next & 1) || (graph->services[next].needs & left) != 0))
            next++;
        if (next == graph->service_count)
            return refuse_cycle(check, left);
        graph->order[count] = (uint16_t)next;
        left &= ~(UINT64_C(1) << next);
    }
    return true;
}

bool init_check_graph(struct init_check *check)
{
    if (!check_init(check))
        return false;
    for (uint32_t i = 0; i < check->graph->service_count; i++)
        if (!resolve_service(check, i))
            return false;
    return check_budgets(check) && find_order(check);
}

void init_graph_say_unstarted(const struct init_graph *graph, uint32_t service, struct wire_text why,
                              struct init_error *ret_error)
{
    struct capos_line line;
    capos_line_begin(&line, ret_error->text, sizeof ret_error->text);
    init_check_add_service(&line, graph, service);
    capos_line_string(&line, ": cannot be started: ");
    capos_line_bytes(&line, why.chars, why.size);
}
