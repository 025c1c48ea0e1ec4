/*
 * A kernel of variables for init. What init must never do is kept in `broken`.
 */
#include "tests/init/fake_system.h"

#include <string.h>

#include <capos/text.h>
#include <capos/wire.h>

void fake_system_init(struct init_system *system, const struct init_graph *graph)
{
    memset(system, 0, sizeof *system);
    system->graph = graph;
    system->now_ns = 1000000;
    system->endpoints_left = INIT_EXPORTS_MAX;
}

void fake_system_live(struct init_system *system, uint32_t service, struct fake_life life)
{
    struct fake_service *s = &system->services[service];
    s->lives[s->life_count++] = life;
}

static void demand(struct init_system *system, bool holds, const char *what)
{
    if (!holds && !system->broken)
        system->broken = what;
}

static struct capos_line begin_entry(struct init_system *system, const char *what, struct wire_text name)
{
    struct capos_line line;
    capos_line_begin(&line, system->log + system->log_bytes, FAKE_LOG_BYTES - system->log_bytes);
    capos_line_string(&line, system->log_bytes > 0 ? " " : "");
    capos_line_string(&line, what);
    capos_line_bytes(&line, name.chars, name.size);
    return line;
}

static void end_entry(struct init_system *system, const struct capos_line *line)
{
    demand(system, !line->truncated, "said more than the log takes");
    system->log_bytes += line->size;
}

static void note(struct init_system *system, const char *what, struct wire_text name)
{
    struct capos_line line = begin_entry(system, what, name);
    end_entry(system, &line);
}

capos_status init_system_make_endpoint(struct init_system *system, uint32_t export_index)
{
    demand(system, !system->owned[export_index], "made an endpoint twice");
    if (system->endpoints_left == 0)
        return CAP_ERR_NO_MEMORY;
    system->endpoints_left--;
    system->owned[export_index] = true;
    return CAP_OK;
}

void init_system_disown(struct init_system *system, uint32_t export_index)
{
    demand(system, system->owned[export_index], "dropped what it does not own");
    system->owned[export_index] = false;
    note(system, "~", system->graph->exports[export_index].name);
}

static void take_handout(struct init_system *system, const struct init_handout *handout,
                         struct capos_line *line)
{
    uint32_t index = handout->export_index;
    if (handout->kind == INIT_HANDOUT_KERNEL)
        return;
    demand(system, system->owned[index], "granted what it does not own");
    if (handout->kind == INIT_HANDOUT_OWNER)
        return;
    demand(system, handout->badge > system->badges[index], "minted a badge twice");
    demand(system, (uint32_t)handout->badge == 1, "minted a badge for another object");
    system->badges[index] = handout->badge;
    capos_line_string(line, "(");
    capos_line_bytes(line, handout->name.chars, handout->name.size);
    capos_line_string(line, "=");
    capos_line_u64(line, handout->badge >> 32);
    capos_line_string(line, ")");
}

capos_status init_system_start(struct init_system *system, uint32_t service,
                               const struct init_handout *handouts, uint32_t count)
{
    struct fake_service *s = &system->services[service];
    uint32_t turn = s->starts < s->life_count ? s->starts : s->life_count - 1;
    struct fake_life life = s->life_count > 0 ? s->lives[turn] : (struct fake_life){0};
    struct capos_line line = begin_entry(system, "+", system->graph->services[service].name);
    demand(system, !s->runs, "started what runs");
    for (uint32_t i = 0; i < count; i++)
        take_handout(system, &handouts[i], &line);
    end_entry(system, &line);
    s->starts++;
    if (life.refused)
        return CAP_ERR_NO_MEMORY;
    s->runs = true;
    s->ends_ns = life.ns == CAPOS_FOREVER ? CAPOS_FOREVER : system->now_ns + life.ns;
    s->end = (struct init_end){.faulted = life.faulted, .code = life.code};
    return CAP_OK;
}

capos_status init_system_wait(struct init_system *system, uint64_t until_ns, uint32_t *ret_service,
                              struct init_end *ret_end)
{
    uint32_t first = INIT_SERVICES_MAX;
    uint64_t at = CAPOS_FOREVER;
    for (uint32_t i = 0; i < system->graph->service_count; i++) {
        if (!system->services[i].runs || system->services[i].ends_ns >= at)
            continue;
        at = system->services[i].ends_ns;
        first = i;
    }
    if (at == CAPOS_FOREVER && until_ns == CAPOS_FOREVER) {
        demand(system, false, "waits for what never comes");
        return CAP_ERR_NOT_FOUND;
    }
    if (until_ns < at) {
        system->now_ns = until_ns > system->now_ns ? until_ns : system->now_ns;
        return CAP_ERR_TIMED_OUT;
    }
    system->now_ns = at > system->now_ns ? at : system->now_ns;
    system->services[first].runs = false;
    *ret_service = first;
    *ret_end = system->services[first].end;
    note(system, "-", system->graph->services[first].name);
    return CAP_OK;
}

void init_system_kill(struct init_system *system, uint32_t service)
{
    struct fake_service *s = &system->services[service];
    demand(system, s->runs, "killed what does not run");
    s->ends_ns = 0;
    s->end = (struct init_end){.faulted = true, .code = 137};
    note(system, "!", system->graph->services[service].name);
}

struct wire_text init_system_why(struct init_system *system, capos_status status)
{
    (void)system;
    return capos_text_of(capos_status_text(status));
}

uint64_t init_system_now(struct init_system *system)
{
    return system->now_ns;
}

void init_system_say(struct init_system *system, struct wire_text line)
{
    struct capos_line entry = begin_entry(system, "[", line);
    capos_line_string(&entry, "]");
    end_entry(system, &entry);
}
