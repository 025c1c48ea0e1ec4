/* Deep copies into a message that is being built. A stack of fixed size takes the place of recursion. */
#include "wire/internal.h"

/* An object whose pointers are being copied: those of the copy lie as those of the source do. */
struct copying {
    struct wire_walk walk;
    struct wire_segment *segment;
    uint64_t *first;
    uint8_t depth;
};

static bool source_broken(struct wire_slot slot)
{
    return wire_fail(slot.segment, slot.pointer, WIRE_ERR_BROKEN_SOURCE);
}

static void copy_bytes(uint8_t *to, const uint8_t *from, size_t size)
{
    if (size > 0)
        __builtin_memcpy(to, from, size);
}

/* --- One object, without what is below it -------------------------------------- */

static bool copy_struct(struct wire_slot slot, const struct wire_struct *from, struct copying *ret_copy)
{
    uint32_t data_words = (from->data_bytes + 7) / 8;
    if (from->state == WIRE_BROKEN)
        return source_broken(slot);
    struct wire_struct_builder to = wire_slot_init_struct(slot, (uint16_t)data_words, from->pointer_count);
    if (to.state != WIRE_PRESENT)
        return false;
    copy_bytes(to.data, from->data, from->data_bytes);
    wire_walk_struct(&ret_copy->walk, from);
    ret_copy->segment = to.segment;
    ret_copy->first = (uint64_t *)(void *)(to.data + to.data_bytes);
    ret_copy->depth = to.depth;
    return true;
}

static bool copy_plain_list(struct wire_slot slot, const struct wire_list *from, struct wire_list_builder *to)
{
    *to = wire_slot_init_list(slot, (enum wire_element)from->element, from->count);
    if (to->state != WIRE_PRESENT)
        return false;
    if (from->element != WIRE_ELEMENT_POINTER)
        copy_bytes(to->data, from->data, ((size_t)from->count * wire_element_bits(from->element) + 7) / 8);
    return true;
}

static bool copy_struct_list(struct wire_slot slot, const struct wire_list *from,
                             struct wire_list_builder *to)
{
    size_t step = (size_t)wire_list_row_words(from) * 8;
    *to =
        wire_slot_init_struct_list(slot, from->count, (uint16_t)(from->data_bytes / 8), from->pointer_count);
    if (to->state != WIRE_PRESENT)
        return false;
    if (from->pointer_count == 0) {
        copy_bytes(to->data, from->data, from->count * step);
        return true;
    }
    for (uint32_t i = 0; i < from->count && from->data_bytes > 0; i++)
        copy_bytes(to->data + i * step, from->data + i * step, from->data_bytes);
    return true;
}

static bool copy_list(struct wire_slot slot, const struct wire_list *from, struct copying *ret_copy)
{
    struct wire_list_builder to;
    if (from->state == WIRE_BROKEN)
        return source_broken(slot);
    bool structs = from->element == WIRE_ELEMENT_STRUCT;
    if (!(structs ? copy_struct_list(slot, from, &to) : copy_plain_list(slot, from, &to)))
        return false;
    if (!wire_walk_list(&ret_copy->walk, from))
        return source_broken(slot);
    ret_copy->segment = to.segment;
    ret_copy->first = (uint64_t *)(void *)(to.data + to.data_bytes);
    ret_copy->depth = to.depth;
    if (structs && ret_copy->walk.rows > 0) {
        struct wire_struct_builder element = wire_list_element(to, 0);
        ret_copy->depth = element.depth;
        return element.state == WIRE_PRESENT;
    }
    return true;
}

static bool copy_cap(struct wire_slot slot, const struct wire_target *target)
{
    struct wire_cap cap = wire_target_cap(target);
    if (cap.state != WIRE_PRESENT)
        return source_broken(slot);
    struct wire_build *build = wire_build_of(slot.segment);
    uint32_t index = cap.index;
    if (build->remap != NULL)
        index = build->remap(build->remap_context, index);
    wire_slot_set_cap(slot, index);
    return !wire_build_failed(slot.segment);
}

/* The slot is null. The pointers of the object, if it has any, are left to *ret_copy. */
static bool copy_object(struct wire_slot slot, const struct wire_any *from, struct copying *ret_copy)
{
    struct wire_target target;
    ret_copy->walk = (struct wire_walk){.rows = 0};
    if (!wire_resolve(from->segment, from->pointer, from->word, &target))
        return source_broken(slot);
    switch (wire_target_kind(&target)) {
    case WIRE_KIND_STRUCT: {
        struct wire_struct view = wire_target_struct(&target, from->depth);
        return copy_struct(slot, &view, ret_copy);
    }
    case WIRE_KIND_LIST: {
        struct wire_list list = wire_target_list(&target, from->depth, WIRE_ELEMENT_ANY);
        return copy_list(slot, &list, ret_copy);
    }
    case WIRE_KIND_CAP:
        return copy_cap(slot, &target);
    default:
        return source_broken(slot);
    }
}

/* --- All that is below --------------------------------------------------------------- */

/* Copies what the pointers of stack[0] lead to. Depth shrinks with each step down, so the stack suffices. */
static void copy_below(struct copying *stack)
{
    uint32_t top = 0;
    for (;;) {
        struct copying *copy = &stack[top];
        struct wire_any from = {.segment = copy->walk.segment, .depth = copy->walk.depth};
        uint64_t place;
        if (!wire_walk_next(&copy->walk, &place, &from.word)) {
            if (top == 0)
                return;
            top--;
            continue;
        }
        from.pointer = copy->walk.first + place;
        struct wire_slot slot = {copy->segment, copy->first + place, copy->depth};
        if (!copy_object(slot, &from, &stack[top + 1]))
            return;
        if (stack[top + 1].walk.rows > 0)
            top++;
    }
}

/*
 * The value to copy is one of these. The slot stays null until the copy is
 * whole, and the old value is zeroed last: each may be part of the source.
 */
struct source {
    const struct wire_any *any;
    const struct wire_struct *structure;
    const struct wire_list *list;
    uint8_t state;
};

static bool copy_first(struct wire_slot slot, const struct source *from, struct copying *ret_copy)
{
    ret_copy->walk = (struct wire_walk){.rows = 0};
    if (from->state == WIRE_BROKEN)
        return source_broken(slot);
    if (from->any != NULL)
        return copy_object(slot, from->any, ret_copy);
    if (from->structure != NULL)
        return copy_struct(slot, from->structure, ret_copy);
    return copy_list(slot, from->list, ret_copy);
}

static void set_copy(struct wire_slot slot, const struct source *from)
{
    struct copying stack[WIRE_NESTING_MAX + 1];
    if (slot.pointer == NULL || wire_build_failed(slot.segment))
        return;
    uint64_t old = *slot.pointer;
    *slot.pointer = 0;
    if (from->state != WIRE_ABSENT && copy_first(slot, from, &stack[0]) && stack[0].walk.rows > 0) {
        uint64_t fresh = *slot.pointer;
        *slot.pointer = 0;
        copy_below(stack);
        *slot.pointer = fresh;
    }
    if (old != 0)
        wire_erase(slot.segment, slot.pointer, old);
}

void wire_slot_set_any(struct wire_slot slot, struct wire_any value)
{
    struct source from = {.any = &value, .state = value.state};
    set_copy(slot, &from);
}

void wire_slot_set_struct(struct wire_slot slot, struct wire_struct value)
{
    struct source from = {.structure = &value, .state = value.state};
    set_copy(slot, &from);
}

void wire_slot_set_list(struct wire_slot slot, struct wire_list value)
{
    struct source from = {.list = &value, .state = value.state};
    set_copy(slot, &from);
}

void wire_slot_default(struct wire_slot slot, const struct wire_segment *constant)
{
    if (slot.pointer != NULL && *slot.pointer == 0)
        wire_slot_set_any(slot, wire_constant_any(constant));
}

void wire_struct_copy(struct wire_struct_builder view, struct wire_struct value)
{
    if (view.state != WIRE_PRESENT || wire_build_failed(view.segment))
        return;
    if (value.state == WIRE_BROKEN) {
        wire_fail(view.segment, (const uint64_t *)(const void *)view.data, WIRE_ERR_BROKEN_SOURCE);
        return;
    }
    uint32_t both = value.data_bytes < view.data_bytes ? value.data_bytes : view.data_bytes;
    if (both > 0)
        __builtin_memmove(view.data, value.data, both);
    if (view.data_bytes > both)
        __builtin_memset(view.data + both, 0, view.data_bytes - both);
    for (uint32_t i = 0; i < view.pointer_count; i++)
        wire_slot_set_any(wire_slot_of(view, (uint16_t)i), wire_get_any(value, (uint16_t)i));
}
