/*
 * What gcc's undefined behaviour sanitizer calls (-fno-sanitize-recover): a
 * panic with the place in the source and the kind. What a handler is told begins with
 * the place, always; of the rest, the values, nothing is said.
 */
#include "tests/x86_64/sanitizer/report.h"

struct place {
    const char *file;
    uint32_t line, column;
};

static _Noreturn void report(const struct place *place, const char *what)
{
    char line[160];
    struct text text = KERNEL_TEXT_IN(line);
    kernel_text_add(&text, "ubsan: ");
    kernel_text_add(&text, place->file);
    kernel_text_add(&text, ":");
    kernel_text_add_number(&text, place->line);
    kernel_text_add(&text, ": ");
    kernel_text_add(&text, what);
    x86_panic(line);
}

#define HANDLER(name, what)                                                                                  \
    SANITIZER_ENTRY(_Noreturn void, __ubsan_handle_##name, (const struct place *place))                      \
    {                                                                                                        \
        report(place, what);                                                                                 \
    }

HANDLER(type_mismatch_v1_abort, "a null, misaligned or too small object")
HANDLER(add_overflow_abort, "overflow of an addition")
HANDLER(sub_overflow_abort, "overflow of a subtraction")
HANDLER(mul_overflow_abort, "overflow of a multiplication")
HANDLER(negate_overflow_abort, "overflow of a negation")
HANDLER(divrem_overflow_abort, "a division that overflows, or by zero")
HANDLER(shift_out_of_bounds_abort, "a shift by too much, or of a negative number")
HANDLER(out_of_bounds_abort, "an index out of bounds")
HANDLER(builtin_unreachable, "what cannot be reached was reached")
HANDLER(missing_return, "no value is returned")
HANDLER(vla_bound_not_positive_abort, "an array of no size")
HANDLER(float_cast_overflow_abort, "overflow of a conversion")
HANDLER(load_invalid_value_abort, "a value that its type does not have")
HANDLER(invalid_builtin_abort, "a zero where none may be")
HANDLER(nonnull_arg_abort, "a null argument")
HANDLER(pointer_overflow_abort, "overflow of a pointer")

SANITIZER_ENTRY(_Noreturn void, __ubsan_handle_nonnull_return_v1_abort,
                (const void *declared, const struct place *place))
{
    (void)declared;
    report(place, "a null result");
}
