/*
 * What a program starts with: ring, CapSet, the one lent client.
 */
#include <capos/capset.h>
#include <capos/text.h>

#include "capos-rt/smoke/smoke.h"

static bool ring_is_where_the_contract_says(struct smoke *smoke)
{
    (void)smoke;
    const struct capos_ring_header *header = (const struct capos_ring_header *)CAPOS_RING_VADDR;
    return header->magic == CAPOS_RING_MAGIC && header->abi_version == CAPOS_ABI_VERSION &&
           header->ring_bytes == CAPOS_PAGE_BYTES && header->calls_max > 0 && header->message_max >= 4096;
}

static bool capset_names_what_was_granted(struct smoke *smoke)
{
    static const char *const names[] = {"console", "timer", "entropy", "boot", "peer"};
    struct capos_capset_item item;
    for (uint32_t i = 0; i < 5; i++) {
        struct wire_text name = capos_text_of(names[i]);
        if (capos_capset_get(smoke->runtime, i, &item) < 0 || !wire_text_equal(item.name, name))
            return false;
    }
    return capos_capset_get(smoke->runtime, 5, &item) == CAP_ERR_NOT_FOUND;
}

static bool capset_refuses_another_interface(struct smoke *smoke)
{
    struct timer timer = {99};
    return timer_from_capset(smoke->runtime, "console", &timer) == CAP_ERR_WRONG_INTERFACE && timer.cap == 99;
}

static bool capset_knows_no_other_name(struct smoke *smoke)
{
    struct console console;
    return console_from_capset(smoke->runtime, "consol", &console) == CAP_ERR_NOT_FOUND &&
           console_from_capset(smoke->runtime, "consoles", &console) == CAP_ERR_NOT_FOUND &&
           console_from_capset(smoke->runtime, "", &console) == CAP_ERR_NOT_FOUND;
}

static bool ring_is_lent_once(struct smoke *smoke)
{
    struct capos_ring *second;
    return capos_runtime_lend_ring(smoke->runtime, &second) == CAP_ERR_RING_LENT;
}

const struct smoke_test smoke_start_tests[] = {
    {"the ring is where the contract says", ring_is_where_the_contract_says},
    {"the CapSet names what was granted, and no more", capset_names_what_was_granted},
    {"a look-up with another interface is refused", capset_refuses_another_interface},
    {"a look-up of another name finds nothing", capset_knows_no_other_name},
    {"the ring client is lent once at a time", ring_is_lent_once},
    {0},
};
