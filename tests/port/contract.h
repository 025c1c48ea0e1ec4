/*
 * Tests of port.h that hold for every port: linked with the port, the mini
 * core, and the confined program (embedded: contract_program.S).
 */
#ifndef CAPOS_TESTS_PORT_CONTRACT_H
#define CAPOS_TESTS_PORT_CONTRACT_H

#include "tests/port/mini_core.h"
#include "tests/tap.h"

/* The confined program's image; a check fails when it is not one. */
const struct elf_image *contract_image(void);

#endif
