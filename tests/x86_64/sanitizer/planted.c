/* Errors planted on purpose: a sanitizer that says nothing to them says nothing to any. */
#include <string.h>

#include "kernel/core/arena.h"
#include "kernel/x86_64/x86_64.h"
#include "tests/tap.h"
#include "tests/x86_64/target/panics.h"

/* Not to be seen through by the compiler. */
static volatile size_t place;
static volatile int number;

static bool ends_in(void (*call)(void), const char *text)
{
    const char *said = target_panics(call);
    if (said)
        tap_note(said);
    return said && strstr(said, text);
}

#ifdef KERNEL_POISONS

static uint8_t global[24];
static uint8_t *memory;

static void read_memory(void)
{
    number = memory[place];
}

static void write_global(void)
{
    global[place] = 1;
}

static void write_stack(void)
{
    uint8_t variable[24];
    memset(variable, number, 24);
    uint8_t *at = variable;
    __asm__ volatile("" : "+r"(at));
    at[place] = 1;
    number = at[1];
}

static void copy_beyond(void)
{
    uint8_t bytes[64];
    memcpy(bytes, global, place);
    number = bytes[0];
}

TAP_TEST(a_frame_is_not_touched_when_it_is_free)
{
    struct x86_chain chain = {0};
    memory = x86_frame_take(&chain);
    TAP_CHECK(!target_panics(read_memory));
    x86_chain_give(&chain);
    TAP_CHECK(ends_in(read_memory, "memory that is free"));
    TAP_CHECK(x86_frame_take(&chain) == memory);
    TAP_CHECK(!target_panics(read_memory));
    x86_chain_give(&chain);
}

TAP_TEST(a_record_is_not_touched_when_it_is_free)
{
    static uint64_t records[64];
    struct arena arena;
    struct pool pool;
    kernel_arena_init(&arena, records, sizeof records);
    kernel_pool_init(&pool, &arena, 64);
    memory = kernel_pool_take(&pool);
    place = 63;
    TAP_CHECK(!target_panics(read_memory));
    kernel_pool_give(&pool, memory);
    TAP_CHECK(ends_in(read_memory, "memory that is free"));
    TAP_CHECK(kernel_pool_take(&pool) == memory);
    TAP_CHECK(!target_panics(read_memory));
}

TAP_TEST(a_global_has_an_end)
{
    place = sizeof global - 1;
    TAP_CHECK(!target_panics(write_global));
    place = sizeof global;
    TAP_CHECK(ends_in(write_global, "a write of 1 bytes at"));
    place = 25;
    TAP_CHECK(ends_in(copy_beyond, "beyond a global"));
}

TAP_TEST(a_variable_on_the_stack_has_an_end)
{
    place = 23;
    TAP_CHECK(!target_panics(write_stack));
    place = 24;
    TAP_CHECK(ends_in(write_stack, "beyond a variable on the stack"));
}

#else

static void shift(void)
{
    number = number << place;
}

static void add(void)
{
    number = number + 1;
}

static void divide(void)
{
    number = 1 / number;
}

static void read_beyond(void)
{
    static volatile int numbers[4];
    number = numbers[place];
}

static void read_null(void)
{
    const int *pointer = (const int *)place;
    number = *pointer;
}

TAP_TEST(undefined_behaviour_ends_with_the_place_and_the_kind)
{
    number = 1;
    place = 31;
    TAP_CHECK(!target_panics(add));
    place = 32;
    TAP_CHECK(ends_in(shift, "ubsan: tests/x86_64/sanitizer/planted.c:"));
    TAP_CHECK(ends_in(shift, "a shift by too much"));
    number = INT32_MAX;
    TAP_CHECK(ends_in(add, "overflow of an addition"));
    number = 0;
    TAP_CHECK(ends_in(divide, "a division that overflows, or by zero"));
    place = 4;
    TAP_CHECK(ends_in(read_beyond, "an index out of bounds"));
    place = 0;
    TAP_CHECK(ends_in(read_null, "a null, misaligned or too small object"));
    place = 2;
    TAP_CHECK(ends_in(read_null, "a null, misaligned or too small object"));
}

#endif
