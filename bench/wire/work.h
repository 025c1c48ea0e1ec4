/*
 * What the three workloads do apart from reading and building messages: the
 * random sequence, arithmetic, text and sorting. One text for the C and the
 * C++ programs, so that what differs between them is Cap'n Proto alone.
 */
#ifndef CAPOS_BENCH_WIRE_WORK_H
#define CAPOS_BENCH_WIRE_WORK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORK_CARS_MAX = 200,
    WORK_FOUND_MAX = 1000,
    WORK_URL_MAX = 128,
    WORK_SNIPPET_MAX = 512,
    WORK_MESSAGE_WORDS = 128 * 1024,
};

struct work_random {
    uint32_t state;
};

static inline struct work_random work_random_start(void)
{
    struct work_random start = {2463534242u};
    return start;
}

/* A xorshift; from 0 to range - 1. */
static inline uint32_t work_random_below(struct work_random *random, uint32_t range)
{
    uint32_t x = random->state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    random->state = x;
    return x % range;
}

static inline float work_random_float(struct work_random *random, float range)
{
    return (float)work_random_below(random, 1u << 24) * range / (float)(1u << 24);
}

/* --- eval ---------------------------------------------------------------- */

enum { WORK_OPERATORS = 5, WORK_OPERAND_MAX = 128, WORK_DEPTH = 8 };

/* Wraps; what cannot be divided is the largest number. */
static inline int32_t work_apply(uint32_t op, int32_t left, int32_t right)
{
    uint32_t a = (uint32_t)left, b = (uint32_t)right;
    bool divides = right != 0 && !(left == INT32_MIN && right == -1);
    switch (op) {
    case 0:
        return (int32_t)(a + b);
    case 1:
        return (int32_t)(a - b);
    case 2:
        return (int32_t)(a * b);
    case 3:
        return divides ? left / right : INT32_MAX;
    default:
        return divides ? left % right : INT32_MAX;
    }
}

/* --- carsales ------------------------------------------------------------ */

static const char *const work_makes[] = {"Toyota", "GM", "Ford", "Honda", "Tesla"};
static const char *const work_models[] = {"Camry", "Prius", "Volt", "Accord", "Leaf", "Model S"};

/* --- catrank --------------------------------------------------------------- */

static const char *const work_words[] = {"foo ",   "bar ",    "baz ",    "qux ",   "quux ",
                                         "corge ", "grault ", "garply ", "waldo ", "fred ",
                                         "plugh ", "xyzzy ",  "thud "};

struct work_page {
    char url[WORK_URL_MAX];
    char snippet[WORK_SNIPPET_MAX];
    uint32_t url_size;
    uint32_t snippet_size;
    bool wanted; /* a cat and no dog */
};

static inline void work_append(struct work_page *page, const char *word)
{
    size_t size = strlen(word);
    memcpy(page->snippet + page->snippet_size, word, size + 1);
    page->snippet_size += (uint32_t)size;
}

static inline void work_append_words(struct work_page *page, struct work_random *random)
{
    uint32_t count = work_random_below(random, 20);
    for (uint32_t i = 0; i < count; i++)
        work_append(page, work_words[work_random_below(random, sizeof work_words / sizeof *work_words)]);
}

static inline void work_make_page(struct work_page *page, struct work_random *random)
{
    static const char prefix[] = "http://example.com/";
    uint32_t letters = work_random_below(random, 100);
    memcpy(page->url, prefix, sizeof prefix);
    page->url_size = sizeof prefix - 1;
    for (uint32_t i = 0; i < letters; i++)
        page->url[page->url_size++] = (char)('a' + work_random_below(random, 26));
    page->url[page->url_size] = 0;

    bool cat = work_random_below(random, 8) == 0, dog = work_random_below(random, 8) == 0;
    page->wanted = cat && !dog;
    page->snippet_size = 0;
    work_append(page, " ");
    work_append_words(page, random);
    if (cat)
        work_append(page, "cat ");
    if (dog)
        work_append(page, "dog ");
    work_append_words(page, random);
}

static inline double work_rank(double score, const char *snippet)
{
    if (strstr(snippet, " cat "))
        score *= 10000;
    if (strstr(snippet, " dog "))
        score /= 10000;
    return score;
}

struct work_scored {
    double score;
    uint32_t index;
};

static inline int work_compare(const void *a, const void *b)
{
    const struct work_scored *x = (const struct work_scored *)a, *y = (const struct work_scored *)b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

static inline void work_sort(struct work_scored *scored, uint32_t count)
{
    qsort(scored, count, sizeof *scored, work_compare);
}

/* --- The command line --------------------------------------------------------- */

struct work_options {
    char which; /* the first letters of eval, carsales, catrank: e, s, t */
    bool bytes;
    uint32_t rounds;
};

static inline bool work_options_parse(int argc, char **argv, struct work_options *ret_options)
{
    static const char *const names[] = {"eval", "carsales", "catrank"};
    for (int i = 0; i < 3 && argc == 4; i++)
        if (strcmp(argv[1], names[i]) == 0) {
            ret_options->which = "est"[i];
            ret_options->bytes = strcmp(argv[2], "bytes") == 0;
            ret_options->rounds = (uint32_t)strtoul(argv[3], NULL, 10);
            return true;
        }
    fprintf(stderr, "usage: %s eval|carsales|catrank object|bytes ROUNDS\n", argv[0]);
    return false;
}

#endif
