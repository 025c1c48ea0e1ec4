/*
 * capset: the capabilities that a program was given, by name.
 *
 * The kernel writes the CapSet before the program starts, and nothing
 * changes it: a name stands for the same capability as long as the program
 * runs. What a look-up returns is borrowed: it is not to be released.
 *
 * The whole CapSet is checked at the start (magic, version, sizes, the length
 * of every name). If anything is wrong, nothing of it is believed: every
 * look-up answers BAD_CAPSET. A program that was given no CapSet has an empty
 * one.
 *
 * Generated code has a look-up for each interface, which checks its id:
 * console_from_capset(runtime, "console", &console).
 */
#ifndef CAPOS_CAPSET_H
#define CAPOS_CAPSET_H

#include <capos/runtime.h>
#include <capos/status.h>
#include <capos/wire_reader.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One entry. The name points into the CapSet, and is not zero-terminated. */
struct capos_capset_item {
    capos_cap cap;
    uint64_t interface_id;
    uint32_t flags;
    struct wire_text name;
};

/*
 * Finds the capability of that name, a zero-terminated string.
 *
 * Returns CAP_OK, NOT_FOUND, WRONG_INTERFACE if the name is there with
 * another interface id, or BAD_CAPSET.
 */
capos_status capos_capset_find(struct capos_runtime *runtime, const char *name, uint64_t interface_id,
                               capos_cap *ret_cap);

/*
 * Gets an entry by its place, from 0 up, in the order of the manifest.
 *
 *     struct capos_capset_item item;
 *     for (uint32_t i = 0; capos_capset_get(runtime, i, &item) == CAP_OK; i++)
 *         ...
 *
 * Returns CAP_OK, NOT_FOUND behind the last one, or BAD_CAPSET.
 */
capos_status capos_capset_get(struct capos_runtime *runtime, uint32_t index,
                              struct capos_capset_item *ret_item);

#ifdef __cplusplus
}
#endif

#endif
