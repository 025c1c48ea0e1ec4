/*
 * CapSet pages: a good one gives only names that lie in it, a bad one gives
 * nothing. Held by it: docs/security.md, 13.
 */
#include <stdlib.h>
#include <string.h>

#include <capos/capset.h>

#include "tests/rt/fake_kernel.h"

/* Reads every byte of every name, so that a sanitizer sees one that is outside. */
static void look_at_all(struct capos_runtime *runtime)
{
    struct capos_capset_item item;
    volatile uint8_t sum = 0;
    for (uint32_t i = 0; capos_capset_get(runtime, i, &item) == CAP_OK; i++) {
        if (item.name.size == 0 || item.name.size > CAPOS_CAPSET_NAME_MAX)
            abort();
        for (uint32_t at = 0; at < item.name.size; at++)
            sum = (uint8_t)(sum + item.name.chars[at]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct capos_runtime runtime = {0};
    capos_cap cap;
    char name[CAPOS_CAPSET_NAME_MAX + 2] = {0};
    /* A CapSet lies in whole pages. */
    uint8_t *capset = calloc(1, CAPOS_CAPSET_BYTES_MAX);
    memcpy(capset, data, size < CAPOS_CAPSET_BYTES_MAX ? size : CAPOS_CAPSET_BYTES_MAX);
    memcpy(name, data, size < sizeof name - 1 ? size : sizeof name - 1);
    fake_start();
    if (!rt_init_at(&runtime, &fake.page, 1, capset, &fake_entry))
        abort();
    look_at_all(&runtime);
    capos_capset_find(&runtime, name, 1, &cap);
    capos_capset_find(&runtime, "console", 1, &cap);
    free(capset);
    return 0;
}
