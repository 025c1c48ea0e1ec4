/*
 * A process's capability table: CapIds to objects.
 */
#ifndef CAPOS_KERNEL_CAP_TABLE_H
#define CAPOS_KERNEL_CAP_TABLE_H

#include <stdint.h>

struct kernel;
struct cap_table;
struct object;

void kernel_caps_init(struct cap_table *table);

/*
 * Puts an object into a free slot that no one has reserved and takes a reference
 * to it. CAP_OK, or CAP_ERR_NO_SLOTS.
 */
int32_t kernel_caps_insert(struct cap_table *table, struct object *object, uint64_t *ret_cap_id);

/* The object that an id names (borrowed), or NULL: stale, null, never given. */
struct object *kernel_caps_find(struct cap_table *table, uint64_t cap_id);

/* Frees the slot and drops its reference. CAP_OK, or CAP_ERR_STALE_CAP. */
int32_t kernel_caps_release(struct kernel *kernel, struct cap_table *table, uint64_t cap_id);

/* Sets slots aside for results; CAP_ERR_NO_SLOTS when there are too few. */
int32_t kernel_caps_reserve(struct cap_table *table, uint32_t count);
void kernel_caps_unreserve(struct cap_table *table, uint32_t count);

void kernel_caps_release_all(struct kernel *kernel, struct cap_table *table);

#endif
