#include "kernel/core/deadline.h"

#include <stdlib.h>

#include "tests/tap.h"

static void due(struct kernel *kernel, struct deadline *deadline)
{
    (void)kernel;
    (void)deadline;
}

TAP_TEST(deadlines_come_out_in_order_of_time)
{
    static const uint64_t times[] = {50, 10, 40, 10, 30, 20, 60, 0};
    static const int order[] = {7, 1, 3, 5, 4, 2, 0, 6}; /* the two at 10 in the order of setting */
    struct deadlines deadlines = {0};
    struct deadline set[8] = {0};
    for (int i = 0; i < 8; i++)
        kernel_deadline_set(&deadlines, &set[i], times[i], due);
    for (int i = 0; i < 8; i++) {
        struct deadline *taken = NULL;
        TAP_CHECK(kernel_deadline_take(&deadlines, UINT64_MAX, &taken) == due);
        TAP_EQ(taken - set, order[i]);
    }
    TAP_CHECK(!deadlines.first);
}

TAP_TEST(deadlines_that_are_not_due_stay)
{
    struct deadlines deadlines = {0};
    struct deadline one = {0}, *taken = NULL;
    kernel_deadline_set(&deadlines, &one, 100, due);
    TAP_CHECK(!kernel_deadline_take(&deadlines, 99, &taken));
    TAP_CHECK(kernel_deadline_take(&deadlines, 100, &taken) == due);
    TAP_CHECK(!kernel_deadline_take(&deadlines, UINT64_MAX, &taken));
}

TAP_TEST(clearing_a_deadline_that_is_not_set_is_harmless)
{
    struct deadlines deadlines = {0};
    struct deadline one = {0};
    kernel_deadline_clear(&deadlines, &one);
    kernel_deadline_set(&deadlines, &one, 1, due);
    kernel_deadline_clear(&deadlines, &one);
    kernel_deadline_clear(&deadlines, &one);
    TAP_CHECK(!deadlines.first);
}

/* Random sets, clears and takes against a plain array. */
TAP_TEST(deadlines_agree_with_an_array)
{
    enum { COUNT = 64, STEPS = 100000 };
    static struct deadline set[COUNT];
    struct deadlines deadlines = {0};
    uint64_t now = 0;
    srand(7);
    for (int step = 0; step < STEPS; step++) {
        struct deadline *one = &set[rand() % COUNT];
        if (one->due)
            kernel_deadline_clear(&deadlines, one);
        else
            kernel_deadline_set(&deadlines, one, now + (uint64_t)(rand() % 50), due);
        if (rand() % 4)
            continue;
        now += (uint64_t)(rand() % 5);
        struct deadline *earliest = NULL, *taken = NULL;
        for (int i = 0; i < COUNT; i++)
            if (set[i].due && set[i].at <= now &&
                (!earliest || set[i].at < earliest->at ||
                 (set[i].at == earliest->at && set[i].sequence < earliest->sequence)))
                earliest = &set[i];
        kernel_deadline_take(&deadlines, now, &taken);
        TAP_CHECK(taken == earliest);
    }
}
