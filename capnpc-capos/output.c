/*
 * Files below the working directory, which `capnp compile` has set. A file is
 * written under another name first: a reader never sees half of it.
 */
#include "gen.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

bool gen_path_is_safe(const char *path)
{
    if (*path == 0 || *path == '/')
        return false;
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += *part == '/';
        size_t size = strcspn(part, "/");
        if (size == 0 || (size == 1 && part[0] == '.') || (size == 2 && part[0] == '.' && part[1] == '.'))
            return false;
    }
    return true;
}

bool gen_path_is_plain(const char *path)
{
    for (; *path; path++)
        if ((uint8_t)*path < 0x20 || *path == 0x7f || strchr("\"\\*?<>", *path))
            return false;
    return true;
}

static bool refuse(struct gen *gen, const char *path)
{
    gen_complain(gen, path, NULL, "%s", strerror(errno));
    return false;
}

static bool make_folders(struct gen *gen, const char *path)
{
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        const char *folder = gen_copy(gen, path, (size_t)(slash - path));
        if (mkdir(folder, 0777) != 0 && errno != EEXIST)
            return refuse(gen, folder);
    }
    return true;
}

static bool write_bytes(const char *path, const struct gen_text *text)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        return false;
    bool ok = fwrite(text->bytes, 1, text->size, file) == text->size;
    return fclose(file) == 0 && ok;
}

static bool write_output(struct gen *gen, const struct gen_output *output)
{
    const char *draft = gen_format(gen, "%s.%ld.tmp", output->path, (long)getpid());
    if (!make_folders(gen, output->path))
        return false;
    if (write_bytes(draft, &output->text) && rename(draft, output->path) == 0)
        return true;
    refuse(gen, output->path);
    unlink(draft);
    return false;
}

bool gen_write_outputs(struct gen *gen)
{
    for (const struct gen_output *output = gen->outputs; output; output = output->next)
        if (!write_output(gen, output))
            return false;
    return true;
}
