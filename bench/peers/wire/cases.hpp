// The workloads of bench/wire over Cap'n Proto's C++ library: a case as a class, and what runs it.
#pragma once

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/io.h>

#include "bench/wire/schema/cases.capnp.h"
#include "bench/wire/work.h"

struct EvalCase {
    typedef Expression Request;
    typedef Value Response;
    static uint64_t request(Expression::Builder request, work_random &random);
    static void respond(Expression::Reader request, Value::Builder response);
    static uint64_t result(Value::Reader response);
};

struct CarsalesCase {
    typedef Lot Request;
    typedef Worth Response;
    static uint64_t request(Lot::Builder request, work_random &random);
    static void respond(Lot::Reader request, Worth::Builder response);
    static uint64_t result(Worth::Reader response);
};

struct CatrankCase {
    typedef Ranking Request;
    typedef Ranking Response;
    static uint64_t request(Ranking::Builder request, work_random &random);
    static void respond(Ranking::Reader request, Ranking::Builder response);
    static uint64_t result(Ranking::Reader response);
};
