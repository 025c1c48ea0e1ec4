/*
 * Badges: how their end is told, and how their owner takes them back: docs/security.md, clause 16.
 */
#include "kernel/core/endpoint.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fake_ipc.h"
#include "tests/tap.h"

TAP_TEST(the_last_reference_to_a_badge_is_told_once_calls_are_done)
{
    ipc_begin();
    uint64_t copy = ipc_facet(server, owner, 1, other);
    ipc_do(client, ipc_call(client, client_cap, 1));
    uint64_t id = ipc_take_call(server, owner);
    ipc_release(client, client_cap);
    ipc_release(other, copy);
    ipc_do(server, ipc_receive(owner, 5));
    ipc_expect_nothing(server); /* the call refers to it */
    ipc_do(server, ipc_return(server, id, 6));
    ipc_expect(server, 6, CAP_OK);
    ipc_expect(server, 5, 64);
    TAP_EQ(ipc_message(server, 5)->kind, CAP_MESSAGE_RELEASED);
    TAP_EQ(ipc_message(server, 5)->badge, 1);
    TAP_EQ(ipc_message(server, 5)->call_id, 0);
    ipc_do(server, ipc_receive(owner, 5));
    ipc_expect_nothing(server);
    TAP_EQ(machine->kernel.facet_pool.taken, 1);
    ipc_end();
}

TAP_TEST(minting_a_badge_again_withdraws_the_notice_of_its_end)
{
    ipc_begin();
    ipc_release(client, client_cap);
    client_cap = ipc_facet(server, owner, 1, client);
    ipc_do(server, ipc_receive(owner, 5));
    ipc_expect_nothing(server);
    ipc_release(client, client_cap);
    ipc_expect(server, 5, 64);
    TAP_EQ(ipc_message(server, 5)->kind, CAP_MESSAGE_RELEASED);
    ipc_end();
}

static void revoke(uint64_t badge)
{
    struct wire_build build;
    wire_build_init(&build, fake_memory(server, ipc_params(0)), 8);
    wire_set_u64(wire_slot_init_struct(wire_build_root(&build), 1, 0), 0, badge);
    ipc_do(server, (struct cap_sqe){.op = CAP_OP_CALL,
                                    .method_id = ENDPOINT_METHOD_REVOKE,
                                    .params_addr = ipc_params(0),
                                    .params_len = 16,
                                    .interface_id = ENDPOINT_INTERFACE_ID,
                                    .cap_id = owner});
    ipc_expect(server, 0, CAP_OK);
}

/* traps: revocation that does not reach calls in flight. */
TAP_TEST(revoke_reaches_calls_that_wait_and_calls_that_were_delivered)
{
    ipc_begin();
    ipc_do(client, ipc_call(client, client_cap, 1));
    ipc_do(client, ipc_call(client, client_cap, 2));
    ipc_do(other, ipc_call(other, other_cap, 3));
    uint64_t id = ipc_take_call(server, owner);
    revoke(77); /* nobody holds it */
    revoke(1);
    ipc_expect_exception(client, 1, EXCEPTION_TYPE_DISCONNECTED);
    ipc_expect_exception(client, 2, EXCEPTION_TYPE_DISCONNECTED);
    ipc_do(server, ipc_return(server, id, 6));
    ipc_expect(server, 6, CAP_ERR_UNKNOWN_CALL);
    ipc_take_call(server, owner);
    TAP_EQ(ipc_message(server, IPC_NUMBERS - 1)->badge, 2);
    ipc_do(client, ipc_call(client, client_cap, 1));
    ipc_expect_exception(client, 1, EXCEPTION_TYPE_DISCONNECTED);
    ipc_do(server, ipc_receive(owner, 5));
    ipc_release(client, client_cap);
    ipc_expect_nothing(server); /* the owner took it back: it knows */
    uint64_t again = ipc_facet(server, owner, 1, client);
    ipc_do(client, ipc_call(client, again, 1));
    ipc_expect(server, 5, 64 + 16);
    ipc_end();
}

TAP_TEST(revoke_takes_back_notices_too)
{
    ipc_begin();
    ipc_do(client, ipc_call(client, client_cap, 1));
    ipc_take_call(server, owner);
    ipc_cancel(client, 1);
    ipc_release(other, other_cap);
    revoke(1);
    revoke(2);
    ipc_do(server, ipc_receive(owner, 5));
    ipc_expect_nothing(server);
    TAP_EQ(machine->kernel.facet_pool.taken, 1); /* the client's dead one */
    TAP_EQ(machine->kernel.calls, 0);
    ipc_end();
}

TAP_TEST(an_owner_facet_tells_the_limits_and_knows_no_other_interface)
{
    ipc_begin();
    struct cap_sqe sqe = ipc_call(server, owner, 1);
    sqe.interface_id = ENDPOINT_INTERFACE_ID;
    sqe.method_id = ENDPOINT_METHOD_LIMITS;
    sqe.params_len = 0;
    ipc_do(server, sqe);
    ipc_expect(server, 1, 16);
    const uint32_t *words = fake_memory(server, ipc_results(1));
    TAP_EQ(words[2], IPC_MESSAGE_MAX);
    TAP_EQ(words[3], IPC_CAPS_MAX);
    ipc_do(server, ipc_call(server, owner, 1));
    ipc_expect_exception(server, 1, EXCEPTION_TYPE_UNIMPLEMENTED);
    ipc_end();
}
