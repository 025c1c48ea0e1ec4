/*
 * Memory that the kernel shares with services: memfds. An arena holds all the
 * writable memory of one service's own; a text is the read-only part of a program, made once
 * and used by every service that runs it. All are sealed, so that nothing a
 * service does can make them shrink under the kernel's own mappings.
 */
#include "kernel/linux/linux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#    define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef MFD_EXEC
#    define MFD_EXEC 0x0010U
#endif

/* Texts kept for a next start although nothing runs them. */
enum { IDLE_TEXTS_MAX = 16 };

int linux_memfd(const char *name, bool executable)
{
    unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    int memfd = memfd_create(name, flags | (executable ? MFD_EXEC : MFD_NOEXEC_SEAL));
    if (memfd < 0 && errno == EINVAL)
        memfd = memfd_create(name, flags);
    return memfd;
}

static bool write_all(int fd, const void *bytes, size_t count, off_t at)
{
    while (count > 0) {
        ssize_t written = pwrite(fd, bytes, count, at);
        if (written <= 0)
            return false;
        bytes = (const uint8_t *)bytes + written;
        count -= (size_t)written;
        at += written;
    }
    return true;
}

static bool seal(int memfd)
{
    return fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0;
}

int linux_memfd_sealed(const char *name, const void *bytes, size_t count)
{
    int memfd = linux_memfd(name, true);
    if (memfd < 0)
        return -1;
    if (write_all(memfd, bytes, count, 0) && seal(memfd))
        return memfd;
    close(memfd);
    return -1;
}

/* --- Writable memory ------------------------------------------------------------- */

uint8_t *linux_memory_make(const char *name, size_t bytes, int *ret_memfd)
{
    int memfd = linux_memfd(name, false);
    if (memfd < 0)
        return NULL;
    void *memory = MAP_FAILED;
    if (fallocate(memfd, 0, 0, (off_t)bytes) == 0 &&
        fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
    if (memory == MAP_FAILED) {
        int error = errno;
        close(memfd);
        errno = error;
        return NULL;
    }
    *ret_memfd = memfd;
    return memory;
}

bool linux_arena_make(struct linux_process *process)
{
    process->arena = linux_memory_make("capos-arena", process->arena_bytes, &process->arena_memfd);
    if (!process->arena)
        return false;
    process->port->pages += process->arena_bytes / CAPOS_PAGE_BYTES;
    return true;
}

void linux_arena_free(struct linux_process *process)
{
    munmap(process->arena, process->arena_bytes);
    if (process->arena_memfd >= 0)
        close(process->arena_memfd);
    process->port->pages -= process->arena_bytes / CAPOS_PAGE_BYTES;
}

uint64_t port_pages(struct kernel *kernel)
{
    return linux_port_of(kernel)->pages;
}

/* --- Texts ---------------------------------------------------------------------- */

static size_t text_bytes(const struct elf_image *image)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < image->segment_count; i++)
        if (!(image->segments[i].access & ELF_WRITE))
            bytes += image->segments[i].mapped_bytes;
    return bytes;
}

static bool write_segments(int memfd, const struct elf_image *image)
{
    off_t at = 0;
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        if (segment->access & ELF_WRITE)
            continue;
        if (!write_all(memfd, image->file + segment->file_offset, segment->file_bytes,
                       at + (off_t)segment->lead))
            return false;
        at += (off_t)segment->mapped_bytes;
    }
    return true;
}

/* Whether it holds what the image says: the file's memory may have been used again since. */
static bool text_fits(const struct linux_text *text, const struct elf_image *image)
{
    if (text->file != image->file || text->file_bytes != image->file_bytes ||
        text->bytes != text_bytes(image))
        return false;
    size_t at = 0;
    for (uint32_t i = 0; text->users == 0 && i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        if (segment->access & ELF_WRITE)
            continue;
        if (memcmp(text->memory + at + segment->lead, image->file + segment->file_offset,
                   segment->file_bytes) != 0)
            return false;
        at += segment->mapped_bytes;
    }
    return true;
}

static bool fill_text(struct linux_text *text, const struct elf_image *image)
{
    text->memfd = linux_memfd("capos-text", true);
    if (text->memfd < 0)
        return false;
    if (ftruncate(text->memfd, (off_t)text->bytes) == 0 && write_segments(text->memfd, image) &&
        seal(text->memfd)) {
        void *memory = mmap(NULL, text->bytes, PROT_READ, MAP_SHARED, text->memfd, 0);
        text->memory = memory;
        if (memory != MAP_FAILED)
            return true;
    }
    close(text->memfd);
    return false;
}

static void free_text(struct linux_text *text)
{
    munmap(text->memory, text->bytes);
    close(text->memfd);
    free(text);
}

static void drop_oldest_idle(struct linux_port *port)
{
    struct linux_text **oldest = NULL;
    unsigned idle = 0;
    for (struct linux_text **at = &port->texts; *at; at = &(*at)->next) {
        if ((*at)->users > 0)
            continue;
        idle++;
        if (!oldest || (*at)->last_use < (*oldest)->last_use)
            oldest = at;
    }
    if (idle <= IDLE_TEXTS_MAX)
        return;
    struct linux_text *text = *oldest;
    *oldest = text->next;
    free_text(text);
}

struct linux_text *linux_text_acquire(struct linux_port *port, const struct elf_image *image)
{
    struct linux_text *text = port->texts;
    while (text && !text_fits(text, image))
        text = text->next;
    if (!text) {
        text = calloc(1, sizeof *text);
        if (!text)
            return NULL;
        text->file = image->file;
        text->file_bytes = image->file_bytes;
        text->bytes = text_bytes(image);
        if (!fill_text(text, image)) {
            free(text);
            return NULL;
        }
        text->next = port->texts;
        port->texts = text;
    }
    if (text->users++ == 0)
        port->pages += text->bytes / CAPOS_PAGE_BYTES;
    text->last_use = ++port->uses;
    return text;
}

void linux_text_release(struct linux_port *port, struct linux_text *text)
{
    if (--text->users == 0)
        port->pages -= text->bytes / CAPOS_PAGE_BYTES;
    drop_oldest_idle(port);
}

void linux_texts_close(struct linux_port *port)
{
    while (port->texts) {
        struct linux_text *text = port->texts;
        port->texts = text->next;
        free_text(text);
    }
}
