/* A list with much text is built, ranked from the message, and copied in its new order. */
#include "bench/wire/cases.h"
#include "bench/wire/schema/cases.capos.h"

static uint64_t request(struct wire_build *build, struct work_random *random)
{
    static struct work_page page;
    uint32_t count = work_random_below(random, WORK_FOUND_MAX);
    uint64_t wanted = 0;
    struct wire_list_builder results = ranking_init_results(ranking_build_root(build), count);
    for (uint32_t i = 0; i < count; i++) {
        struct found_builder found = ranking_edit_results_at(results, i);
        work_make_page(&page, random);
        wanted += page.wanted;
        found_set_score(found, 1000.0 - i);
        found_set_url(found, wire_text_make(page.url, page.url_size));
        found_set_snippet(found, wire_text_make(page.snippet, page.snippet_size));
    }
    return wanted;
}

static void respond(struct wire_message *message, struct wire_build *build)
{
    static struct work_scored scored[WORK_FOUND_MAX];
    struct wire_list found = ranking_get_results(ranking_read_root(message));
    for (uint32_t i = 0; i < found.count; i++) {
        struct found_reader one = ranking_get_results_at(found, i);
        scored[i].score = work_rank(found_get_score(one), found_get_snippet(one).chars);
        scored[i].index = i;
    }
    work_sort(scored, found.count);
    struct wire_list_builder results = ranking_init_results(ranking_build_root(build), found.count);
    for (uint32_t i = 0; i < found.count; i++) {
        struct found_reader from = ranking_get_results_at(found, scored[i].index);
        struct found_builder to = ranking_edit_results_at(results, i);
        found_set_score(to, scored[i].score);
        found_set_url(to, found_get_url(from));
        found_set_snippet(to, found_get_snippet(from));
    }
}

static uint64_t result(struct wire_message *message)
{
    uint32_t wanted = 0;
    struct wire_list results = ranking_get_results(ranking_read_root(message));
    while (wanted < results.count && found_get_score(ranking_get_results_at(results, wanted)) > 1001)
        wanted++;
    return wanted;
}

const struct wire_case case_catrank = {request, respond, result};
