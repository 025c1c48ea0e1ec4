/*
 * panic: the end of a program that cannot go on.
 *
 * A panic writes one line to the emergency console, and ends the program with
 * CAPOS_EXIT_PANIC. The emergency console is the CapSet's entry "console", if
 * it is one and has the interface Console; without it, the exit code has to
 * say it all. It works at any time: with the ring lent, calls pending, the
 * submission queue full, no credit left, and as many calls outstanding as may
 * be. Then completions are read, and calls are cancelled, until the line gets
 * through.
 */
#ifndef CAPOS_PANIC_H
#define CAPOS_PANIC_H

#ifdef __cplusplus
extern "C" {
#endif

/* A panic's line is cut to this many bytes. */
#define CAPOS_PANIC_BYTES_MAX 240

/* Writes "panic: MESSAGE" and ends the program. A panic within a panic ends it at once. */
__attribute__((noreturn)) void capos_panic(const char *message);

#define CAPOS_STRINGIZE_(x) #x
#define CAPOS_STRINGIZE(x)  CAPOS_STRINGIZE_(x)

/* Panics, saying where, unless the condition holds. It is evaluated in every build. */
#define CAPOS_ASSERT(condition)                                                                              \
    ((condition) ? (void)0                                                                                   \
                 : capos_panic(__FILE__ ":" CAPOS_STRINGIZE(__LINE__) ": " #condition " does not hold"))

#ifdef __cplusplus
}
#endif

#endif
