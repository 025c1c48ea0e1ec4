// A lot of cars with many small fields is built, and valued from the message.
#include "bench/peers/wire/cases.hpp"

template <typename AnyCar> static uint64_t worth(AnyCar car)
{
    uint64_t sum = (uint64_t)car.getSeats() * 200 + (uint64_t)car.getDoors() * 350;
    for (auto wheel : car.getWheels()) {
        uint32_t diameter = wheel.getDiameter();
        sum += diameter * diameter + (wheel.getSnowTires() ? 100 : 0);
    }
    sum += (uint32_t)car.getLength() * car.getWidth() * car.getHeight() / 50;
    auto engine = car.getEngine();
    sum += (uint32_t)engine.getHorsepower() * 40;
    if (engine.getUsesElectric())
        sum += engine.getUsesGas() ? 5000 : 3000;
    sum += car.getPowerWindows() ? 100 : 0;
    sum += car.getPowerSteering() ? 200 : 0;
    sum += car.getCruiseControl() ? 400 : 0;
    sum += car.getNavigation() ? 2000 : 0;
    return sum + (uint32_t)car.getCupHolders() * 25;
}

static void make(Car::Builder car, work_random &random)
{
    car.setMake(work_makes[work_random_below(&random, 5)]);
    car.setModel(work_models[work_random_below(&random, 6)]);
    car.setColor(static_cast<Color>(work_random_below(&random, (uint32_t)Color::SILVER + 1)));
    car.setSeats((uint8_t)(2 + work_random_below(&random, 6)));
    car.setDoors((uint8_t)(2 + work_random_below(&random, 3)));

    for (auto wheel : car.initWheels(4)) {
        wheel.setDiameter((uint16_t)(25 + work_random_below(&random, 15)));
        wheel.setAirPressure(30 + work_random_float(&random, 20));
        wheel.setSnowTires(work_random_below(&random, 16) == 0);
    }
    car.setLength((uint16_t)(170 + work_random_below(&random, 150)));
    car.setWidth((uint16_t)(48 + work_random_below(&random, 36)));
    car.setHeight((uint16_t)(54 + work_random_below(&random, 48)));
    car.setWeight((uint32_t)car.getLength() * car.getWidth() * car.getHeight() / 200);

    auto engine = car.initEngine();
    engine.setHorsepower((uint16_t)(100 * work_random_below(&random, 400)));
    engine.setCylinders((uint8_t)(4 + 2 * work_random_below(&random, 3)));
    engine.setCc(800 + work_random_below(&random, 10000));
    engine.setUsesGas(true);
    engine.setUsesElectric(work_random_below(&random, 2));

    car.setFuelCapacity(10 + work_random_float(&random, 30));
    car.setFuelLevel(work_random_float(&random, car.getFuelCapacity()));
    car.setPowerWindows(work_random_below(&random, 2));
    car.setPowerSteering(work_random_below(&random, 2));
    car.setCruiseControl(work_random_below(&random, 2));
    car.setCupHolders((uint8_t)work_random_below(&random, 12));
    car.setNavigation(work_random_below(&random, 2));
}

uint64_t CarsalesCase::request(Lot::Builder request, work_random &random)
{
    uint64_t sum = 0;
    for (auto car : request.initCars(work_random_below(&random, WORK_CARS_MAX))) {
        make(car, random);
        sum += worth(car);
    }
    return sum;
}

void CarsalesCase::respond(Lot::Reader request, Worth::Builder response)
{
    uint64_t sum = 0;
    for (auto car : request.getCars())
        sum += worth(car);
    response.setAmount(sum);
}

uint64_t CarsalesCase::result(Worth::Reader response)
{
    return response.getAmount();
}
