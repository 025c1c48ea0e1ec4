/*
 * Instructions of single allocations and frees of capos-rt's heap, counted by stepping through them: "take
 * PLACES MEDIAN MOST", "give ..." with so many blocks in use, and "join ..." for the allocation that has to
 * join all kept blocks first.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <capos/runtime.h>

#include "bench/measure.h"
#include "capos-rt/heap.h"

/* The runtime's archive refers to it. */
int64_t capos_rt_main(struct capos_runtime *runtime)
{
    (void)runtime;
    return 0;
}

enum { OPS = 200, HEAP_BYTES = 64 << 20, PLACES_MAX = 20000, KINDS = 3 };

static const char *const names[KINDS] = {"take", "give", "join"};
enum kind { TAKE, GIVE, JOIN, END };

/* What the child tells: before an operation which one comes, after it that it is over. */
static struct {
    volatile enum kind kind;
    volatile uint32_t over;
} * told;

static struct rt_heap heap;
static void *blocks[PLACES_MAX];

/* The parent counts from the trap on. */
#define STEPPED(what, operation)                                                                             \
    do {                                                                                                     \
        told->kind = (what);                                                                                 \
        told->over = 0;                                                                                      \
        __asm__ volatile("int3" ::: "memory");                                                               \
        operation;                                                                                           \
        told->over = 1;                                                                                      \
    } while (0)

static uint32_t random_next(void)
{
    static uint32_t x = 2463534242u;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x;
}

static size_t size_next(void)
{
    return 16 + random_next() % (random_next() % 8 ? 241 : 4081);
}

static void run_mix(uint32_t places)
{
    for (uint32_t i = 0; i < places * 4 + OPS; i++) {
        void **block = &blocks[random_next() % places];
        bool stepped = i >= places * 4;
        size_t bytes = size_next();
        void *had = *block;
        if (!had && stepped)
            STEPPED(TAKE, *block = rt_heap_take(&heap, 16, bytes));
        else if (!had)
            *block = rt_heap_take(&heap, 16, bytes);
        else if (stepped)
            STEPPED(GIVE, rt_heap_give(&heap, had));
        else
            rt_heap_give(&heap, had);
        if (had)
            *block = NULL;
        else if (!*block)
            _exit(1);
    }
}

/* A heap that has free blocks in none but the lists of the kept, and there as many as these take. */
static void run_join(void *memory)
{
    uint32_t count = 0;
    rt_heap_init(&heap, memory, HEAP_BYTES);
    for (size_t size = 32; size < 8192; size += size < 512 ? 16 : (size_t)1 << (59 - __builtin_clzl(size)))
        for (uint32_t i = 0; i < (size < 512 ? RT_HEAP_KEPT_SMALL : RT_HEAP_KEPT_LARGE); i++)
            blocks[count++] = rt_heap_take(&heap, 16, size - 16);
    while (rt_heap_take(&heap, 16, 1 << 20))
        ;
    while (rt_heap_take(&heap, 16, 8176))
        ;
    for (uint32_t i = 0; i < count; i++)
        rt_heap_give(&heap, blocks[i]);
    void *block;
    STEPPED(JOIN, block = rt_heap_take(&heap, 16, 8177));
    if (!block)
        _exit(1);
}

static void run(uint32_t places)
{
    void *memory = mmap(NULL, HEAP_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    if (memory == MAP_FAILED)
        _exit(1);
    rt_heap_init(&heap, memory, HEAP_BYTES);
    if (places)
        run_mix(places);
    else
        run_join(memory);
    told->kind = END;
    _exit(0);
}

static uint64_t counts[KINDS][OPS + 1];
static size_t counted[KINDS];

/* Steps through every operation that the child marks. */
static bool count(pid_t child)
{
    int status;
    for (;;) {
        if (ptrace(PTRACE_CONT, child, NULL, NULL) < 0 || waitpid(child, &status, 0) < 0)
            return false;
        if (!WIFSTOPPED(status))
            return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        uint64_t steps = 0;
        while (!told->over) {
            if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) < 0 || waitpid(child, &status, 0) < 0 ||
                !WIFSTOPPED(status))
                return false;
            steps++;
        }
        counts[told->kind][counted[told->kind]++] = steps;
    }
}

static bool measure(uint32_t places)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        run(places);
    if (child < 0 || waitpid(child, &status, 0) < 0 || !count(child))
        return false;
    for (int kind = 0; kind < KINDS; kind++) {
        size_t n = counted[kind];
        if (n == 0)
            continue;
        uint64_t median = measure_median(counts[kind], n);
        printf("%s %u %lu %lu\n", names[kind], places, median, counts[kind][n - 1]);
        counted[kind] = 0;
    }
    fflush(stdout);
    return true;
}

/* A step is two switches between the processes. */
static void stay_on_one_processor(void)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((unsigned)sched_getcpu(), &one);
    sched_setaffinity(0, sizeof one, &one);
}

int main(int argc, char **argv)
{
    static const uint32_t places[] = {20, 200, 2000, PLACES_MAX, 0};
    bool join = argc > 1 && strcmp(argv[1], "join") == 0;
    stay_on_one_processor();
    told = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (told == MAP_FAILED)
        return 1;
    for (size_t i = 0; i < sizeof places / sizeof places[0] - !join; i++)
        if (!measure(places[i])) {
            fprintf(stderr, "cannot step through a child: ptrace is not allowed?\n");
            return 1;
        }
    return 0;
}
