/*
 * capnpc-capos: reads a CodeGeneratorRequest from standard input, writes C to
 * the working directory. `capnp compile -o` runs it.
 */
#include "gen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] = "Usage: capnp compile -o/path/to/capnpc-capos[:FOLDER] SCHEMA.capnp...\n"
                           "\n"
                           "Generates C for Cap'n Proto schemas: for each dir/x.capnp the files\n"
                           "dir/x.capos.h, dir/x.capos.c and dir/x.client.capos.h. capnp sends the\n"
                           "schemas to standard input, as a CodeGeneratorRequest.\n"
                           "\n"
                           "  --help     this text\n"
                           "  --version  the version\n"
                           "\n"
                           "docs/codegen.md describes what is generated.\n";

static int fail(const char *what)
{
    fprintf(stderr, "capnpc-capos: %s\n", what);
    return 1;
}

/* All of standard input; null with a reason in errno. */
static uint8_t *read_all(size_t *ret_size)
{
    uint8_t *bytes = NULL;
    size_t size = 0, room = 0;
    for (;;) {
        if (size == room) {
            room = room > 0 ? 2 * room : 1 << 20;
            uint8_t *more = room <= GEN_REQUEST_MAX ? realloc(bytes, room) : NULL;
            if (!more) {
                free(bytes);
                errno = ENOMEM;
                return NULL;
            }
            bytes = more;
        }
        ssize_t got = read(0, bytes + size, room - size);
        if (got < 0 && errno != EINTR) {
            free(bytes);
            return NULL;
        }
        if (got == 0)
            break;
        size += got > 0 ? (size_t)got : 0;
    }
    *ret_size = size;
    return bytes;
}

static int generate(const uint8_t *bytes, size_t size)
{
    struct gen gen;
    bool ok = gen_run(&gen, bytes, size) && gen_write_outputs(&gen);
    if (!ok) {
        fputs(gen.diagnostics.bytes, stderr);
        if (gen.diagnostic_count > GEN_DIAGNOSTICS_MAX)
            fprintf(stderr, "capnpc-capos: and %u more\n", gen.diagnostic_count - GEN_DIAGNOSTICS_MAX);
    }
    gen_fini(&gen);
    return ok ? 0 : 1;
}

static int run(void)
{
    size_t size;
    if (isatty(0))
        return fail("standard input is a terminal; this is run by `capnp compile -o`, see --help");
    uint8_t *bytes = read_all(&size);
    if (!bytes)
        return fail(strerror(errno));
    int status = size > 0 ? generate(bytes, size) : fail("standard input is empty; see --help");
    free(bytes);
    return status;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return fputs(help, stdout) < 0;
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return puts("capnpc-capos " GEN_VERSION) < 0;
    if (argc > 1)
        return fail("takes no arguments but --help and --version");
    return run();
}
