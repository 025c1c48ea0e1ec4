/*
 * Objects of a server: badges, and when they are released. Held by it:
 * docs/security.md, 14.
 */
#include <string.h>

#include "schema/capos.capos.h"
#include "tests/rt/demo_server.h"
#include "tests/tap.h"

static struct capos_runtime *const runtime = &fake.runtime;

TAP_TEST(an_object_is_released_with_its_last_capability)
{
    struct file files[3] = {0};
    demo_start(4);
    demo_turns();
    for (int i = 0; i < 3; i++)
        TAP_EQ(directory_open(demo.ring, demo.directory, WIRE_TEXT("6"), &files[i]), CAP_OK);
    TAP_EQ(demo.files[6].object.facets, 3);
    for (int i = 0; i < 3; i++) {
        TAP_EQ(demo.files[6].released, 0);
        capos_handle_release(runtime, files[i].cap);
        demo_settle();
    }
    TAP_EQ(demo.files[6].released, 1);
    TAP_EQ(demo.files[6].object.number, 0);
    /* Its memory can serve again. */
    TAP_EQ(directory_open(demo.ring, demo.directory, WIRE_TEXT("6"), &files[0]), CAP_OK);
    TAP_EQ(demo.files[6].object.facets, 1);
    capos_handle_release(runtime, demo.directory.cap); /* borrowed: not this way */
    TAP_EQ(demo.root_released, 0);
    capos_handle_adopt(runtime, demo.directory.cap, &demo.directory.cap);
    capos_handle_release(runtime, demo.directory.cap);
    demo_settle();
    TAP_EQ(demo.root_released, 0); /* it was added by number: others may hold it */
    capos_server_fini(&demo.server);
    TAP_EQ(demo.root_released, 1);
}

/* A notice about one badge is under way while the object is minted again. */
TAP_TEST(a_notice_about_an_old_badge_does_not_release_a_new_one)
{
    struct file first = {0}, second = {0};
    uint64_t bytes = 0;
    demo_start(4);
    demo_turns();
    directory_open(demo.ring, demo.directory, WIRE_TEXT("6"), &first);
    capos_handle_release(runtime, first.cap);
    capos_runtime_flush_releases(runtime); /* the notice is delivered, and not looked at */
    TAP_EQ(demo.files[6].released, 0);
    TAP_EQ(directory_open(demo.ring, demo.directory, WIRE_TEXT("6"), &second), CAP_OK);
    demo_settle();
    TAP_EQ(file_size(demo.ring, second, &bytes), CAP_OK);
    TAP_EQ(bytes, 1006);
}

/* The caller keeps too little room: nobody gets the object, and the server is told. */
TAP_TEST(what_was_minted_for_an_answer_that_failed_is_released)
{
    static const uint64_t params_words[] = {UINT64_C(0x0001000000000000), UINT64_C(0x0000001200000001), '7'};
    struct cap_message_header header = {
        .badge = DEMO_ROOT,
        .interface_id = DIRECTORY_INTERFACE_ID,
        .call_id = 4000, /* of nobody */
        .params_len = sizeof params_words,
        .method_id = DIRECTORY_METHOD_OPEN,
    };
    demo_start(4);
    demo_serve_all();
    fake_endpoint_forge(&header, params_words, sizeof params_words, 64 + sizeof params_words);
    demo_serve();
    TAP_EQ(demo.files[7].object.facets, 1);
    demo_settle();
    TAP_EQ(demo.files[7].released, 1);
    TAP_EQ(demo.files[7].object.facets, 0);
}

static capos_status take_and_refuse(struct capos_request *request, struct directory_link_params_reader params)
{
    directory_link_params_adopt_file(params, &demo.linked);
    return capos_request_refuse(request, EXCEPTION_TYPE_FAILED, WIRE_TEXT("as told"));
}

/* The receiver has it, whatever it answers: there will be a notice, and it is not to be one too many. */
TAP_TEST(what_was_minted_for_a_call_that_failed_is_released_by_its_notice_alone)
{
    struct file first = {0};
    uint64_t bytes = 0;
    demo_start(4);
    demo_turns();
    demo.on_link = take_and_refuse;
    TAP_EQ(directory_open(demo.ring, demo.directory, WIRE_TEXT("6"), &first), CAP_OK);
    TAP_EQ(directory_link(demo.ring, demo.directory, WIRE_TEXT("a"), file_minted(&demo.files[6].object)),
           CAP_ERR_APPLICATION_EXCEPTION);
    demo_settle();
    TAP_EQ(demo.files[6].object.facets, 2);
    TAP_EQ(file_size(demo.ring, demo.linked, &bytes), CAP_OK);
    capos_handle_release(runtime, demo.linked.cap);
    demo_settle();
    TAP_EQ(demo.files[6].object.facets, 1);
    TAP_EQ(demo.files[6].released, 0);
    TAP_EQ(file_size(demo.ring, first, &bytes), CAP_OK);
    capos_handle_release(runtime, first.cap);
    demo_settle();
    TAP_EQ(demo.files[6].released, 1);
}

/* The same for a call that was taken and reached nobody; one that was refused has minted nothing. */
TAP_TEST(what_was_minted_for_a_call_that_reached_nobody_is_released_once)
{
    struct directory_link_call call;
    const struct directory gone = {UINT64_C(4321) << 16};
    demo_start(4);
    directory_link_send(demo.ring, demo.directory, WIRE_TEXT("a"), file_minted(&demo.files[6].object), &call);
    TAP_EQ(demo.files[6].object.facets, 1);
    capos_call_cancel(demo.ring, &call.call);
    TAP_EQ(directory_link_wait(demo.ring, &call), CAP_ERR_CANCELLED);
    directory_link_finish(demo.ring, &call);
    TAP_EQ(demo.files[6].released, 0);
    demo_settle();
    TAP_EQ(demo.files[6].released, 1);
    TAP_EQ(directory_link(demo.ring, gone, WIRE_TEXT("a"), file_minted(&demo.files[7].object)),
           CAP_ERR_STALE_CAP);
    TAP_EQ(demo.files[7].released, 1);
}

TAP_TEST(what_was_moved_with_an_answer_that_failed_is_still_owned)
{
    struct file got = {0};
    demo_start(4);
    demo_turns();
    capos_handle_adopt(runtime, fake_endpoint_thing(FILE_INTERFACE_ID), &demo.answer.cap);
    demo.give_answer = true;
    fake.page.header.message_max = 32; /* the caller's room: a payload, and no record */
    TAP_EQ(directory_open(demo.ring, demo.directory, WIRE_TEXT("1"), &got), CAP_ERR_BUFFER_TOO_SMALL);
    demo_settle();
    TAP_EQ(capos_handle_owners(runtime, demo.answer.cap), 1);
    fake.page.header.message_max = 65536;
    TAP_EQ(directory_open(demo.ring, demo.directory, WIRE_TEXT("1"), &got), CAP_OK);
    demo_settle();
    TAP_EQ(capos_handle_owners(runtime, demo.answer.cap), 0);
    TAP_EQ(capos_handle_owners(runtime, got.cap), 1);
}

/* What the kernel refuses to carry: the caller is told, and does not wait for ever. */
TAP_TEST(an_answer_that_the_kernel_refuses_is_an_exception)
{
    static struct directory_open_reply later;
    struct directory_open_call call;
    struct directory_open_results_reader results;
    demo_start(4);
    demo_turns();
    demo.answer.cap = 4321 << 16; /* stale */
    TAP_EQ(directory_open(demo.ring, demo.directory, WIRE_TEXT("1"), &demo.linked),
           CAP_ERR_APPLICATION_EXCEPTION);
    demo.later = &later;
    directory_open_send(demo.ring, demo.directory, WIRE_TEXT("1"), &call);
    demo_serve();
    directory_open_results_pass_file(directory_open_reply_results(&later), file_copied(demo.answer));
    TAP_EQ(directory_open_reply_send(&later), CAP_ERR_STALE_CAP);
    TAP_EQ(directory_open_wait(demo.ring, &call, &results), CAP_ERR_APPLICATION_EXCEPTION);
    TAP_STR_EQ(capos_call_exception(&call.call).message.chars, capos_status_text(CAP_ERR_STALE_CAP));
    directory_open_finish(demo.ring, &call);
    TAP_EQ(fake_endpoint_owed(), 0);
}

static struct capos_object *own;

static capos_status look_whose(struct capos_request *request, struct directory_link_params_reader params)
{
    own = capos_request_own(request, wire_get_any(params.s, 1));
    return capos_request_object(request) == &demo.root && capos_request_ring(request) == demo.ring ? CAP_OK
                                                                                                   : -1;
}

TAP_TEST(a_server_knows_its_own_objects)
{
    struct file mine = {0}, other = {0};
    demo_start(4);
    demo_turns();
    demo.on_link = look_whose;
    directory_open(demo.ring, demo.directory, WIRE_TEXT("8"), &mine);
    other.cap = fake_endpoint_thing(FILE_INTERFACE_ID);
    TAP_EQ(directory_link(demo.ring, demo.directory, WIRE_TEXT("a"), file_copied(mine)), CAP_OK);
    TAP_CHECK(own == &demo.files[8].object);
    TAP_EQ(directory_link(demo.ring, demo.directory, WIRE_TEXT("a"), file_copied(other)), CAP_OK);
    TAP_CHECK(own == NULL);
}

TAP_TEST(badges_that_are_added_are_checked)
{
    struct capos_object object;
    demo_start(1);
    store_object_init(&object, &demo.server, NULL, NULL, NULL);
    TAP_EQ(capos_server_add(&demo.server, &object, 0), CAP_ERR_BAD_PARAMS);
    TAP_EQ(capos_server_add(&demo.server, &object, 0x80000000), CAP_ERR_BAD_PARAMS);
    TAP_EQ(capos_server_add(&demo.server, &object, DEMO_ROOT), CAP_ERR_BAD_PARAMS);
    TAP_EQ(capos_server_add(&demo.server, &object, 0x7fffffff), CAP_OK);
    TAP_EQ(capos_server_add(&demo.server, &object, 3), CAP_ERR_BAD_PARAMS);
}

/* traps: a serial number that runs out. Numbers go round, and those in use are left out. */
TAP_TEST(object_numbers_go_round)
{
    struct file file = {0};
    demo_start(4);
    demo_turns();
    demo.server.next_number = UINT32_MAX - 1;
    for (char name[] = "0"; name[0] < '6'; name[0]++)
        TAP_EQ(directory_open(demo.ring, demo.directory, wire_text_make(name, 1), &file), CAP_OK);
    TAP_EQ(demo.files[0].object.number, UINT32_MAX);
    TAP_EQ(demo.files[1].object.number, 0x80000000);
    demo.server.next_number = UINT32_MAX - 1;
    TAP_EQ(directory_open(demo.ring, demo.directory, WIRE_TEXT("7"), &file), CAP_OK);
    TAP_EQ(demo.files[7].object.number, 0x80000005);
}
