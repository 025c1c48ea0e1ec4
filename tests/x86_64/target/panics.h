/* For tests of what must panic. */
#ifndef CAPOS_TESTS_X86_64_TARGET_PANICS_H
#define CAPOS_TESTS_X86_64_TARGET_PANICS_H

/* Whether the call panics: with what message; NULL: it returned. */
const char *target_panics(void (*call)(void));

#endif
