/*
 * wire: reading (part of capos/wire.h, which tells the model).
 *
 * Nothing here fails by a return code: look at `state` of a view, or once, at
 * the end, at the `error` of the message.
 */
#ifndef CAPOS_WIRE_READER_H
#define CAPOS_WIRE_READER_H

#include <capos/wire_message.h>
#include <capos/wire_view.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- Behind the inline functions ------------------------------------------ */

/*
 * These follow a pointer: `word` was loaded from `pointer`, which lies in
 * `segment`, and is not null. All the checks are there. Views are returned
 * through a pointer, so that the usual case needs no frame of its own.
 */
void wire_follow_struct(struct wire_struct *ret_view, const struct wire_segment *segment,
                        const uint64_t *pointer, uint64_t word, uint32_t depth);
void wire_follow_list(struct wire_list *ret_list, const struct wire_segment *segment, const uint64_t *pointer,
                      uint64_t word, uint32_t depth, enum wire_element expected);
struct wire_text wire_follow_text(const struct wire_segment *segment, const uint64_t *pointer, uint64_t word);
struct wire_data wire_follow_data(const struct wire_segment *segment, const uint64_t *pointer, uint64_t word);
struct wire_cap wire_follow_cap(const struct wire_segment *segment, const uint64_t *pointer, uint64_t word);
enum wire_kind wire_follow_kind(const struct wire_segment *segment, const uint64_t *pointer, uint64_t word);

/* What the element is when wire_list_struct() cannot give it: `too_deep`, or there is none. */
struct wire_struct wire_list_struct_refused(const struct wire_segment *segment, const uint8_t *data,
                                            uint8_t state, bool too_deep);

/*
 * The one way in which pointer words are loaded: once, whole, and not again
 * behind the program's back.
 */
static inline uint64_t wire_load_pointer(const uint64_t *pointer)
{
    return __atomic_load_n(pointer, __ATOMIC_RELAXED);
}

/* What lies below something that has no such pointer: absent, or broken if that is. */
static inline uint8_t wire_state_below(uint8_t state)
{
    return state == WIRE_BROKEN ? (uint8_t)WIRE_BROKEN : (uint8_t)WIRE_ABSENT;
}

static inline struct wire_any wire_any_at(const struct wire_segment *segment, const uint8_t *at,
                                          uint8_t depth)
{
    const uint64_t *pointer = (const uint64_t *)(const void *)at;
    uint64_t word = wire_load_pointer(pointer);
    struct wire_any any = {segment, pointer, word, depth, (uint8_t)(word == 0 ? WIRE_ABSENT : WIRE_PRESENT)};
    return any;
}

static inline struct wire_any wire_any_none(uint8_t state)
{
    struct wire_any any = {NULL, NULL, 0, 0, state};
    return any;
}

/* --- The root -------------------------------------------------------------- */

/* The root pointer: NO_ROOT if there is no room for one. */
struct wire_any wire_root_any(struct wire_message *message);

/* The root pointer of a constant. */
struct wire_any wire_constant_any(const struct wire_segment *constant);

/* --- AnyPointer ------------------------------------------------------------- */

/* What it leads to, far pointers followed. */
static inline enum wire_kind wire_any_kind(struct wire_any any)
{
    if (any.state != WIRE_PRESENT)
        return any.state == WIRE_BROKEN ? WIRE_KIND_BROKEN : WIRE_KIND_NULL;
    return wire_follow_kind(any.segment, any.pointer, any.word);
}

/* These interpret the pointer; another kind of object than asked for is WRONG_KIND. */

static inline struct wire_struct wire_any_struct(struct wire_any any)
{
    if (any.state != WIRE_PRESENT) {
        struct wire_struct none = {NULL, NULL, 0, 0, 0, any.state};
        return none;
    }
    struct wire_struct view;
    wire_follow_struct(&view, any.segment, any.pointer, any.word, any.depth);
    return view;
}

/*
 * `expected` is how the elements of the type lie. As schemas evolve, a list
 * may come with other elements and is good all the same:
 *
 *   expected           may be in the message
 *   STRUCT             any but BIT: element n is a struct whose first field is it
 *   VOID               any
 *   BIT                BIT
 *   1, 2, 4, 8 BYTES   elements of that many bytes or more, STRUCT with a data section (its start)
 *   POINTER            POINTER, STRUCT with pointers (the first)
 *   ANY                any
 *
 * All else is WRONG_ELEMENT.
 */
static inline struct wire_list wire_any_list(struct wire_any any, enum wire_element expected)
{
    if (any.state != WIRE_PRESENT) {
        struct wire_list none = {NULL, NULL, 0, 0, 0, 0, 0, any.state};
        return none;
    }
    struct wire_list list;
    wire_follow_list(&list, any.segment, any.pointer, any.word, any.depth, expected);
    return list;
}

static inline struct wire_text wire_any_text(struct wire_any any)
{
    if (any.state != WIRE_PRESENT) {
        struct wire_text none = {"", 0, any.state};
        return none;
    }
    return wire_follow_text(any.segment, any.pointer, any.word);
}

static inline struct wire_data wire_any_data(struct wire_any any)
{
    if (any.state != WIRE_PRESENT) {
        struct wire_data none = {NULL, 0, any.state};
        return none;
    }
    return wire_follow_data(any.segment, any.pointer, any.word);
}

static inline struct wire_cap wire_any_cap(struct wire_any any)
{
    if (any.state != WIRE_PRESENT) {
        struct wire_cap none = {0, any.state};
        return none;
    }
    return wire_follow_cap(any.segment, any.pointer, any.word);
}

static inline struct wire_struct wire_root(struct wire_message *message)
{
    return wire_any_struct(wire_root_any(message));
}

/* --- Fields of a struct: pointers ------------------------------------------- */

/* `index` counts the pointers of the struct. */
static inline struct wire_any wire_get_any(struct wire_struct view, uint16_t index)
{
    if (index >= view.pointer_count)
        return wire_any_none(wire_state_below(view.state));
    return wire_any_at(view.segment, view.data + view.data_bytes + (size_t)index * 8, view.depth);
}

/* Whether the pointer is there and not null. It may be broken all the same. */
static inline bool wire_has_pointer(struct wire_struct view, uint16_t index)
{
    return wire_get_any(view, index).state == WIRE_PRESENT;
}

static inline struct wire_struct wire_get_struct(struct wire_struct view, uint16_t index)
{
    return wire_any_struct(wire_get_any(view, index));
}

static inline struct wire_list wire_get_list(struct wire_struct view, uint16_t index,
                                             enum wire_element expected)
{
    return wire_any_list(wire_get_any(view, index), expected);
}

static inline struct wire_text wire_get_text(struct wire_struct view, uint16_t index)
{
    return wire_any_text(wire_get_any(view, index));
}

static inline struct wire_data wire_get_data(struct wire_struct view, uint16_t index)
{
    return wire_any_data(wire_get_any(view, index));
}

static inline struct wire_cap wire_get_cap(struct wire_struct view, uint16_t index)
{
    return wire_any_cap(wire_get_any(view, index));
}

/*
 * The same for fields with a default: an absent value is replaced by it (and
 * the view is present), a broken one stays broken. `constant` is a message
 * whose root is the default.
 */

static inline struct wire_struct wire_get_struct_or(struct wire_struct view, uint16_t index,
                                                    const struct wire_segment *constant)
{
    struct wire_any any = wire_get_any(view, index);
    return wire_any_struct(any.state == WIRE_ABSENT ? wire_constant_any(constant) : any);
}

static inline struct wire_list wire_get_list_or(struct wire_struct view, uint16_t index,
                                                enum wire_element expected,
                                                const struct wire_segment *constant)
{
    struct wire_any any = wire_get_any(view, index);
    return wire_any_list(any.state == WIRE_ABSENT ? wire_constant_any(constant) : any, expected);
}

static inline struct wire_any wire_get_any_or(struct wire_struct view, uint16_t index,
                                              const struct wire_segment *constant)
{
    struct wire_any any = wire_get_any(view, index);
    return any.state == WIRE_ABSENT ? wire_constant_any(constant) : any;
}

static inline struct wire_text wire_get_text_or(struct wire_struct view, uint16_t index,
                                                struct wire_text fallback)
{
    struct wire_text text = wire_get_text(view, index);
    return text.state == WIRE_ABSENT ? fallback : text;
}

static inline struct wire_data wire_get_data_or(struct wire_struct view, uint16_t index,
                                                struct wire_data fallback)
{
    struct wire_data data = wire_get_data(view, index);
    return data.state == WIRE_ABSENT ? fallback : data;
}

/* --- Elements of a list ------------------------------------------------------- */

/*
 * `index` counts elements; what lies beyond the end, or in a list that was
 * not opened as such elements, reads as absent or as 0.
 */

static inline const uint8_t *wire_list_place(const struct wire_list *list, uint32_t index)
{
    return list->data + (size_t)index * (list->data_bytes + (size_t)list->pointer_count * 8);
}

static inline struct wire_struct wire_list_struct(struct wire_list list, uint32_t index)
{
    if (index >= list.count || list.depth == 0 || list.element == WIRE_ELEMENT_BIT)
        return wire_list_struct_refused(list.segment, list.data, list.state,
                                        index < list.count && list.depth == 0);
    struct wire_struct view = {
        list.segment,       wire_list_place(&list, index), list.data_bytes,
        list.pointer_count, (uint8_t)(list.depth - 1),     WIRE_PRESENT,
    };
    return view;
}

static inline struct wire_any wire_list_any(struct wire_list list, uint32_t index)
{
    if (index >= list.count || list.pointer_count == 0)
        return wire_any_none(wire_state_below(list.state));
    return wire_any_at(list.segment, wire_list_place(&list, index) + list.data_bytes, list.depth);
}

/* An element that is a list itself. */
static inline struct wire_list wire_list_list(struct wire_list list, uint32_t index,
                                              enum wire_element expected)
{
    return wire_any_list(wire_list_any(list, index), expected);
}

static inline struct wire_text wire_list_text(struct wire_list list, uint32_t index)
{
    return wire_any_text(wire_list_any(list, index));
}

static inline struct wire_data wire_list_data(struct wire_list list, uint32_t index)
{
    return wire_any_data(wire_list_any(list, index));
}

static inline struct wire_cap wire_list_cap(struct wire_list list, uint32_t index)
{
    return wire_any_cap(wire_list_any(list, index));
}

static inline bool wire_list_bool(struct wire_list list, uint32_t index)
{
    return index < list.count && list.element == WIRE_ELEMENT_BIT &&
           (list.data[index / 8] >> (index % 8) & 1) != 0;
}

/* --- Scalars --------------------------------------------------------------- */

/*
 * For NAME in u8 u16 u32 u64 i8 i16 i32 i64, with the C type that goes with
 * it (an enum or a union's tag is a u16: any value may come):
 *
 *   wire_get_NAME(view, offset)            a field of a struct
 *   wire_get_NAME_or(view, offset, value)  the same with a default
 *   wire_list_NAME(list, index)            an element of a list
 *
 * `offset` is in bytes into the data section. A field outside of it, as of a
 * sender with an older schema, reads as its default. On the wire a value is
 * xored with its default.
 */
#define WIRE_DEFINE_GETTERS(name, type)                                                                      \
    static inline type wire_get_##name##_or(struct wire_struct view, uint32_t offset, type value)            \
    {                                                                                                        \
        type stored;                                                                                         \
        if ((uint64_t)offset + sizeof(stored) > view.data_bytes)                                             \
            return value;                                                                                    \
        __builtin_memcpy(&stored, view.data + offset, sizeof(stored));                                       \
        return (type)(stored ^ value);                                                                       \
    }                                                                                                        \
    static inline type wire_get_##name(struct wire_struct view, uint32_t offset)                             \
    {                                                                                                        \
        return wire_get_##name##_or(view, offset, 0);                                                        \
    }                                                                                                        \
    static inline type wire_list_##name(struct wire_list list, uint32_t index)                               \
    {                                                                                                        \
        type stored;                                                                                         \
        if (index >= list.count || sizeof(stored) > list.data_bytes)                                         \
            return 0;                                                                                        \
        __builtin_memcpy(&stored, wire_list_place(&list, index), sizeof(stored));                            \
        return stored;                                                                                       \
    }

WIRE_DEFINE_GETTERS(u8, uint8_t)
WIRE_DEFINE_GETTERS(u16, uint16_t)
WIRE_DEFINE_GETTERS(u32, uint32_t)
WIRE_DEFINE_GETTERS(u64, uint64_t)
WIRE_DEFINE_GETTERS(i8, int8_t)
WIRE_DEFINE_GETTERS(i16, int16_t)
WIRE_DEFINE_GETTERS(i32, int32_t)
WIRE_DEFINE_GETTERS(i64, int64_t)
#undef WIRE_DEFINE_GETTERS

/* A bool's offset is in bits. */
static inline bool wire_get_bool_or(struct wire_struct view, uint32_t bit, bool value)
{
    if (bit / 8 >= view.data_bytes)
        return value;
    return (view.data[bit / 8] >> (bit % 8) & 1) != (value ? 1 : 0);
}

static inline bool wire_get_bool(struct wire_struct view, uint32_t bit)
{
    return wire_get_bool_or(view, bit, false);
}

static inline float wire_f32_from_bits(uint32_t bits)
{
    float value;
    __builtin_memcpy(&value, &bits, sizeof(value));
    return value;
}

static inline double wire_f64_from_bits(uint64_t bits)
{
    double value;
    __builtin_memcpy(&value, &bits, sizeof(value));
    return value;
}

/* The default of a float is given by its bits, so that a NaN stays the NaN that it is. */
static inline float wire_get_f32_or(struct wire_struct view, uint32_t offset, uint32_t default_bits)
{
    return wire_f32_from_bits(wire_get_u32_or(view, offset, default_bits));
}

static inline float wire_get_f32(struct wire_struct view, uint32_t offset)
{
    return wire_get_f32_or(view, offset, 0);
}

static inline double wire_get_f64_or(struct wire_struct view, uint32_t offset, uint64_t default_bits)
{
    return wire_f64_from_bits(wire_get_u64_or(view, offset, default_bits));
}

static inline double wire_get_f64(struct wire_struct view, uint32_t offset)
{
    return wire_get_f64_or(view, offset, 0);
}

static inline float wire_list_f32(struct wire_list list, uint32_t index)
{
    return wire_f32_from_bits(wire_list_u32(list, index));
}

static inline double wire_list_f64(struct wire_list list, uint32_t index)
{
    return wire_f64_from_bits(wire_list_u64(list, index));
}

#ifdef __cplusplus
}
#endif

#endif
