/*
 * The kernel's command line: words with spaces between them.
 */
#include <string.h>

#include "kernel/core/text.h"
#include "kernel/x86_64/x86_64.h"

enum { QUANTUM_NS_DEFAULT = 10000000, QUANTUM_NS_MIN = 1000 };

struct word {
    const char *bytes;
    size_t count;
};

static struct word next_word(const char **line)
{
    struct word word = {*line, 0};
    while (*word.bytes == ' ')
        word.bytes++;
    while (word.bytes[word.count] && word.bytes[word.count] != ' ')
        word.count++;
    *line = word.bytes + word.count;
    return word;
}

static size_t length(const char *string)
{
    size_t count = 0;
    while (string[count])
        count++;
    return count;
}

static bool begins(struct word word, const char *start)
{
    return word.count >= length(start) && memcmp(start, word.bytes, length(start)) == 0;
}

static bool is(struct word word, const char *name)
{
    return word.count == length(name) && begins(word, name);
}

/* "name=NUMBER", the number up to 10^15. */
static bool number(struct word word, const char *start, uint64_t *ret_number)
{
    enum { DIGITS_MAX = 15 };
    size_t at = length(start);
    uint64_t value = 0;
    if (!begins(word, start) || word.count == at || word.count > at + DIGITS_MAX)
        return false;
    for (; at < word.count; at++) {
        if (word.bytes[at] < '0' || word.bytes[at] > '9')
            return false;
        value = value * 10 + (uint64_t)(word.bytes[at] - '0');
    }
    *ret_number = value;
    return true;
}

static bool take(struct word word, struct x86_options *options)
{
    if (is(word, "echo"))
        options->echo = true;
    else if (is(word, "hide-cpu"))
        options->hide_cpu = true;
    else if (number(word, "quantum=", &options->quantum_ns))
        return options->quantum_ns >= QUANTUM_NS_MIN;
    else if (!number(word, "fail-frame=", &options->fail_take))
        /* QEMU tells where microvm's devices are; virtio_rng.c looks for itself. */
        return begins(word, "virtio_mmio.device=");
    return true;
}

bool x86_options_parse(const char *line, struct x86_options *ret_options, struct kernel_error *error)
{
    struct x86_options options = {.quantum_ns = QUANTUM_NS_DEFAULT};
    for (struct word word = next_word(&line); word.count > 0; word = next_word(&line)) {
        if (take(word, &options))
            continue;
        struct text text = KERNEL_TEXT_IN(error->text);
        kernel_text_add(&text, "command line: ");
        kernel_text_add_quoted(&text, word.bytes, word.count);
        kernel_text_add(&text,
                        ": not an option; there are quantum=NS (1000 and up), hide-cpu, echo, fail-frame=N");
        return false;
    }
    *ret_options = options;
    return true;
}
