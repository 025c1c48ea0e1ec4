/*
 * Messages to a server: whatever a program sends is answered once, with
 * results or an exception, and leaves nothing behind. Held by it:
 * docs/security.md, 14.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/rt/demo_server.h"

enum { BYTES_MAX = 2048, CAPS_MAX = 4 };

static uint8_t at(const uint8_t *data, size_t size, size_t index)
{
    return index < size ? data[index] : 0;
}

static const uint64_t interfaces[] = {NODE_INTERFACE_ID, FILE_INTERFACE_ID, DIRECTORY_INTERFACE_ID,
                                      STORE_INTERFACE_ID};

/* Capabilities that come along, behind the params. */
static void add_records(uint8_t *where, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t interface_id = interfaces[i % 2 + 1];
        struct cap_transfer_result record = {.cap_id = fake_endpoint_thing(interface_id),
                                             .interface_id = interface_id};
        memcpy(where + i * sizeof record, &record, sizeof record);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint64_t words[BYTES_MAX / 8 + CAPS_MAX * CAPOS_RECORD_WORDS];
    demo_start(2);
    demo_serve_all();
    uint32_t held = fake_endpoint_held();
    struct cap_message_header header = {
        .badge = at(data, size, 0) % 4,
        .interface_id = interfaces[at(data, size, 1) % 4],
        .call_id = 4000,
        .method_id = at(data, size, 2) % 8,
        .cap_count = at(data, size, 3) % (CAPS_MAX + 1),
        .result_len = 4096,
        .result_cap_max = CAPOS_MESSAGE_CAPS_MAX,
    };
    size_t left = size > 8 ? size - 8 : 0;
    header.params_len = (uint32_t)(left < BYTES_MAX ? left : BYTES_MAX) / 8 * 8;
    if (header.params_len > 0)
        memcpy(words, data + 8, header.params_len);
    add_records((uint8_t *)words + header.params_len, header.cap_count);
    fake_endpoint_forge(&header, words,
                        header.params_len + header.cap_count * (uint32_t)sizeof(struct cap_transfer_result),
                        (int32_t)(sizeof header + header.params_len));
    demo_serve();
    capos_handle_release(&fake.runtime, demo.linked.cap);
    capos_server_fini(&demo.server);
    capos_runtime_flush_releases(&fake.runtime);
    if (fake_endpoint_last_return.interface_id != header.call_id || fake_endpoint_held() != held)
        abort();
    fake_endpoint_last_return = (struct cap_sqe){0};
    return 0;
}
