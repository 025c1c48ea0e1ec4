/*
 * The schema compiler's plugin on any request: it answers with files in
 * memory or with a diagnostic, and what it generates has no byte that ends a
 * line, a comment or a literal early. Held by it: docs/security.md, 12.
 */
#include "capnpc-capos/gen.h"

#include <stdlib.h>

/* Generated text is printable: what a request says gets into it only as names, escapes and cleaned comments.
 */
static void check_text(const struct gen_text *text)
{
    for (size_t i = 0; i < text->size; i++) {
        uint8_t byte = (uint8_t)text->bytes[i];
        if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gen gen;
    uint64_t *request = malloc(size + 8);
    if (!request)
        return 0;
    memcpy(request, data, size);
    bool ok = gen_run(&gen, request, size);
    if (ok != (gen.diagnostic_count == 0) || ok != (gen.diagnostics.size == 0))
        abort();
    for (struct gen_output *output = gen.outputs; ok && output; output = output->next)
        check_text(&output->text);
    gen_fini(&gen);
    free(request);
    return 0;
}
