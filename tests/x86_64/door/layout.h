/*
 * Numbers that the hostile program's C and assembler and the tests agree on.
 */
#ifndef CAPOS_TESTS_X86_64_DOOR_LAYOUT_H
#define CAPOS_TESTS_X86_64_DOOR_LAYOUT_H

/* Exit codes. */
#define DOOR_PASSED 0x7a55ed00000000 /* it got through; DOOR_FLAGS: and its flags in the low bits */
#define DOOR_WELL   0x600d           /* DOOR_GOOD, and DOOR_HOLD when it is told to stop */
#define DOOR_ILL    0xbad

/* In the ring page's unused part, which starts at 0x900 with what start.S leaves there. */
#define DOOR_RING_COUNT     0xa00 /* of DOOR_HOLD's looks, of the turns of DOOR_END_SPIN */
#define DOOR_RING_STOP      0xa08 /* written by the test: DOOR_HOLD stops */
#define DOOR_RING_WAITS     0xa10 /* written by the test: DOOR_HOLD waits in cap_enter each time */
#define DOOR_RING_SAVED     0xa18 /* the program's own */
#define DOOR_RING_FPU       0xb00 /* fxsave at the start */
#define DOOR_RING_SELECTORS 0xd00
#define DOOR_RING_AFTER     0xe00 /* DOOR_LOOK: rax, rbx, rcx, ... behind a cap_enter */
#define DOOR_RING(offset)   (0x180000 + (offset))

/* What DOOR_LOOK has in its registers before the call; in those that a function keeps, plus 1 to 6. */
#define DOOR_LOOK_VALUE 0x4c4f4f4b00

/* What DOOR_FILL fills, beside its ring page. */
#define DOOR_ROOM_PAGES   12
#define DOOR_STACK_FILLED 0xf000

/* How DOOR_FILL ends. */
#define DOOR_END_EXIT  0
#define DOOR_END_FAULT 1
#define DOOR_END_SPIN  2 /* it does not */
#define DOOR_END_WAIT  3 /* in cap_enter */

#endif
