/*
 * The soak's programs as spawners: they start processes and make endpoints, wait for children, and kill them.
 */
#ifndef CAPOS_TESTS_KERNEL_SOAK_DO_FAMILY_H
#define CAPOS_TESTS_KERNEL_SOAK_DO_FAMILY_H

/* Any submission of that kind, or none if it cannot be. */
void soak_do_family(int who);

/* Of those that the model has room for. */
int soak_endpoints_free(void);

#endif
