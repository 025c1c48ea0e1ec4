/*
 * Capabilities in messages, through generated code on both sides: invariants
 * 3, 7 and 9, and docs/security.md, clause 19.
 */
#include <capos/heap.h>

#include <string.h>

#include "tests/rt/demo_server.h"
#include "tests/tap.h"

static struct capos_runtime *const runtime = &fake.runtime;

static uint32_t owned(void)
{
    struct capos_handle_stats stats;
    capos_handle_stats(runtime, &stats);
    return stats.held;
}

/* Everything that the process holds but the endpoint and the two grants. */
static uint32_t held(void)
{
    capos_runtime_flush_releases(runtime);
    return fake_endpoint_held() - 3;
}

TAP_TEST(a_result_capability_is_a_handle_of_the_callers)
{
    struct file file = {0};
    uint64_t bytes = 0;
    demo_start(4);
    demo_turns();
    TAP_EQ(directory_open(demo.ring, demo.directory, WIRE_TEXT("3"), &file), CAP_OK);
    TAP_EQ(capos_handle_owners(runtime, file.cap), 1);
    TAP_EQ(file_size(demo.ring, file, &bytes), CAP_OK);
    TAP_EQ(bytes, 1003);
    capos_handle_release(runtime, file.cap);
    demo_settle();
    TAP_EQ(demo.files[3].released, 1);
    TAP_EQ(held(), 0);
}

TAP_TEST(invariant_7_a_result_capability_is_adopted_once)
{
    struct directory_open_call call;
    struct directory_open_results_reader results;
    struct file file = {1}, borrowed = {0}, again = {7};
    demo_start(4);
    demo_turns();
    directory_open_send(demo.ring, demo.directory, WIRE_TEXT("3"), &call);
    TAP_EQ(directory_open_wait(demo.ring, &call, &results), CAP_OK);
    TAP_EQ(directory_open_results_borrow_file(results, &borrowed), CAP_OK);
    TAP_EQ(owned(), 0);
    TAP_EQ(directory_open_results_adopt_file(results, &file), CAP_OK);
    TAP_EQ(file.cap, borrowed.cap);
    TAP_EQ(directory_open_results_adopt_file(results, &again), CAP_ERR_NOT_FOUND);
    TAP_EQ(directory_open_results_borrow_file(results, &again), CAP_ERR_NOT_FOUND);
    TAP_EQ(again.cap, 7);
    directory_open_finish(demo.ring, &call);
    TAP_EQ(owned(), 1);
    TAP_EQ(held(), 1);
}

TAP_TEST(invariant_7_what_is_not_adopted_is_released_with_the_call)
{
    struct directory_open_call call;
    struct directory_open_results_reader results;
    demo_start(4);
    demo_turns();
    for (int waited = 0; waited < 2; waited++) {
        directory_open_send(demo.ring, demo.directory, WIRE_TEXT("3"), &call);
        if (waited)
            directory_open_wait(demo.ring, &call, &results);
        else
            while (!call.call.pending.is_complete)
                capos_ring_flush(demo.ring);
        TAP_EQ(held(), 1);
        directory_open_finish(demo.ring, &call);
        directory_open_finish(demo.ring, &call);
        TAP_EQ(held(), 0);
    }
    demo_settle();
    TAP_EQ(demo.files[3].released, 2);
}

TAP_TEST(invariant_7_a_capability_of_another_interface_is_refused_and_released)
{
    struct directory_open_call call;
    struct directory_open_results_reader results;
    struct file file = {7};
    capos_cap any;
    demo_start(4);
    demo_turns();
    demo.answer.cap = fake_endpoint_thing(BATON_INTERFACE_ID);
    TAP_EQ(directory_open(demo.ring, demo.directory, WIRE_TEXT("3"), &file), CAP_ERR_WRONG_INTERFACE);
    TAP_EQ(file.cap, 7);
    TAP_EQ(held(), 1); /* the server's own */
    directory_open_send(demo.ring, demo.directory, WIRE_TEXT("3"), &call);
    directory_open_wait(demo.ring, &call, &results);
    TAP_EQ(capos_caps_adopt(wire_get_any(results.s, 0), NULL, 0, 0, &any), CAP_OK); /* any interface */
    directory_open_finish(demo.ring, &call);
    TAP_EQ(held(), 2);
}

TAP_TEST(an_absent_capability_is_not_found)
{
    struct directory_self_call call;
    struct directory_self_results_reader results;
    struct directory here = {7}, parent = {0};
    demo_start(4);
    demo_turns();
    TAP_EQ(directory_self(demo.ring, demo.directory, &call, &results), CAP_OK);
    TAP_EQ(directory_self_results_adopt_here(results, &here), CAP_ERR_NOT_FOUND);
    TAP_EQ(here.cap, 7);
    TAP_EQ(directory_self_results_adopt_parent(results, &parent), CAP_OK);
    /* The second field is the second record; the first one is null. */
    TAP_EQ(fake_endpoint_last_return.xfer_cap_count, 2);
    TAP_EQ(fake_endpoint_last_return.result_cap_max, 2);
    TAP_EQ(call.call.pending.completion.cap_count, 2);
    directory_self_finish(demo.ring, &call);
    TAP_EQ(held(), 1);
}

TAP_TEST(capabilities_come_in_structs_unions_groups_and_lists)
{
    struct directory_list_call call;
    struct directory_list_results_reader results;
    struct file file = {7};
    struct directory directory = {0};
    struct node node = {0};
    uint64_t bytes = 0;
    demo_start(4);
    demo_turns();
    TAP_EQ(directory_list(demo.ring, demo.directory, &call, &results), CAP_OK);
    struct wire_list entries = directory_list_results_get_entries(results);
    TAP_EQ(entries.count, 4);
    TAP_EQ(entry_adopt_file(directory_list_results_get_entries_at(entries, 1), &file), CAP_ERR_NOT_FOUND);
    TAP_EQ(entry_adopt_file(directory_list_results_get_entries_at(entries, 2), &file), CAP_ERR_NOT_FOUND);
    TAP_EQ(entry_adopt_file(directory_list_results_get_entries_at(entries, 0), &file), CAP_OK);
    TAP_EQ(entry_adopt_directory(directory_list_results_get_entries_at(entries, 2), &directory), CAP_OK);
    struct entry_link_reader link = entry_get_link(directory_list_results_get_entries_at(entries, 3));
    TAP_EQ(entry_link_borrow_node(link, &node), CAP_OK);
    TAP_EQ(file_size(demo.ring, file, &bytes), CAP_OK);
    TAP_EQ(bytes, 1003);
    TAP_EQ(node_size(demo.ring, node, &bytes), CAP_OK);
    TAP_EQ(bytes, 1004);
    directory_list_finish(demo.ring, &call);
    TAP_EQ(held(), 2);
    demo_settle();
    TAP_EQ(demo.files[4].released, 1);
    TAP_EQ(demo.files[3].released, 0);
}

TAP_TEST(lists_of_capabilities_come_and_go)
{
    struct directory_open_all_call call;
    struct directory_open_all_params_builder params;
    struct directory_open_all_results_reader results;
    struct file file = {0};
    uint64_t bytes = 0;
    demo_start(4);
    demo_turns();
    directory_open_all_begin(demo.ring, demo.directory, 0, &call, &params);
    struct wire_list_builder names = directory_open_all_params_init_names(params, 3);
    directory_open_all_params_set_names_at(names, 0, WIRE_TEXT("1"));
    directory_open_all_params_set_names_at(names, 1, WIRE_TEXT("none"));
    directory_open_all_params_set_names_at(names, 2, WIRE_TEXT("2"));
    directory_open_all_submit(demo.ring, &call);
    TAP_EQ(directory_open_all_wait(demo.ring, &call, &results), CAP_OK);
    struct wire_list files = directory_open_all_results_get_files(results);
    TAP_EQ(directory_open_all_results_adopt_files_at(files, 1, &file), CAP_ERR_NOT_FOUND);
    TAP_EQ(directory_open_all_results_adopt_files_at(files, 3, &file), CAP_ERR_NOT_FOUND);
    TAP_EQ(directory_open_all_results_adopt_files_at(files, 2, &file), CAP_OK);
    directory_open_all_finish(demo.ring, &call);
    TAP_EQ(file_size(demo.ring, file, &bytes), CAP_OK);
    TAP_EQ(bytes, 1002);
    TAP_EQ(held(), 1);
}

/* More than a message takes: nobody gets anything, and the server keeps nothing. */
TAP_TEST(too_many_capabilities_are_an_exception)
{
    struct directory_open_all_call call;
    struct directory_open_all_params_builder params;
    struct directory_open_all_results_reader results;
    demo_start(4);
    demo_turns();
    directory_open_all_begin(demo.ring, demo.directory, 0, &call, &params);
    struct wire_list_builder names = directory_open_all_params_init_names(params, 17);
    for (uint32_t i = 0; i < 17; i++)
        directory_open_all_params_set_names_at(names, i, WIRE_TEXT("5"));
    directory_open_all_submit(demo.ring, &call);
    TAP_EQ(directory_open_all_wait(demo.ring, &call, &results), CAP_ERR_APPLICATION_EXCEPTION);
    TAP_STR_EQ(capos_call_exception(&call.call).message.chars, capos_status_text(CAP_ERR_MESSAGE_TOO_LARGE));
    directory_open_all_finish(demo.ring, &call);
    TAP_EQ(held(), 0);
    TAP_EQ(demo.files[5].object.facets, 0);
    TAP_EQ(demo.files[5].released, 1);
}

TAP_TEST(a_copy_leaves_the_senders_as_it_is)
{
    struct file mine = {0};
    demo_start(4);
    demo_turns();
    capos_handle_adopt(runtime, fake_endpoint_thing(FILE_INTERFACE_ID), &mine.cap);
    TAP_EQ(directory_link(demo.ring, demo.directory, WIRE_TEXT("a"), file_copied(mine)), CAP_OK);
    TAP_CHECK(demo.linked.cap != mine.cap);
    TAP_EQ(capos_handle_owners(runtime, mine.cap), 1);
    TAP_EQ(capos_handle_owners(runtime, demo.linked.cap), 1);
    TAP_EQ(held(), 2);
}

/* A borrowed one can be copied, and not moved. */
TAP_TEST(invariant_3_capset_handles_can_be_copied_and_not_moved)
{
    struct file borrowed = {0};
    demo_start(4);
    demo_turns();
    borrowed.cap = fake_endpoint_thing(FILE_INTERFACE_ID);
    TAP_EQ(directory_link(demo.ring, demo.directory, WIRE_TEXT("a"), file_copied(borrowed)), CAP_OK);
    uint32_t taken = fake.taken;
    TAP_EQ(directory_link(demo.ring, demo.directory, WIRE_TEXT("a"), file_moved(borrowed)),
           CAP_ERR_NOT_PERMITTED);
    TAP_EQ(fake.taken, taken);
}

TAP_TEST(a_move_gives_the_handle_away)
{
    struct file mine = {0};
    demo_start(4);
    demo_turns();
    capos_handle_adopt(runtime, fake_endpoint_thing(FILE_INTERFACE_ID), &mine.cap);
    TAP_EQ(directory_link(demo.ring, demo.directory, WIRE_TEXT("a"), file_moved(mine)), CAP_OK);
    TAP_EQ(capos_handle_owners(runtime, mine.cap), 0);
    TAP_EQ(capos_handle_keep(runtime, &mine.cap), CAP_ERR_STALE_CAP);
    TAP_CHECK(!fake_endpoint_holds(mine.cap));
    TAP_EQ(owned(), 1); /* the server's */
    TAP_EQ(held(), 1);
}

TAP_TEST(a_handle_with_two_owners_is_not_moved)
{
    struct file mine = {0}, too = {0};
    demo_start(4);
    capos_handle_adopt(runtime, fake_endpoint_thing(FILE_INTERFACE_ID), &mine.cap);
    capos_handle_acquire(runtime, mine.cap, &too.cap);
    TAP_EQ(directory_link(demo.ring, demo.directory, WIRE_TEXT("a"), file_moved(mine)),
           CAP_ERR_NOT_PERMITTED);
    TAP_EQ(capos_handle_owners(runtime, mine.cap), 2);
}

static struct file refused;

static void refused_is_still_owned(const struct capos_call *call, capos_status status)
{
    TAP_EQ(call->status, status);
    TAP_EQ(capos_handle_owners(runtime, refused.cap), 1);
    TAP_EQ(capos_handle_keep(runtime, &refused.cap), CAP_OK);
    TAP_CHECK(fake_endpoint_holds(refused.cap));
}

/* Every step at which a call can fail before it is delivered. */
TAP_TEST(a_refused_call_leaves_a_moved_handle_with_the_caller)
{
    struct directory_link_call call;
    struct directory_link_params_builder params;
    struct directory nobody = {12345 << 16};
    demo_start(4);
    capos_handle_adopt(runtime, fake_endpoint_thing(FILE_INTERFACE_ID), &refused.cap);

    directory_link_send(demo.ring, nobody, WIRE_TEXT("a"), file_moved(refused), &call); /* by the kernel */
    directory_link_wait(demo.ring, &call);
    refused_is_still_owned(&call.call, CAP_ERR_STALE_CAP);
    directory_link_finish(demo.ring, &call);

    directory_link_begin(demo.ring, demo.directory, 0, &call, &params); /* never submitted */
    directory_link_params_pass_file(params, file_moved(refused));
    TAP_EQ(capos_handle_owners(runtime, refused.cap), 0);
    directory_link_finish(demo.ring, &call);
    TAP_EQ(capos_handle_owners(runtime, refused.cap), 1);

    directory_link_send(demo.ring, demo.directory, WIRE_TEXT("a"), file_moved(refused),
                        &call); /* cancelled */
    capos_ring_flush(demo.ring);
    TAP_EQ(directory_link_wait_for(demo.ring, &call, 1), CAP_ERR_TIMED_OUT);
    refused_is_still_owned(&call.call, CAP_ERR_TIMED_OUT);
    directory_link_finish(demo.ring, &call);

    fake.page.header.message_max = 8; /* by the runtime */
    directory_link_send(demo.ring, demo.directory, WIRE_TEXT("a"), file_moved(refused), &call);
    refused_is_still_owned(&call.call, CAP_ERR_MESSAGE_TOO_LARGE);
    directory_link_finish(demo.ring, &call);
    TAP_EQ(demo.calls, 0);
}

static capos_status refuse_link(struct capos_request *request, struct directory_link_params_reader params)
{
    (void)params;
    return capos_request_refuse(request, 0, WIRE_TEXT("no"));
}

/* It was delivered: the handle is empty, and releasing it does no harm. */
TAP_TEST(a_call_that_fails_after_delivery_leaves_an_empty_handle)
{
    struct file mine = {0};
    demo_start(4);
    demo_turns();
    demo.on_link = refuse_link;
    capos_handle_adopt(runtime, fake_endpoint_thing(FILE_INTERFACE_ID), &mine.cap);
    TAP_EQ(directory_link(demo.ring, demo.directory, WIRE_TEXT("a"), file_moved(mine)),
           CAP_ERR_APPLICATION_EXCEPTION);
    TAP_CHECK(!fake_endpoint_holds(mine.cap));
    capos_handle_release(runtime, mine.cap);
    TAP_EQ(capos_runtime_flush_releases(runtime), CAP_OK);
    TAP_EQ(held(), 0); /* the server did not adopt what came */
}

TAP_TEST(one_capability_twice_with_a_move_is_refused)
{
    struct directory_replace_call call;
    struct directory_replace_params_builder params;
    struct file mine = {0};
    demo_start(4);
    capos_handle_adopt(runtime, fake_endpoint_thing(FILE_INTERFACE_ID), &mine.cap);
    for (int first = 0; first < 2; first++) {
        directory_replace_begin(demo.ring, demo.directory, 0, &call, &params);
        struct entry_builder entry = directory_replace_params_init_entry(params);
        entry_pass_file(entry, first ? file_moved(mine) : file_copied(mine));
        entry_pass_file(entry, file_moved(mine));
        directory_replace_submit(demo.ring, &call);
        TAP_EQ(call.call.status, CAP_ERR_BAD_TRANSFER);
        directory_replace_finish(demo.ring, &call);
        TAP_EQ(capos_handle_owners(runtime, mine.cap), 1);
    }
}

TAP_TEST(capabilities_pass_through_a_server_that_borrows_them)
{
    struct directory_replace_call call;
    struct directory_replace_params_builder params;
    struct directory_replace_results_reader results;
    struct node mine = {0}, back = {0};
    demo_start(4);
    demo_turns();
    mine.cap = fake_endpoint_thing(NODE_INTERFACE_ID);
    directory_replace_begin(demo.ring, demo.directory, 0, &call, &params);
    struct entry_link_builder link = entry_init_link(directory_replace_params_init_entry(params));
    entry_link_pass_node(link, node_copied(mine));
    directory_replace_submit(demo.ring, &call);
    TAP_EQ(directory_replace_wait(demo.ring, &call, &results), CAP_OK);
    TAP_EQ(entry_link_adopt_node(entry_get_link(directory_replace_results_get_old(results)), &back), CAP_OK);
    directory_replace_finish(demo.ring, &call);
    demo_settle();
    TAP_EQ(held(), 2); /* mine, and what came back; what the server had is released */
}

/* Answers that are not as they should be: nothing is believed, and nothing is left over. */
TAP_TEST(records_that_are_not_in_their_place_are_bad_messages)
{
    static const struct {
        uint64_t pointer; /* the only pointer of the results */
        uint32_t count;
        capos_status expected;
        uint64_t interface_id;
    } rows[] = {
        {0x0000000000000003, 1, CAP_OK, FILE_INTERFACE_ID},
        {0x0000000100000003, 2, CAP_ERR_BAD_MESSAGE, FILE_INTERFACE_ID}, /* the second, for the first field */
        {0x0000000100000003, 1, CAP_ERR_BAD_MESSAGE, FILE_INTERFACE_ID}, /* none came */
        {0x0000000000000003, 0, CAP_ERR_BAD_MESSAGE, FILE_INTERFACE_ID},
        {0x0000000000000003, 1, CAP_ERR_WRONG_INTERFACE, BATON_INTERFACE_ID},
        {0x0000000000000000, 1, CAP_ERR_NOT_FOUND, FILE_INTERFACE_ID},
        {0x0000000000000007, 1, CAP_ERR_BAD_MESSAGE, FILE_INTERFACE_ID}, /* no capability pointer */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct {
            uint64_t words[2];
            struct cap_transfer_result records[2];
        } answer = {{UINT64_C(0x0001000000000000), rows[i].pointer}, {{0}}};
        struct directory thing;
        struct file file = {7};
        demo_start(4);
        thing.cap = fake_endpoint_thing(DIRECTORY_INTERFACE_ID);
        for (uint32_t n = 0; n < rows[i].count; n++)
            answer.records[n] = (struct cap_transfer_result){
                .cap_id = fake_endpoint_thing(rows[i].interface_id), .interface_id = rows[i].interface_id};
        fake.payload = &answer;
        fake.payload_bytes = sizeof answer;
        fake.result = 16;
        fake.cap_count = (uint16_t)rows[i].count;
        TAP_EQ(directory_open(demo.ring, thing, WIRE_TEXT("x"), &file), rows[i].expected);
        TAP_CHECK((file.cap != 7) == (rows[i].expected == CAP_OK));
        TAP_EQ(held(), rows[i].expected == CAP_OK ? 2 : 1);
    }
}

TAP_TEST(more_records_than_the_buffer_has_are_not_read)
{
    struct directory thing = {0};
    struct file file = {7};
    demo_start(4);
    thing.cap = fake_endpoint_thing(DIRECTORY_INTERFACE_ID);
    fake.cap_count = 60000;
    fake.result = 0;
    TAP_EQ(directory_open(demo.ring, thing, WIRE_TEXT("x"), &file), CAP_ERR_NOT_FOUND);
    TAP_EQ(file.cap, 7);
}

/* Without room in the table of handles the capability stays with its call, and can be adopted later. */
TAP_TEST(adoption_without_memory_can_be_tried_again)
{
    struct directory_open_call call;
    struct directory_open_results_reader results;
    struct file file = {7};
    void *blocks[256];
    uint32_t count = 0;
    demo_start(4);
    demo_turns();
    for (int i = 0; i < 64; i++)
        fake_endpoint_thing(1);
    directory_open_send(demo.ring, demo.directory, WIRE_TEXT("3"), &call);
    TAP_EQ(directory_open_wait(demo.ring, &call, &results), CAP_OK);
    while ((blocks[count] = capos_alloc(1024)) != NULL)
        count++;
    TAP_EQ(directory_open_results_adopt_file(results, &file), CAP_ERR_NO_MEMORY);
    TAP_EQ(file.cap, 7);
    while (count > 0)
        capos_free(blocks[--count]);
    TAP_EQ(directory_open_results_adopt_file(results, &file), CAP_OK);
    directory_open_finish(demo.ring, &call);
    TAP_EQ(held(), 65);
}

TAP_TEST(large_params_keep_room_for_their_capabilities)
{
    static char name[2001];
    struct file mine = {0};
    struct directory_link_call call;
    demo_start(4);
    memset(name, 'n', 1500);
    capos_handle_adopt(runtime, fake_endpoint_thing(FILE_INTERFACE_ID), &mine.cap);
    directory_link_send(demo.ring, demo.directory, wire_text_make(name, 1500), file_moved(mine), &call);
    TAP_EQ(call.call.owns_words, 1);
    demo_serve();
    TAP_EQ(directory_link_wait(demo.ring, &call), CAP_OK);
    directory_link_finish(demo.ring, &call);
    TAP_EQ(held(), 1);
}

/* A plain message has no list: passing into one is an error of the message. */
TAP_TEST(a_message_without_a_list_takes_no_capabilities)
{
    uint64_t words[16];
    struct wire_build build;
    struct file file = {7};
    fake_start();
    wire_build_init(&build, words, 16);
    struct entry_builder entry = entry_build_root(&build);
    entry_pass_file(entry, file_copied(file));
    TAP_EQ(wire_build_error(&build), WIRE_ERR_INDEX);
    TAP_EQ(entry_borrow_file(entry_as_reader(entry), &file), CAP_ERR_NOT_FOUND);
}
