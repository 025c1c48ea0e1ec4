/*
 * The first program: reads the manifest, starts its services, and lives as
 * long as they have work.
 */
#include <capos/heap.h>
#include <capos/text.h>

#include "init/kernel.h"
#include "init/run.h"

CAPOS_HEAP_BYTES(256 * 1024)

enum { EXIT_FAILURE = 1 };

static struct init_graph graph;
static struct init_system system;
static struct init_run run;

static int64_t fail(const char *what, struct wire_text why)
{
    struct capos_line line;
    char chars[INIT_ERROR_BYTES + 64];
    capos_line_begin(&line, chars, sizeof chars);
    capos_line_string(&line, "init: ");
    capos_line_string(&line, what);
    capos_line_bytes(&line, why.chars, why.size);
    init_system_say(&system, capos_line_text(&line));
    return EXIT_FAILURE;
}

/* The manifest's names are views of the call's results, so it is finished last. */
static int64_t read_and_run(void)
{
    struct boot_package_read_manifest_call call;
    struct boot_package_read_manifest_params_builder params;
    struct boot_package_read_manifest_results_reader results;
    struct init_error error;
    uint64_t bytes = 0;
    int64_t code;
    boot_package_manifest_size(system.ring, system.boot, &bytes);
    boot_package_read_manifest_begin(system.ring, system.boot, (uint32_t)(bytes / 8), &call, &params);
    boot_package_read_manifest_submit(system.ring, &call);
    capos_status status = boot_package_read_manifest_wait(system.ring, &call, &results);
    if (status != CAP_OK)
        code = fail("the manifest cannot be read: ", capos_text_of(capos_status_text(status)));
    else if (!init_graph_read(&call.call.wire.results,
                              boot_package_read_manifest_results_get_manifest(results), &graph, &error))
        code = fail("", capos_text_of(error.text));
    else
        code = init_run(&run, &graph, &system);
    boot_package_read_manifest_finish(system.ring, &call);
    return code;
}

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    struct capos_ring *ring;
    const char *missing;
    if (capos_runtime_lend_ring(runtime, &ring) != CAP_OK)
        return EXIT_FAILURE;
    system.graph = &graph;
    int64_t code = init_system_open(&system, runtime, ring, &missing)
                       ? read_and_run()
                       : fail("init.grants: not among them: kernel = ", capos_text_of(missing));
    capos_runtime_return_ring(runtime, ring);
    return code;
}
