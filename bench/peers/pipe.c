/* Two processes and two pipes: bytes there, 64 back. */
#include "bench/peers/peer.h"

static char bytes[1 << 20];
static int there[2], back[2];

static void answer(int fd, const struct peer_options *options)
{
    (void)fd;
    close(there[1]);
    close(back[0]);
    while (peer_read(there[0], bytes, options->point) && peer_write(back[1], bytes, PEER_BYTES))
        ;
}

int main(int argc, char **argv)
{
    struct peer_options options = peer_options_parse(argc, argv);
    if (!peer_is(&options, "payload"))
        options.point = PEER_BYTES;
    if (options.point > sizeof bytes || pipe(there) < 0 || pipe(back) < 0)
        peer_fail("pipe");
    peer_fork(answer, &options);
    struct peer_meter *meter = peer_meter_start(options.slice_ns);
    while (peer_meter_goes_on(meter))
        if (!peer_write(there[1], bytes, options.point) || !peer_read(back[0], bytes, PEER_BYTES))
            peer_fail("pipe");
    peer_meter_print(meter, "pipe", 1);
    return 0;
}
