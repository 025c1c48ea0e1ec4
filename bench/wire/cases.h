/*
 * The three workloads over wire and generated code. A case builds a request
 * and says what it expects, answers a request, and looks at a response.
 */
#ifndef CAPOS_BENCH_WIRE_CASES_H
#define CAPOS_BENCH_WIRE_CASES_H

#include <capos/wire.h>

#include "bench/wire/work.h"

struct wire_case {
    uint64_t (*request)(struct wire_build *request, struct work_random *random);
    void (*respond)(struct wire_message *request, struct wire_build *response);
    uint64_t (*result)(struct wire_message *response); /* what request() expects */
};

extern const struct wire_case case_eval, case_carsales, case_catrank;

#endif
