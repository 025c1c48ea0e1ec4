/* sd-bus between two processes with a socket pair: no bus in between. */
#include "bench/peers/sdbus.h"

static void serve(int fd, const struct peer_options *options)
{
    sd_bus *bus = NULL;
    sd_id128_t id = SD_ID128_NULL;
    (void)options;
    id.bytes[0] = 1;
    sdbus_check(sd_bus_new(&bus), "bus");
    sdbus_check(sd_bus_set_fd(bus, fd, fd), "bus");
    sdbus_check(sd_bus_set_server(bus, 1, id), "bus");
    sdbus_check(sd_bus_set_anonymous(bus, 1), "bus");
    sdbus_check(sd_bus_set_trusted(bus, 1), "bus");
    sdbus_check(sd_bus_start(bus), "start");
    sdbus_offer(bus);
    sdbus_serve(bus);
}

int main(int argc, char **argv)
{
    struct peer_options options = peer_options_parse(argc, argv);
    sd_bus *bus = NULL;
    int fd = peer_fork(serve, &options);
    sdbus_check(sd_bus_new(&bus), "bus");
    sdbus_check(sd_bus_set_fd(bus, fd, fd), "bus");
    sdbus_check(sd_bus_start(bus), "start");
    sdbus_measure(bus, NULL, &options, "sdbus");
    return 0;
}
