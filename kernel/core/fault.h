/*
 * How processes and systems end, in words and numbers for people: the same on
 * every port.
 */
#ifndef CAPOS_KERNEL_FAULT_H
#define CAPOS_KERNEL_FAULT_H

#include "kernel/core/port.h"

enum { KERNEL_FAULT_TEXT_MAX = 400 };

/*
 * One line about a fault of the named service, into KERNEL_FAULT_TEXT_MAX
 * bytes. image: of the process, for the function's name. system_call: what the
 * number of a FAULT_SYSCALL is called on this host; NULL: nothing.
 */
void kernel_fault_text(char *line, const char *service, const struct elf_image *image,
                       const struct fault *fault, const char *system_call);

/* The same without the service, and without the call's name. */
void kernel_fault_reason(char *line, const struct elf_image *image, const struct fault *fault);

/* What a command that ran the system should exit with: 0 to 255, as a shell would say it. */
int kernel_end_code(const struct kernel_end *end);

#endif
