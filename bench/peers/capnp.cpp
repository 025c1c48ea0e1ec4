// Cap'n Proto C++ RPC between two processes, or one and many clients, over AF_UNIX stream sockets.
#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>
#include <kj/timer.h>

#include "bench/peers/peer.h"
#include "bench/peers/schema/bench.capnp.h"

static uint64_t served;

class Server final : public Bench::Server {
public:
    kj::Promise<void> call(CallContext context) override
    {
        auto from = context.getParams();
        auto to = context.getResults(capnp::MessageSize{16, 0});
        to.setA(from.getA() + 1);
        to.setB(from.getB());
        to.setC(from.getC());
        to.setD(from.getD());
        to.setE(from.getE());
        to.setF(from.getF());
        to.setG(from.getG());
        to.setH(from.getH());
        served++;
        return kj::READY_NOW;
    }

    kj::Promise<void> put(PutContext context) override
    {
        context.getResults(capnp::MessageSize{16, 0}).setA(context.getParams().getBytes().size());
        return kj::READY_NOW;
    }

    kj::Promise<void> next(NextContext context) override
    {
        auto params = context.getParams();
        context.getResults().setNext(params.hasTo() ? params.getTo() : thisCap());
        return kj::READY_NOW;
    }
};

struct Connection {
    kj::Own<kj::AsyncIoStream> stream;
    capnp::TwoPartyClient rpc;

    Connection(kj::AsyncIoContext &io, int fd) : stream(wrap(io, fd)), rpc(*stream) {}
    Connection(kj::AsyncIoContext &io, int fd, Bench::Client service)
        : stream(wrap(io, fd)), rpc(*stream, service, capnp::rpc::twoparty::Side::SERVER)
    {
    }
    static kj::Own<kj::AsyncIoStream> wrap(kj::AsyncIoContext &io, int fd)
    {
        return io.lowLevelProvider->wrapSocketFd(fd, kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP);
    }
    Bench::Client bench() { return rpc.bootstrap().castAs<Bench>(); }
};

static auto fill(Bench::Client &bench)
{
    auto request = bench.callRequest(capnp::MessageSize{16, 0});
    request.setA(1);
    request.setB(2);
    request.setC(3);
    request.setD(4);
    request.setE(5);
    request.setF(6);
    request.setG(7);
    request.setH(8);
    return request;
}

static void check(capnp::Response<Eight> response)
{
    if (response.getA() != 2)
        peer_fail("a wrong result");
}

static void serve(int fd, const struct peer_options *)
{
    auto io = kj::setupAsyncIo();
    Connection connection(io, fd, kj::heap<Server>());
    connection.rpc.onDisconnect().wait(io.waitScope);
}

static void ask(int fd, const struct peer_options *)
{
    auto io = kj::setupAsyncIo();
    Connection connection(io, fd);
    auto bench = connection.bench();
    /* Until the service is gone, which is an exception. */
    kj::runCatchingExceptions([&] {
        for (;;)
            fill(bench).send().wait(io.waitScope);
    });
    _exit(0);
}

// Runs one call after the other, so many in flight at once.
static void calls(kj::WaitScope &scope, Bench::Client bench, const struct peer_options &options, uint32_t depth)
{
    struct peer_meter *meter = peer_meter_start(options.slice_ns);
    while (peer_meter_goes_on(meter)) {
        auto promises = kj::heapArrayBuilder<kj::Promise<void>>(depth);
        for (uint32_t i = 0; i < depth; i++)
            promises.add(
                fill(bench).send().then([](capnp::Response<Eight> response) { check(kj::mv(response)); }));
        kj::joinPromises(promises.finish()).wait(scope);
    }
    peer_meter_print(meter, depth == 16 && peer_is(&options, "calls") ? "capnp-16" : "capnp", depth);
}

// Links and a call on the last. Pipelined: each is sent to the promise of the one before. With two services, each link is at the
// other one than the one before.
static void chain(kj::WaitScope &scope, Bench::Client services[], uint32_t count, const struct peer_options &options,
                  bool pipelined, const char *name)
{
    struct peer_meter *meter = peer_meter_start(options.slice_ns);
    while (peer_meter_goes_on(meter)) {
        Bench::Client at = services[0];
        for (uint32_t link = 0; link + 1 < options.point; link++) {
            auto request = at.nextRequest();
            if (count > 1)
                request.setTo(services[(link + 1) % count]);
            auto sent = request.send();
            if (pipelined)
                at = sent.getNext();
            else
                at = sent.wait(scope).getNext();
        }
        check(fill(at).send().wait(scope));
    }
    peer_meter_print(meter, name, 1);
}

static void chains(const struct peer_options &options)
{
    int first = peer_fork(serve, &options), second = peer_fork(serve, &options);
    auto io = kj::setupAsyncIo();
    Connection one(io, first), other(io, second);
    Bench::Client services[] = {one.bench(), other.bench()};
    chain(io.waitScope, services, 1, options, true, "capnp-chain");
    chain(io.waitScope, services, 1, options, false, "capnp-chain-awaited");
    chain(io.waitScope, services, 2, options, true, "capnp-chain-both");
    chain(io.waitScope, services, 2, options, false, "capnp-chain-both-awaited");
}

static void payload(kj::WaitScope &scope, Bench::Client bench, const struct peer_options &options)
{
    auto bytes = kj::heapArray<kj::byte>(options.point);
    memset(bytes.begin(), 7, bytes.size());
    struct peer_meter *meter = peer_meter_start(options.slice_ns);
    while (peer_meter_goes_on(meter)) {
        auto request = bench.putRequest(capnp::MessageSize{options.point / 8 + 16, 0});
        request.setBytes(bytes);
        if (request.send().wait(scope).getA() != options.point)
            peer_fail("a wrong result");
    }
    peer_meter_print(meter, "capnp", 1);
}

static void serve_clients(const struct peer_options &options)
{
    auto fds = kj::heapArrayBuilder<int>(options.point);
    for (uint32_t i = 0; i < options.point; i++)
        fds.add(peer_fork(ask, &options));
    auto io = kj::setupAsyncIo();
    Bench::Client service = kj::heap<Server>();
    auto connections = kj::heapArrayBuilder<kj::Own<Connection>>(options.point);
    for (int fd : fds)
        connections.add(kj::heap<Connection>(io, fd, service));
    auto &timer = io.provider->getTimer();
    auto slice = options.slice_ns * kj::NANOSECONDS;
    /* All clients are there first. */
    while (served < options.point * 2)
        timer.afterDelay(slice / 5).wait(io.waitScope);
    uint64_t start = measure_now(), before = served;
    timer.afterDelay(slice).wait(io.waitScope);
    peer_print("capnp", measure_now() - start, served - before);
    fflush(stdout);
    _exit(0);
}

int main(int argc, char **argv)
{
    struct peer_options options = peer_options_parse(argc, argv);
    peer_allow_files();
    if (peer_is(&options, "clients"))
        serve_clients(options);
    if (peer_is(&options, "chain")) {
        options.slice_ns /= 4;
        chains(options);
        fflush(stdout);
        _exit(0); /* services that are gone are exceptions */
    }
    int fd = peer_fork(serve, &options);
    auto io = kj::setupAsyncIo();
    Connection connection(io, fd);
    auto bench = connection.bench();
    if (peer_is(&options, "payload")) {
        payload(io.waitScope, bench, options);
    } else if (peer_is(&options, "depth")) {
        calls(io.waitScope, bench, options, options.point);
    } else {
        options.slice_ns /= 2;
        calls(io.waitScope, bench, options, 1);
        calls(io.waitScope, bench, options, 16);
    }
    return 0;
}
