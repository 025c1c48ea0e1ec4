/*
 * Manifests as init reads them, on arbitrary bytes: what is accepted has an
 * order, and what is refused a reason in one line. Held by it:
 * docs/security.md, 20.
 */
#include <stdlib.h>
#include <string.h>

#include <capos/wire.h>

#include "init/graph.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct init_graph graph;

static void check_order(void)
{
    uint64_t started = 0;
    for (uint32_t i = 0; i < graph.service_count; i++) {
        const struct init_service *service = &graph.services[graph.order[i]];
        if ((service->needs & ~started) != 0 || (started >> graph.order[i] & 1))
            abort();
        started |= UINT64_C(1) << graph.order[i];
        for (uint32_t j = 0; j < service->program.grant_count; j++) {
            const struct init_grant *grant = &graph.grants[service->program.first_grant + j];
            if (grant->kernel == 0 && !(service->needs >> graph.exports[grant->export_index].service & 1))
                abort();
        }
    }
}

static void check_reason(const char *text)
{
    if (!text[0])
        abort();
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire_message message;
    struct init_error error = {.text = ""};
    uint64_t *copy = malloc(size + 8);
    memcpy(copy, data, size);
    wire_open_flat(&message, WIRE_PRIVATE, copy, size);
    if (init_graph_read(&message, manifest_read_root(&message), &graph, &error))
        check_order();
    else
        check_reason(error.text);
    free(copy);
    return 0;
}
