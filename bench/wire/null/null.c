/*
 * The three workloads on structures in memory, without messages: what is left
 * of them when Cap'n Proto costs nothing. bench/count takes it off both sides.
 */
#include "bench/wire/work.h"

/* --- eval: nodes from an array ------------------------------------------------- */

struct node {
    uint32_t op;
    int32_t values[2];
    const struct node *nodes[2];
};

static struct node nodes[WORK_MESSAGE_WORDS / 4];
static uint32_t node_count;

static int32_t make_node(struct node *node, uint32_t depth, struct work_random *random)
{
    int32_t got[2];
    node->op = work_random_below(random, WORK_OPERATORS);
    for (int i = 0; i < 2; i++)
        if (work_random_below(random, WORK_DEPTH) < depth) {
            node->nodes[i] = NULL;
            got[i] = node->values[i] = (int32_t)work_random_below(random, WORK_OPERAND_MAX) + 1;
        } else {
            struct node *below = &nodes[node_count++];
            node->nodes[i] = below;
            got[i] = make_node(below, depth + 1, random);
        }
    return work_apply(node->op, got[0], got[1]);
}

static int32_t evaluate(const struct node *node)
{
    int32_t left = node->nodes[0] ? evaluate(node->nodes[0]) : node->values[0];
    int32_t right = node->nodes[1] ? evaluate(node->nodes[1]) : node->values[1];
    return work_apply(node->op, left, right);
}

static uint64_t eval(struct work_random *random, uint64_t *ret_expected)
{
    node_count = 1;
    *ret_expected = (uint32_t)make_node(&nodes[0], 0, random);
    return (uint32_t)evaluate(&nodes[0]);
}

/* --- carsales -------------------------------------------------------------------- */

struct car {
    const char *make, *model;
    uint32_t weight, cc;
    float fuel_capacity, fuel_level, pressure[4];
    uint16_t color, length, width, height, horsepower, diameter[4];
    uint8_t seats, doors, cylinders, cup_holders;
    bool snow[4], gas, electric, windows, steering, cruise, navigation;
};

static struct car cars[WORK_CARS_MAX];

static uint64_t worth(const struct car *car)
{
    uint64_t sum = (uint64_t)car->seats * 200 + (uint64_t)car->doors * 350;
    for (int i = 0; i < 4; i++)
        sum += (uint32_t)car->diameter[i] * car->diameter[i] + (car->snow[i] ? 100 : 0);
    sum += (uint32_t)car->length * car->width * car->height / 50;
    sum += (uint32_t)car->horsepower * 40;
    if (car->electric)
        sum += car->gas ? 5000 : 3000;
    sum += (car->windows ? 100 : 0) + (car->steering ? 200 : 0) + (car->cruise ? 400 : 0);
    return sum + (car->navigation ? 2000 : 0) + (uint32_t)car->cup_holders * 25;
}

static void make_car(struct car *car, struct work_random *random)
{
    car->make = work_makes[work_random_below(random, 5)];
    car->model = work_models[work_random_below(random, 6)];
    car->color = (uint16_t)work_random_below(random, 9);
    car->seats = (uint8_t)(2 + work_random_below(random, 6));
    car->doors = (uint8_t)(2 + work_random_below(random, 3));
    for (int i = 0; i < 4; i++) {
        car->diameter[i] = (uint16_t)(25 + work_random_below(random, 15));
        car->pressure[i] = 30 + work_random_float(random, 20);
        car->snow[i] = work_random_below(random, 16) == 0;
    }
    car->length = (uint16_t)(170 + work_random_below(random, 150));
    car->width = (uint16_t)(48 + work_random_below(random, 36));
    car->height = (uint16_t)(54 + work_random_below(random, 48));
    car->weight = (uint32_t)car->length * car->width * car->height / 200;
    car->horsepower = (uint16_t)(100 * work_random_below(random, 400));
    car->cylinders = (uint8_t)(4 + 2 * work_random_below(random, 3));
    car->cc = 800 + work_random_below(random, 10000);
    car->gas = true;
    car->electric = work_random_below(random, 2);
    car->fuel_capacity = 10 + work_random_float(random, 30);
    car->fuel_level = work_random_float(random, car->fuel_capacity);
    car->windows = work_random_below(random, 2);
    car->steering = work_random_below(random, 2);
    car->cruise = work_random_below(random, 2);
    car->cup_holders = (uint8_t)work_random_below(random, 12);
    car->navigation = work_random_below(random, 2);
}

static uint64_t carsales(struct work_random *random, uint64_t *ret_expected)
{
    uint64_t expected = 0, got = 0;
    uint32_t count = work_random_below(random, WORK_CARS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        make_car(&cars[i], random);
        expected += worth(&cars[i]);
    }
    for (uint32_t i = 0; i < count; i++)
        got += worth(&cars[i]);
    *ret_expected = expected;
    return got;
}

/* --- catrank ----------------------------------------------------------------------- */

static struct work_page pages[WORK_FOUND_MAX];
static struct work_scored scored[WORK_FOUND_MAX];

static uint64_t catrank(struct work_random *random, uint64_t *ret_expected)
{
    uint32_t count = work_random_below(random, WORK_FOUND_MAX), got = 0;
    uint64_t expected = 0;
    for (uint32_t i = 0; i < count; i++) {
        work_make_page(&pages[i], random);
        expected += pages[i].wanted;
    }
    for (uint32_t i = 0; i < count; i++) {
        scored[i].score = work_rank(1000.0 - i, pages[i].snippet);
        scored[i].index = i;
    }
    work_sort(scored, count);
    while (got < count && scored[got].score > 1001)
        got++;
    *ret_expected = expected;
    return got;
}

int main(int argc, char **argv)
{
    struct work_options options;
    if (!work_options_parse(argc, argv, &options))
        return 2;
    uint64_t (*const run)(struct work_random *, uint64_t *) = options.which == 'e'   ? eval
                                                              : options.which == 's' ? carsales
                                                                                     : catrank;
    struct work_random random = work_random_start();
    uint64_t sum = 0, expected;
    for (uint32_t i = 0; i < options.rounds; i++) {
        uint64_t got = run(&random, &expected);
        if (got != expected)
            return 1;
        sum += got;
    }
    printf("%llu\n", (unsigned long long)sum);
    return 0;
}
