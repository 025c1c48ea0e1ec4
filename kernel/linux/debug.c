/*
 * `capos run --debug SERVICE`: a process of that name stops before its first
 * instruction, and a line says how a debugger gets at it. A boot package has
 * programs without the paths that they had, so the program is written to a
 * file for the debugger; it holds all symbols that the package has.
 */
#include "kernel/linux/linux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/core/kernel.h"

static bool is_debugged(const struct linux_port *port, const struct linux_process *process)
{
    return port->options.debug && strcmp(process->process->name, port->options.debug) == 0;
}

/* Once each, as many as there is room for. */
static void remember(struct linux_debug *debug, const char *name)
{
    char word[sizeof debug->others];
    snprintf(word, sizeof word, "\"%s\"", name);
    size_t size = strlen(debug->others);
    if (strstr(debug->others, word) || size + strlen(word) + 3 > sizeof debug->others)
        return;
    snprintf(debug->others + size, sizeof debug->others - size, "%s%s", size > 0 ? ", " : "", word);
}

void linux_debug_prepare(struct linux_port *port, struct linux_process *process)
{
    if (!port->options.debug)
        return;
    process->spawn.stop = is_debugged(port, process);
    if (!process->spawn.stop)
        remember(&port->debug, process->process->name);
}

static bool make_folder(struct linux_debug *debug)
{
    const char *parent = getenv("TMPDIR");
    if (debug->folder[0])
        return true;
    if (!parent || parent[0] != '/' || strlen(parent) > sizeof debug->folder - sizeof "/capos-debug.XXXXXX")
        parent = "/tmp";
    snprintf(debug->folder, sizeof debug->folder, "%s/capos-debug.XXXXXX", parent);
    if (mkdtemp(debug->folder))
        return true;
    debug->folder[0] = 0;
    return false;
}

static void path_of(const struct linux_debug *debug, unsigned number, char *ret_path, size_t room)
{
    snprintf(ret_path, room, "%s/%u.elf", debug->folder, number);
}

static bool write_all(int fd, const uint8_t *bytes, size_t count)
{
    while (count > 0) {
        ssize_t wrote = write(fd, bytes, count);
        if (wrote < 0 && errno != EINTR)
            return false;
        bytes += wrote > 0 ? wrote : 0;
        count -= wrote > 0 ? (size_t)wrote : 0;
    }
    return true;
}

/* The program's file. False: errno says why there is none. */
static bool write_program(struct linux_debug *debug, const struct elf_image *image, char *ret_path,
                          size_t room)
{
    if (!make_folder(debug))
        return false;
    path_of(debug, debug->files, ret_path, room);
    int fd = open(ret_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
    if (fd < 0)
        return false;
    debug->files++;
    bool good = write_all(fd, image->file, image->file_bytes);
    return close(fd) == 0 && good;
}

void linux_debug_announce(struct linux_port *port, const struct linux_process *process)
{
    char path[100], line[400];
    if (!process->spawn.stop)
        return;
    snprintf(line, sizeof line,
             "service \"%s\" waits for a debugger, or for `kill -CONT %d`:", process->process->name,
             process->pid);
    port_log(port->kernel, line);
    if (write_program(&port->debug, process->image, path, sizeof path))
        snprintf(line, sizeof line, "  gdb -q -iex 'set exec-file-mismatch off' -p %d %s", process->pid,
                 path);
    else
        snprintf(line, sizeof line, "  gdb -q -p %d  (and its program's file: %s)", process->pid,
                 strerror(errno));
    port_log(port->kernel, line);
}

void linux_debug_close(struct linux_port *port)
{
    struct linux_debug *debug = &port->debug;
    char path[100], line[400];
    if (port->options.debug && debug->files == 0 && debug->others[0]) {
        snprintf(line, sizeof line, "--debug: no service \"%.60s\" was started; there were: %s",
                 port->options.debug, debug->others);
        port_log(port->kernel, line);
    }
    for (unsigned i = 0; i < debug->files; i++) {
        path_of(debug, i, path, sizeof path);
        unlink(path);
    }
    if (debug->folder[0])
        rmdir(debug->folder);
    debug->folder[0] = 0;
}
