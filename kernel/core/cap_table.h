/*
 * A process's capability table: CapIds to objects. A slot may be held while
 * its capability is under way to another process: then its id names nothing,
 * until the move is either done or undone.
 */
#ifndef CAPOS_KERNEL_CAP_TABLE_H
#define CAPOS_KERNEL_CAP_TABLE_H

#include <stdbool.h>
#include <stdint.h>

struct kernel;
struct cap_slot;
struct cap_table;
struct object;
struct process;

/* With room for so many, at most KERNEL_CAP_SLOTS_MAX. */
void kernel_caps_init(struct cap_table *table, uint32_t count);

/*
 * Puts an object into a free slot that no one has reserved and takes a reference
 * to it. interface_id is what the holder is told it can call. CAP_OK, or
 * CAP_ERR_NO_SLOTS.
 */
int32_t kernel_caps_insert(struct cap_table *table, struct object *object, uint64_t interface_id,
                           uint64_t *ret_cap_id);

/* The slot that an id names, or NULL: stale, null, never given, under way. */
struct cap_slot *kernel_caps_slot(struct cap_table *table, uint64_t cap_id);

/* The object that an id names (borrowed), or NULL. */
struct object *kernel_caps_find(struct cap_table *table, uint64_t cap_id);

/* Frees the slot and drops its reference. CAP_OK, or CAP_ERR_STALE_CAP. */
int32_t kernel_caps_release(struct kernel *kernel, struct process *process, uint64_t cap_id);

/* Sets slots aside for results; CAP_ERR_NO_SLOTS when there are too few. */
int32_t kernel_caps_reserve(struct cap_table *table, uint32_t count);
void kernel_caps_unreserve(struct cap_table *table, uint32_t count);

/*
 * The ids that the coming inserts will give, in order: *cursor is set by
 * kernel_caps_first() and goes on. There must be so many free slots.
 */
uint32_t kernel_caps_first(const struct cap_table *table);
uint64_t kernel_caps_next(const struct cap_table *table, uint32_t *cursor);

/*
 * Holds a slot for a move; gives it back under the same id; or ends the move:
 * the slot is free, and its reference is the caller's to drop.
 */
void kernel_caps_hold(struct cap_slot *slot);
void kernel_caps_unhold(struct cap_slot *slot);
void kernel_caps_move_out(struct cap_table *table, struct cap_slot *slot);

/* Whether the table holds an owner facet of that endpoint. */
bool kernel_caps_own(const struct cap_table *table, const struct object *endpoint);

void kernel_caps_release_all(struct kernel *kernel, struct cap_table *table);

#endif
