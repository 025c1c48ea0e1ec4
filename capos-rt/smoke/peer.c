/*
 * Calls to another program: what capabilities come back, and whose they are.
 */
#include <capos/handle.h>

#include "capos-rt/smoke/smoke.h"

static bool peer_answers(struct smoke *smoke)
{
    struct directory_list_call call;
    struct directory_list_results_reader results;
    bool good = directory_list(smoke->ring, smoke->peer, &call, &results) == CAP_OK &&
                directory_list_results_get_entries(results).count == 0;
    directory_list_finish(smoke->ring, &call);
    return good;
}

/* A file of the peer's is the program's own until it is released: then the kernel knows it no more. */
static bool adopted_result_is_owned(struct smoke *smoke)
{
    struct file file;
    bool is_new = false;
    uint64_t bytes = 0;
    if (directory_create(smoke->ring, smoke->peer, WIRE_TEXT("note"), &file, &is_new) != CAP_OK)
        return false;
    bool good = is_new && capos_handle_owners(smoke->runtime, file.cap) == 1 &&
                file_write(smoke->ring, file, 0, wire_data_make((const uint8_t *)"smoke", 5)) == CAP_OK &&
                node_size(smoke->ring, file_as_node(file), &bytes) == CAP_OK && bytes == 5;
    capos_handle_release(smoke->runtime, file.cap);
    good = good && capos_handle_owners(smoke->runtime, file.cap) == 0;
    return capos_runtime_flush_releases(smoke->runtime) == CAP_OK && good &&
           node_size(smoke->ring, file_as_node(file), &bytes) == CAP_ERR_STALE_CAP;
}

/* A result is adopted once, as what it is; what nobody adopts goes with the message. */
static bool result_is_adopted_once(struct smoke *smoke)
{
    struct directory_open_call call;
    struct directory_open_results_reader results;
    struct file file, again;
    struct timer timer;
    directory_open_send(smoke->ring, smoke->peer, WIRE_TEXT("note"), &call);
    bool good = directory_open_wait(smoke->ring, &call, &results) == CAP_OK;
    if (good) {
        capos_status status =
            capos_caps_adopt(wire_get_any(results.s, 0), results.s.data, 0, TIMER_INTERFACE_ID, &timer.cap);
        good = status == CAP_ERR_WRONG_INTERFACE;
        if (status == CAP_OK)
            capos_handle_release(smoke->runtime, timer.cap);
    }
    if (good && directory_open_results_adopt_file(results, &file) == CAP_OK) {
        capos_status status = directory_open_results_adopt_file(results, &again);
        good = status == CAP_ERR_NOT_FOUND;
        if (status == CAP_OK)
            capos_handle_release(smoke->runtime, again.cap);
        capos_handle_release(smoke->runtime, file.cap);
    } else {
        good = false;
    }
    directory_open_finish(smoke->ring, &call);
    return good;
}

static bool results_that_nobody_adopts_are_released(struct smoke *smoke)
{
    struct capos_handle_stats before, after;
    struct directory_open_call call;
    struct directory_open_results_reader results;
    capos_runtime_flush_releases(smoke->runtime);
    capos_handle_stats(smoke->runtime, &before);
    directory_open_send(smoke->ring, smoke->peer, WIRE_TEXT("note"), &call);
    bool good = directory_open_wait(smoke->ring, &call, &results) == CAP_OK;
    directory_open_finish(smoke->ring, &call);
    capos_runtime_flush_releases(smoke->runtime);
    capos_handle_stats(smoke->runtime, &after);
    return good && after.held == before.held && after.released == before.released + 1;
}

static bool peer_refuses_in_words(struct smoke *smoke)
{
    struct directory_open_call call;
    struct directory_open_results_reader results;
    directory_open_send(smoke->ring, smoke->peer, WIRE_TEXT("nothing"), &call);
    capos_status status = directory_open_wait(smoke->ring, &call, &results);
    struct capos_exception exception = capos_call_exception(&call.call);
    bool good = status == CAP_ERR_APPLICATION_EXCEPTION &&
                wire_text_equal(exception.message, WIRE_TEXT("no such file"));
    directory_open_finish(smoke->ring, &call);
    return good;
}

const struct smoke_test smoke_peer_tests[] = {
    {"another program answers", peer_answers},
    {"a capability that it answers with is owned, until it is released", adopted_result_is_owned},
    {"it is adopted once, and as what it is", result_is_adopted_once},
    {"one that nobody adopts is released", results_that_nobody_adopts_are_released},
    {"another program refuses in words", peer_refuses_in_words},
    {0},
};
