/* The start of a test image: some tests have frames that are larger than all of the kernel's. */
#define X86_STACK_BYTES 0x80000
#include "kernel/x86_64/boot.S"
