/*
 * The ring's operations, for fail_test.c: each as a request whose allocations are made to fail.
 */
#ifndef CAPOS_TESTS_KERNEL_FAIL_OPERATIONS_H
#define CAPOS_TESTS_KERNEL_FAIL_OPERATIONS_H

#include <stddef.h>
#include <stdint.h>

#include "capos/abi.h"

struct fail_request {
    const char *what;
    void (*prepare)(void);                              /* or NULL */
    int32_t (*ask)(const struct fail_request *request); /* CAP_OK also when it waits */
    unsigned at_least;                                  /* allocations that it takes on a fresh machine */
    int32_t failure;                                    /* its status when one fails; 0: CAP_ERR_NO_MEMORY */
    unsigned facets;                                    /* badges of one endpoint that it comes to */
    struct cap_sqe sqe;
};

extern const struct fail_request fail_operations[];
extern const size_t fail_operations_count;

/* What they need on a machine that ipc_begin() has set up. */
void fail_operations_begin(void);

/* Submits the request's sqe for the first process: its status, or CAP_OK when it waits. */
int32_t fail_ask(const struct fail_request *request);

#endif
