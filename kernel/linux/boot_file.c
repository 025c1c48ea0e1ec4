/*
 * Reads a boot package from a file. Whether its content makes sense is the
 * core's to say; here are the mistakes that a file can be: the wrong path, a
 * directory, empty, too large, in another form of Cap'n Proto.
 */
#include "kernel/linux/linux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BOOT_FILE_BYTES_MAX ((size_t)1 << 30)
#define WANTED              "a boot package is what `capnp eval -o flat FILE.capnp NAME` writes"

static bool refuse(struct kernel_error *error, const char *path, const char *what)
{
    snprintf(error->text, sizeof error->text, "%s: %s", path, what);
    return false;
}

/* Reads to the end; pipes work too. */
static bool read_all(int fd, struct linux_boot_file *file, struct kernel_error *error, const char *path)
{
    size_t room = 0;
    for (;;) {
        if (file->bytes == room) {
            room = room ? room * 2 : (size_t)1 << 20;
            void *larger = room <= 2 * BOOT_FILE_BYTES_MAX ? realloc(file->data, room) : NULL;
            if (!larger)
                return refuse(error, path, "out of memory while reading it");
            file->data = larger;
        }
        ssize_t got = read(fd, (char *)file->data + file->bytes, room - file->bytes);
        if (got == 0)
            return true;
        if (got < 0 && errno != EINTR)
            return refuse(error, path, strerror(errno));
        if (got > 0)
            file->bytes += (size_t)got;
        if (file->bytes > BOOT_FILE_BYTES_MAX)
            return refuse(error, path, "larger than 1 GiB, the most that a boot package may be");
    }
}

static uint64_t word_at(const struct linux_boot_file *file, size_t index)
{
    uint64_t word = 0;
    if (index < file->bytes / 8)
        memcpy(&word, (const char *)file->data + index * 8, 8);
    return word;
}

/* A stream header says how many words follow: exactly what the file holds. */
static bool looks_framed(const struct linux_boot_file *file)
{
    uint64_t header = word_at(file, 0);
    uint64_t segments = (header & 0xffffffff) + 1;
    uint64_t words = header >> 32;
    if (segments > 512 || file->bytes % 8 != 0)
        return false;
    uint64_t header_words = segments / 2 + 1;
    for (uint64_t i = 1; i < segments; i++)
        words += (word_at(file, (i + 1) / 2) >> ((i + 1) % 2 * 32)) & 0xffffffff;
    uint64_t root = word_at(file, header_words); /* of a flat message: the manifest's data, version 1 */
    return words + header_words == file->bytes / 8 && root != 0 && (root & 3) == 0;
}

/* Takes one word apart: a tag byte, a bit for each byte that follows; all others are zero. */
static bool unpack_word(const struct linux_boot_file *file, size_t *at, uint64_t *ret_word)
{
    const uint8_t *bytes = file->data;
    uint64_t word = 0;
    if (*at >= file->bytes)
        return false;
    uint8_t tag = bytes[(*at)++];
    for (int i = 0; i < 8; i++) {
        if (!(tag & 1 << i))
            continue;
        if (*at >= file->bytes || bytes[*at] == 0)
            return false;
        word |= (uint64_t)bytes[(*at)++] << (8 * i);
    }
    *ret_word = word;
    return true;
}

/* A packed stream: a header of a few segments, and the pointer to a root struct that fits the first. */
static bool looks_packed(const struct linux_boot_file *file)
{
    enum { SEGMENTS_MAX = 16 };
    uint64_t word;
    size_t at = 0;
    if (!unpack_word(file, &at, &word) || (word & 0xffffffff) >= SEGMENTS_MAX)
        return false;
    uint64_t header_words = ((word & 0xffffffff) + 1) / 2 + 1;
    uint64_t first_bytes = (word >> 32) * 8;
    for (uint64_t i = 0; i < header_words; i++)
        if (!unpack_word(file, &at, &word))
            return false;
    return (word & 3) == 0 && word != 0 && (word & 0xffffffff) * 2 < first_bytes &&
           (word >> 48) * 8 < first_bytes;
}

/* The first word of a boot package is the pointer to its Manifest, most bytes of which are 0. */
static bool looks_like_text(const struct linux_boot_file *file)
{
    const unsigned char *bytes = (const unsigned char *)file->data;
    for (size_t i = 0; i < 8 && i < file->bytes; i++)
        if (bytes[i] < ' ' && bytes[i] != '\n' && bytes[i] != '\r' && bytes[i] != '\t')
            return false;
    return true;
}

static bool check_form(const struct linux_boot_file *file, struct kernel_error *error, const char *path)
{
    static const unsigned char elf[4] = {0x7f, 'E', 'L', 'F'};
    char line[300];
    if (file->bytes == 0)
        return refuse(error, path, "empty; " WANTED);
    if (file->bytes >= 4 && memcmp(file->data, elf, 4) == 0)
        return refuse(error, path, "a program, not a boot package; name it in a manifest: " WANTED);
    if (looks_like_text(file))
        return refuse(error, path, "text (a manifest that is not compiled?); " WANTED);
    if (looks_framed(file))
        return refuse(error, path, "starts with a stream header (`capnp eval -o binary`?); " WANTED);
    if (looks_packed(file))
        return refuse(error, path, "looks packed (`capnp eval -o packed`?); " WANTED);
    if (file->bytes % 8 != 0) {
        snprintf(line, sizeof line, "%zu bytes long, which is not a multiple of 8; " WANTED, file->bytes);
        return refuse(error, path, line);
    }
    return true;
}

/* check: what the file must be beyond one that can be read; NULL: anything. */
static bool read_file(const char *path, struct linux_boot_file *ret_file, struct kernel_error *error,
                      bool (*check)(const struct linux_boot_file *, struct kernel_error *, const char *))
{
    struct linux_boot_file file = {NULL, 0};
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        bool missing = errno == ENOENT;
        return refuse(error, path, missing && check ? "there is no such file; " WANTED : strerror(errno));
    }
    bool good = false;
    if (fstat(fd, &status) < 0)
        refuse(error, path, strerror(errno));
    else if (S_ISDIR(status.st_mode))
        refuse(error, path, check ? "a directory; the file of a boot package is wanted" : strerror(EISDIR));
    else if (S_ISREG(status.st_mode) && status.st_size > (off_t)BOOT_FILE_BYTES_MAX)
        refuse(error, path, "larger than 1 GiB, the most that a boot package may be");
    else
        good = read_all(fd, &file, error, path) && (!check || check(&file, error, path));
    close(fd);
    if (good)
        *ret_file = file;
    else
        free(file.data);
    return good;
}

bool linux_boot_file_read(const char *path, struct linux_boot_file *ret_file, struct kernel_error *error)
{
    return read_file(path, ret_file, error, check_form);
}

bool linux_schema_read(const char *path, struct linux_boot_file *ret_file, struct kernel_error *error)
{
    return read_file(path, ret_file, error, NULL);
}
