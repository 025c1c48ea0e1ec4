// gRPC C++ between two processes over an AF_UNIX socket: unary calls, synchronous on both sides; several in flight by a
// completion queue.
#include <grpcpp/grpcpp.h>

#include <string>
#include <vector>

#include "bench/peers/peer.h"
#include "bench/peers/schema/bench.grpc.pb.h"

class Service final : public Bench::Service {
public:
    grpc::Status Call(grpc::ServerContext *, const Eight *from, Eight *to) override
    {
        *to = *from;
        to->set_a(from->a() + 1);
        return grpc::Status::OK;
    }

    grpc::Status Put(grpc::ServerContext *, const Bytes *from, Eight *to) override
    {
        to->set_a(from->bytes().size());
        return grpc::Status::OK;
    }
};

static std::string address;

static void serve(int fd, const struct peer_options *)
{
    Service service;
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials());
    builder.RegisterService(&service);
    auto server = builder.BuildAndStart();
    if (!server)
        peer_fail("the server does not start");
    peer_write(fd, "", 1);
    server->Wait();
}

static void check(const grpc::Status &status, uint64_t got, uint64_t expected)
{
    if (status.ok() && got == expected)
        return;
    fprintf(stderr, "%s\n", status.error_message().c_str());
    exit(1);
}

static Eight eight()
{
    Eight params;
    params.set_a(1);
    params.set_b(2);
    params.set_c(3);
    params.set_d(4);
    params.set_e(5);
    params.set_f(6);
    params.set_g(7);
    params.set_h(8);
    return params;
}

static void calls(Bench::Stub &stub, const struct peer_options &options)
{
    struct peer_meter *meter = peer_meter_start(options.slice_ns);
    while (peer_meter_goes_on(meter)) {
        grpc::ClientContext context;
        Eight results;
        auto status = stub.Call(&context, eight(), &results);
        check(status, results.a(), 2);
    }
    peer_meter_print(meter, "grpc", 1);
}

static void payload(Bench::Stub &stub, const struct peer_options &options)
{
    Bytes params;
    params.set_bytes(std::string(options.point, 'x'));
    struct peer_meter *meter = peer_meter_start(options.slice_ns);
    while (peer_meter_goes_on(meter)) {
        grpc::ClientContext context;
        Eight results;
        auto status = stub.Put(&context, params, &results);
        check(status, results.a(), options.point);
    }
    peer_meter_print(meter, "grpc", 1);
}

struct Flight {
    grpc::ClientContext context;
    Eight results;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<Eight>> reader;
};

static void in_flight(Bench::Stub &stub, const struct peer_options &options)
{
    grpc::CompletionQueue queue;
    struct peer_meter *meter = peer_meter_start(options.slice_ns);
    while (peer_meter_goes_on(meter)) {
        std::vector<Flight> flights(options.point);
        for (auto &flight : flights) {
            flight.reader = stub.AsyncCall(&flight.context, eight(), &queue);
            flight.reader->Finish(&flight.results, &flight.status, &flight);
        }
        for (uint32_t i = 0; i < options.point; i++) {
            void *tag;
            bool ok;
            queue.Next(&tag, &ok);
            check(static_cast<Flight *>(tag)->status, static_cast<Flight *>(tag)->results.a(), 2);
        }
    }
    peer_meter_print(meter, "grpc", options.point);
}

int main(int argc, char **argv)
{
    struct peer_options options = peer_options_parse(argc, argv);
    address = "unix-abstract:capos-bench-" + std::to_string(getpid());
    char ready;
    if (!peer_read(peer_fork(serve, &options), &ready, 1))
        peer_fail("the server does not start");
    auto stub = Bench::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
    if (peer_is(&options, "payload"))
        payload(*stub, options);
    else if (peer_is(&options, "depth"))
        in_flight(*stub, options);
    else
        calls(*stub, options);
    fflush(stdout);
    _exit(0);
}
