/*
 * The same through dbus-broker: a private bus, without system services. Its
 * launcher needs systemd, so we speak to the broker as the launcher does: one
 * listening socket, and a policy that allows everything.
 */
#include <stddef.h>
#include <sys/un.h>

#include "bench/peers/sdbus.h"

static char address[128];
static struct sockaddr_un where = {.sun_family = AF_UNIX};

static sd_bus *connect_to_bus(void)
{
    sd_bus *bus = NULL;
    sdbus_check(sd_bus_new(&bus), "bus");
    sdbus_check(sd_bus_set_address(bus, address), "address");
    sdbus_check(sd_bus_set_bus_client(bus, 1), "client");
    sdbus_check(sd_bus_start(bus), "start");
    return bus;
}

static void run_broker(int fd, const struct peer_options *options)
{
    char number[16];
    (void)options;
    snprintf(number, sizeof number, "%d", fd);
    execlp("dbus-broker", "dbus-broker", "--controller", number, "--machine-id",
           "00000000000000000000000000000001", "--max-bytes", "1073741824", "--max-fds", "4096",
           "--max-matches", "4096", "--max-objects", "65536", NULL);
    peer_fail("dbus-broker");
}

#define BATCH       "bta(btbs)a(btssssuutt)a(btssssuutt)"
#define POLICY      "(a(u(" BATCH "))a(buu(" BATCH "))a(ss)bs)"
#define ANY_MESSAGE 1, 1, UINT64_C(1), "", "", "", "", 0, 0, UINT64_C(0), UINT64_MAX

static void add_listener(sd_bus *controller, int listener)
{
    sd_bus_error error = SD_BUS_ERROR_NULL;
    sd_bus_message *message = NULL;
    sdbus_check(sd_bus_message_new_method_call(controller, &message, NULL, "/org/bus1/DBus/Broker",
                                               "org.bus1.DBus.Broker", "AddListener"),
                "AddListener");
    /* One entry for every user (-1): may connect, own any name, send and receive anything. */
    sdbus_check(sd_bus_message_append(message, "ohv", "/org/bus1/DBus/Listener/0", listener, POLICY, 1,
                                      UINT32_MAX, 1, UINT64_C(1), 1, 1, UINT64_C(1), 1, "", ANY_MESSAGE,
                                      ANY_MESSAGE, 0, 0, 0, "session"),
                "policy");
    int result = sd_bus_call(controller, message, 0, &error, NULL);
    if (result < 0)
        fprintf(stderr, "%s: ", error.message ? error.message : "AddListener");
    sdbus_check(result, "AddListener");
    sd_bus_message_unref(message);
}

static sd_bus *start_broker(const struct peer_options *options)
{
    sd_bus *controller = NULL;
    snprintf(address, sizeof address, "unix:abstract=capos-bench-%d", getpid());
    snprintf(where.sun_path + 1, sizeof where.sun_path - 1, "capos-bench-%d", getpid());
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(where.sun_path + 1));
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&where, size) < 0 || listen(listener, 16) < 0)
        peer_fail("listen");
    int fd = peer_fork(run_broker, options);
    sdbus_check(sd_bus_new(&controller), "bus");
    sdbus_check(sd_bus_set_fd(controller, fd, fd), "bus");
    sdbus_check(sd_bus_start(controller), "dbus-broker");
    add_listener(controller, listener);
    return controller;
}

/* Says one byte when it can be called. */
static void serve(int fd, const struct peer_options *options)
{
    (void)options;
    sd_bus *bus = connect_to_bus();
    sdbus_offer(bus);
    sdbus_check(sd_bus_request_name(bus, SDBUS_NAME, 0), "name");
    peer_write(fd, "", 1);
    sdbus_serve(bus);
}

int main(int argc, char **argv)
{
    struct peer_options options = peer_options_parse(argc, argv);
    char ready;
    start_broker(&options);
    int service = peer_fork(serve, &options);
    if (!peer_read(service, &ready, 1))
        peer_fail("the service does not start");
    sdbus_measure(connect_to_bus(), SDBUS_NAME, &options, "dbus-broker");
    return 0;
}
