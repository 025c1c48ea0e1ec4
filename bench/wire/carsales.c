/* A lot of cars with many small fields is built, and valued from the message. */
#include "bench/wire/cases.h"
#include "bench/wire/schema/cases.capos.h"

static uint64_t worth(struct car_reader car)
{
    uint64_t sum = (uint64_t)car_get_seats(car) * 200 + (uint64_t)car_get_doors(car) * 350;
    struct wire_list wheels = car_get_wheels(car);
    for (uint32_t i = 0; i < wheels.count; i++) {
        struct wheel_reader wheel = car_get_wheels_at(wheels, i);
        uint32_t diameter = wheel_get_diameter(wheel);
        sum += diameter * diameter + (wheel_get_snow_tires(wheel) ? 100 : 0);
    }
    sum += (uint32_t)car_get_length(car) * car_get_width(car) * car_get_height(car) / 50;
    struct engine_reader engine = car_get_engine(car);
    sum += (uint32_t)engine_get_horsepower(engine) * 40;
    if (engine_get_uses_electric(engine))
        sum += engine_get_uses_gas(engine) ? 5000 : 3000;
    sum += car_get_power_windows(car) ? 100 : 0;
    sum += car_get_power_steering(car) ? 200 : 0;
    sum += car_get_cruise_control(car) ? 400 : 0;
    sum += car_get_navigation(car) ? 2000 : 0;
    return sum + (uint32_t)car_get_cup_holders(car) * 25;
}

static struct wire_text text_of(const char *chars)
{
    return wire_text_make(chars, (uint32_t)strlen(chars));
}

static void make(struct car_builder car, struct work_random *random)
{
    car_set_make(car, text_of(work_makes[work_random_below(random, 5)]));
    car_set_model(car, text_of(work_models[work_random_below(random, 6)]));
    car_set_color(car, (enum color)work_random_below(random, COLOR_SILVER + 1));
    car_set_seats(car, (uint8_t)(2 + work_random_below(random, 6)));
    car_set_doors(car, (uint8_t)(2 + work_random_below(random, 3)));

    struct wire_list_builder wheels = car_init_wheels(car, 4);
    for (uint32_t i = 0; i < 4; i++) {
        struct wheel_builder wheel = car_edit_wheels_at(wheels, i);
        wheel_set_diameter(wheel, (uint16_t)(25 + work_random_below(random, 15)));
        wheel_set_air_pressure(wheel, 30 + work_random_float(random, 20));
        wheel_set_snow_tires(wheel, work_random_below(random, 16) == 0);
    }
    car_set_length(car, (uint16_t)(170 + work_random_below(random, 150)));
    car_set_width(car, (uint16_t)(48 + work_random_below(random, 36)));
    car_set_height(car, (uint16_t)(54 + work_random_below(random, 48)));
    struct car_reader done = car_as_reader(car);
    car_set_weight(car, (uint32_t)car_get_length(done) * car_get_width(done) * car_get_height(done) / 200);

    struct engine_builder engine = car_init_engine(car);
    engine_set_horsepower(engine, (uint16_t)(100 * work_random_below(random, 400)));
    engine_set_cylinders(engine, (uint8_t)(4 + 2 * work_random_below(random, 3)));
    engine_set_cc(engine, 800 + work_random_below(random, 10000));
    engine_set_uses_gas(engine, true);
    engine_set_uses_electric(engine, work_random_below(random, 2));

    car_set_fuel_capacity(car, 10 + work_random_float(random, 30));
    car_set_fuel_level(car, work_random_float(random, car_get_fuel_capacity(done)));
    car_set_power_windows(car, work_random_below(random, 2));
    car_set_power_steering(car, work_random_below(random, 2));
    car_set_cruise_control(car, work_random_below(random, 2));
    car_set_cup_holders(car, (uint8_t)work_random_below(random, 12));
    car_set_navigation(car, work_random_below(random, 2));
}

static uint64_t request(struct wire_build *build, struct work_random *random)
{
    uint64_t sum = 0;
    uint32_t count = work_random_below(random, WORK_CARS_MAX);
    struct wire_list_builder cars = lot_init_cars(lot_build_root(build), count);
    for (uint32_t i = 0; i < count; i++) {
        struct car_builder car = lot_edit_cars_at(cars, i);
        make(car, random);
        sum += worth(car_as_reader(car));
    }
    return sum;
}

static void respond(struct wire_message *message, struct wire_build *build)
{
    uint64_t sum = 0;
    struct wire_list cars = lot_get_cars(lot_read_root(message));
    for (uint32_t i = 0; i < cars.count; i++)
        sum += worth(lot_get_cars_at(cars, i));
    worth_set_amount(worth_build_root(build), sum);
}

static uint64_t result(struct wire_message *message)
{
    return worth_get_amount(worth_read_root(message));
}

const struct wire_case case_carsales = {request, respond, result};
