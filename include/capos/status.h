/*
 * status: what a function of the runtime answers, and what a capability is.
 *
 * There is one type of error, capos_status: 0 is success, negative is one of
 * CAP_ERR_* from capos/abi.h, and nothing is positive. Outputs are named
 * ret_*, come last, and are left alone when a function fails.
 *
 * Three layers are never mixed:
 *
 *   transport   a negative status: the call did not reach its target, or its
 *               answer did not come back
 *   exception   CAP_ERR_APPLICATION_EXCEPTION, or ..._TRUNCATED: the target
 *               answered that it would not; see capos_call_exception()
 *   outcome     what the method's own results say
 */
#ifndef CAPOS_STATUS_H
#define CAPOS_STATUS_H

#include <capos/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t capos_status;

/*
 * A capability that this process holds, by its id in the kernel's table;
 * CAPOS_CAP_NULL is none. Generated code wraps it in a type for each
 * interface: struct console { capos_cap cap; }.
 */
typedef uint64_t capos_cap;

/*
 * A sentence for people on a status, without its full stop; never null, also
 * for a number that is no status. The text is constant.
 */
const char *capos_status_text(capos_status status);

/* The constant's name without its prefix: "STALE_CAP"; "OK" for 0, "UNKNOWN" for no status. */
const char *capos_status_name(capos_status status);

/*
 * For the static analyzer: a parameter or an output that is an owned
 * capability. With CAPOS_HANDLE_LINT, under clang, a leak, a double release,
 * a use after release, and a release of what is borrowed are reported at compile time; elsewhere these are
 * nothing. They stand behind the declarator: capos_cap *ret_cap CAPOS_ACQUIRES
 */
#if defined(CAPOS_HANDLE_LINT) && defined(__clang__)
#    define CAPOS_ACQUIRES   __attribute__((acquire_handle("Fuchsia")))
#    define CAPOS_RELEASES   __attribute__((release_handle("Fuchsia")))
#    define CAPOS_USES       __attribute__((use_handle("Fuchsia")))
#    define CAPOS_BORROWED   __attribute__((acquire_handle("FuchsiaUnowned")))
#    define CAPOS_GIVEN(cap) capos_lint_given(cap)
/* Not there: the analyzer believes annotations of functions that it cannot look into. */
void capos_lint_given(capos_cap cap CAPOS_RELEASES);
#else
#    define CAPOS_ACQUIRES
#    define CAPOS_RELEASES
#    define CAPOS_USES
#    define CAPOS_BORROWED
#    define CAPOS_GIVEN(cap)
#endif

#ifdef __cplusplus
}
#endif

#endif
