/*
 * The life of a system: orders, restarts, pauses, who holds endpoints, and
 * the end; and a comparison with a model that knows each service alone.
 */
#include "init/run.h"

#include <string.h>

#include <capos/wire.h>

#include "tests/init/fake_system.h"
#include "tests/tap.h"

static struct {
    struct init_graph graph;
    struct init_run run;
    struct init_system system;
    char names[INIT_SERVICES_MAX][4];
} w;

static const struct fake_life stays = {.ns = CAPOS_FOREVER};

/* `count` services a, b, ... without exports, imports and restarts, in that order. */
static void begin(uint32_t count)
{
    memset(&w.graph, 0, sizeof w.graph);
    w.graph.service_count = count;
    for (uint32_t i = 0; i < count; i++) {
        w.names[i][0] = (char)('a' + i % 26);
        w.names[i][1] = i < 26 ? 0 : (char)('0' + i / 26);
        w.graph.services[i].name = wire_text_make(w.names[i], i < 26 ? 1 : 2);
        w.graph.services[i].first_export = i;
        w.graph.exports[i] = (struct init_export){.name = WIRE_TEXT("x"), .service = (uint16_t)i};
        w.graph.order[i] = (uint16_t)i;
    }
    w.graph.export_count = count;
    fake_system_init(&w.system, &w.graph);
}

/* Lets a service export, and others import from it; grants of one service come one after the other. */
static void import(uint32_t who, uint32_t from)
{
    struct init_service *service = &w.graph.services[who];
    if (service->program.grant_count++ == 0)
        service->program.first_grant = w.graph.grant_count;
    w.graph.grants[w.graph.grant_count++] =
        (struct init_grant){.name = w.graph.services[from].name, .export_index = (uint16_t)from};
    service->needs |= UINT64_C(1) << from;
    w.graph.services[from].export_count = 1;
}

static void restart(uint32_t service, enum restart_mode mode, uint32_t limit, uint64_t backoff_ns)
{
    w.graph.services[service].mode = (uint16_t)mode;
    w.graph.services[service].restarts_max = limit;
    w.graph.services[service].backoff_ns = backoff_ns;
}

static void live(uint32_t service, struct fake_life life)
{
    fake_system_live(&w.system, service, life);
}

/* Runs, and looks at what must hold whatever happened. */
static int64_t run(void)
{
    int64_t code = init_run(&w.run, &w.graph, &w.system);
    for (uint32_t i = 0; i < w.graph.service_count; i++)
        if (w.system.services[i].runs || w.system.owned[i])
            tap_fail(__FILE__, __LINE__, "something is left");
    if (w.system.broken)
        tap_fail(__FILE__, __LINE__, w.system.broken);
    return code;
}

TAP_TEST(nothing_to_run_ends_at_once)
{
    begin(0);
    TAP_EQ(run(), 0);
    TAP_STR_EQ(w.system.log, "");
}

TAP_TEST(a_server_is_stopped_when_the_last_job_is_done)
{
    begin(3);
    import(0, 2);
    import(1, 2);
    w.graph.order[0] = 2, w.graph.order[1] = 0, w.graph.order[2] = 1;
    live(0, (struct fake_life){.ns = 50});
    live(1, (struct fake_life){.ns = 20});
    live(2, stays);
    TAP_EQ(run(), 0);
    TAP_STR_EQ(w.system.log, "+c +a(c=0) +b(c=1) ~x -b -a !c -c");
}

TAP_TEST(what_still_runs_is_stopped_in_the_reverse_order)
{
    begin(4);
    import(1, 0);
    import(2, 1);
    import(3, 2);
    live(0, stays);
    live(1, stays);
    live(2, stays);
    live(3, (struct fake_life){.ns = 5, .code = 3});
    TAP_EQ(run(), 3);
    TAP_STR_EQ(w.system.log, "+a +b(a=0) ~x +c(b=0) ~x +d(c=0) ~x -d "
                             "[init: services[3] \"d\": exit code 3, not started again] !c -c !b -b !a -a");
}

TAP_TEST(without_jobs_a_system_runs_until_the_last_service_has_ended)
{
    begin(2);
    w.graph.services[0].export_count = w.graph.services[1].export_count = 1;
    live(0, (struct fake_life){.ns = 50});
    live(1, (struct fake_life){.ns = 20});
    TAP_EQ(run(), 0);
    TAP_STR_EQ(w.system.log, "+a ~x +b ~x -b -a");
}

TAP_TEST(a_failure_leaves_the_others_running_and_the_first_one_counts)
{
    begin(3);
    live(0, (struct fake_life){.ns = 50, .code = 9});
    live(1, (struct fake_life){.ns = 20, .faulted = true, .code = 139});
    live(2, (struct fake_life){.ns = 80});
    TAP_EQ(run(), 139);
    TAP_STR_EQ(w.system.log, "+a +b +c -b [init: services[1] \"b\": ended by a fault, not started again] -a "
                             "[init: services[0] \"a\": exit code 9, not started again] -c");
}

TAP_TEST(a_service_that_may_start_again_keeps_its_endpoint_until_it_gives_up)
{
    begin(2);
    import(1, 0);
    restart(0, RESTART_MODE_ON_FAILURE, 2, 100);
    live(0, (struct fake_life){.ns = 10, .code = -1});
    live(1, (struct fake_life){.ns = 1000});
    TAP_EQ(run(), -1);
    TAP_STR_EQ(w.system.log,
               "+a +b(a=0) -a [init: services[0] \"a\": exit code -1, restart 1 of 2] "
               "+a -a [init: services[0] \"a\": exit code -1, restart 2 of 2] "
               "+a -a [init: services[0] \"a\": exit code -1, not started again after restart 2 of 2] "
               "~x -b");
    TAP_EQ(w.system.services[0].starts, 3);
}

TAP_TEST(a_client_that_starts_again_gets_a_badge_of_its_own)
{
    begin(2);
    import(1, 0);
    restart(1, RESTART_MODE_ON_FAILURE, 0, 1);
    live(0, stays);
    live(1, (struct fake_life){.ns = 10, .code = 1});
    live(1, (struct fake_life){.ns = 10});
    TAP_EQ(run(), 0);
    TAP_STR_EQ(w.system.log,
               "+a +b(a=0) -b [init: services[1] \"b\": exit code 1, restart 1] +b(a=1) -b ~x !a -a");
}

TAP_TEST(a_server_that_is_gone_for_good_lets_its_clients_know)
{
    begin(2);
    import(1, 0);
    restart(1, RESTART_MODE_ON_FAILURE, 0, 1);
    live(0, (struct fake_life){.ns = 5});
    live(1, (struct fake_life){.ns = 10});
    TAP_EQ(run(), 0);
    TAP_STR_EQ(w.system.log, "+a +b(a=0) -a ~x -b");
}

TAP_TEST(a_client_of_a_server_that_is_gone_for_good_starts_again_and_finds_out)
{
    begin(2);
    import(1, 0);
    restart(1, RESTART_MODE_ON_FAILURE, 0, 1);
    live(0, (struct fake_life){.ns = 5});
    live(1, (struct fake_life){.ns = 10, .code = 1});
    live(1, (struct fake_life){.ns = 10});
    TAP_EQ(run(), 0);
    TAP_STR_EQ(w.system.log,
               "+a +b(a=0) -a ~x -b [init: services[1] \"b\": exit code 1, restart 1] +b(a=1) ~x -b");
}

TAP_TEST(always_is_always)
{
    begin(2);
    restart(0, RESTART_MODE_ALWAYS, 0, 30);
    live(0, (struct fake_life){.ns = 10});
    live(1, (struct fake_life){.ns = 110});
    TAP_EQ(run(), 0);
    TAP_STR_EQ(w.system.log, "+a +b -a +a -a -b");
}

TAP_TEST(always_with_a_limit_is_a_job)
{
    begin(1);
    restart(0, RESTART_MODE_ALWAYS, 2, 0);
    live(0, (struct fake_life){.ns = 10});
    TAP_EQ(run(), 0);
    TAP_STR_EQ(w.system.log, "+a -a +a -a +a -a");
}

TAP_TEST(pauses_double_up_to_an_hour)
{
    begin(1);
    restart(0, RESTART_MODE_ALWAYS, 4, INIT_BACKOFF_MAX_NS / 3);
    uint64_t began = w.system.now_ns;
    TAP_EQ(run(), 0);
    TAP_EQ(w.system.now_ns - began, INIT_BACKOFF_MAX_NS / 3 * 3 + 2 * INIT_BACKOFF_MAX_NS);
    begin(1);
    restart(0, RESTART_MODE_ALWAYS, 4, 100);
    began = w.system.now_ns;
    TAP_EQ(run(), 0);
    TAP_EQ(w.system.now_ns - began, 100 + 200 + 400 + 800);
}

TAP_TEST(a_system_that_cannot_start_is_stopped)
{
    begin(3);
    import(2, 0);
    live(0, stays);
    live(1, (struct fake_life){.refused = true});
    restart(1, RESTART_MODE_ALWAYS, 3, 0);
    TAP_EQ(run(), 1);
    TAP_STR_EQ(w.system.log, "+a +b [init: services[1] \"b\": cannot be started: the memory set aside for "
                             "this is used up] ~x !a -a");
    begin(2);
    import(1, 0);
    live(0, stays);
    w.system.endpoints_left = 0;
    TAP_EQ(run(), 1);
    TAP_STR_EQ(w.system.log,
               "[init: services[0] \"a\": cannot be started: the memory set aside for this is used up]");
}

TAP_TEST(endpoints_are_made_for_all_exports_of_a_service_or_for_none)
{
    begin(2);
    w.graph.services[0].export_count = 2;
    w.system.endpoints_left = 1;
    TAP_EQ(run(), 1);
    TAP_STR_EQ(w.system.log,
               "~x [init: services[0] \"a\": cannot be started: the memory set aside for this is used up]");
}

TAP_TEST(a_restart_that_is_refused_is_a_failed_instance)
{
    begin(1);
    restart(0, RESTART_MODE_ON_FAILURE, 2, 10);
    live(0, (struct fake_life){.ns = 1, .code = 7});
    live(0, (struct fake_life){.refused = true});
    live(0, (struct fake_life){.ns = 1});
    TAP_EQ(run(), 0);
    TAP_STR_EQ(w.system.log,
               "+a -a [init: services[0] \"a\": exit code 7, restart 1 of 2] +a "
               "[init: services[0] \"a\": cannot be started: the memory set aside for this is used up] "
               "+a -a");
}

/* --- A model ------------------------------------------------------------------------------ */

static uint64_t seed;

static uint32_t any(uint32_t bound)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % bound;
}

/* What becomes of a service that nobody stops: when it has ended for good, and whether by a failure. */
struct fate {
    uint64_t end_ns;
    int64_t code;
};

static struct fate fate_of(uint32_t index, uint64_t now_ns)
{
    const struct init_service *service = &w.graph.services[index];
    const struct fake_service *fake = &w.system.services[index];
    uint64_t pause = service->backoff_ns;
    for (uint32_t i = 0;; i++) {
        const struct fake_life *life = &fake->lives[i < fake->life_count ? i : fake->life_count - 1];
        bool again = service->mode == RESTART_MODE_ALWAYS || (service->mode != 0 && life->code != 0);
        bool ever = life->ns == CAPOS_FOREVER || i > 200;
        if (ever)
            return (struct fate){CAPOS_FOREVER, 0};
        now_ns += life->ns;
        if (!again || (service->restarts_max > 0 && i == service->restarts_max))
            return (struct fate){now_ns, life->code};
        now_ns += pause;
        pause *= 2;
    }
}

static void random_system(void)
{
    uint32_t count = 1 + any(12);
    begin(count);
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < i; j++)
            if (any(5) == 0)
                import(i, j);
        restart(i, any(3), 1 + any(4), 1 + any(40));
        if (w.graph.services[i].mode == RESTART_MODE_NEVER)
            restart(i, RESTART_MODE_NEVER, 0, 0);
        for (uint32_t lives = 1 + any(4); lives > 0; lives--)
            live(i,
                 (struct fake_life){.ns = (1 + any(100000)) * 64 + i, .code = any(2) ? (int64_t)i + 1 : 0});
    }
    if (count > 1 && any(2))
        w.system.services[0].lives[0].ns = CAPOS_FOREVER, w.graph.services[0].export_count = 1;
}

/* Whether what was stopped was stopped in the reverse order; the names of random systems are single letters.
 */
static bool stopped_backwards(void)
{
    char last = 'z' + 1;
    for (const char *at = w.system.log; (at = strchr(at, '!')); at++) {
        if (at[1] >= last)
            return false;
        last = at[1];
    }
    return true;
}

TAP_TEST(any_system_ends_as_each_service_by_itself_would)
{
    for (seed = 1; seed < 3000000; seed = seed % 1000000007 + 977) {
        uint64_t start = seed, end_ns = 0, last_ns = 0, failed_ns = CAPOS_FOREVER;
        int64_t code = 0;
        uint32_t jobs = 0;
        random_system();
        for (uint32_t i = 0; i < w.graph.service_count; i++) {
            struct fate fate = fate_of(i, w.system.now_ns);
            last_ns = fate.end_ns > last_ns ? fate.end_ns : last_ns;
            if (w.graph.services[i].export_count > 0)
                continue;
            jobs++;
            end_ns = fate.end_ns > end_ns ? fate.end_ns : end_ns;
        }
        end_ns = jobs > 0 ? end_ns : last_ns;
        for (uint32_t i = 0; i < w.graph.service_count; i++) {
            struct fate fate = fate_of(i, w.system.now_ns);
            if (fate.code == 0 || fate.end_ns > end_ns || fate.end_ns >= failed_ns)
                continue;
            failed_ns = fate.end_ns;
            code = fate.code;
        }
        if (end_ns == CAPOS_FOREVER)
            continue;
        TAP_EQ(run(), code);
        TAP_STOP_IF_FAILED();
        TAP_EQ(w.system.now_ns, end_ns);
        TAP_CHECK(stopped_backwards());
        seed = start;
    }
}
