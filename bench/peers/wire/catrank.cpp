// A list with much text is built, ranked from the message, and copied in its new order.
#include "bench/peers/wire/cases.hpp"

uint64_t CatrankCase::request(Ranking::Builder request, work_random &random)
{
    static work_page page;
    uint32_t count = work_random_below(&random, WORK_FOUND_MAX);
    uint64_t wanted = 0;
    auto results = request.initResults(count);
    for (uint32_t i = 0; i < count; i++) {
        auto found = results[i];
        work_make_page(&page, &random);
        wanted += page.wanted;
        found.setScore(1000.0 - i);
        found.setUrl(capnp::Text::Reader(page.url, page.url_size));
        found.setSnippet(capnp::Text::Reader(page.snippet, page.snippet_size));
    }
    return wanted;
}

void CatrankCase::respond(Ranking::Reader request, Ranking::Builder response)
{
    static work_scored scored[WORK_FOUND_MAX];
    auto found = request.getResults();
    for (uint32_t i = 0; i < found.size(); i++) {
        auto one = found[i];
        scored[i].score = work_rank(one.getScore(), one.getSnippet().cStr());
        scored[i].index = i;
    }
    work_sort(scored, found.size());
    auto results = response.initResults(found.size());
    for (uint32_t i = 0; i < found.size(); i++) {
        auto from = found[scored[i].index];
        auto to = results[i];
        to.setScore(scored[i].score);
        to.setUrl(from.getUrl());
        to.setSnippet(from.getSnippet());
    }
}

uint64_t CatrankCase::result(Ranking::Reader response)
{
    uint64_t wanted = 0;
    for (auto found : response.getResults()) {
        if (found.getScore() <= 1001)
            break;
        wanted++;
    }
    return wanted;
}
