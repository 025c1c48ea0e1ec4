/*
 * wire: building (part of capos/wire.h, which tells the model).
 *
 * A message is built in the caller's memory, from the root down: a place for
 * a pointer (`struct wire_slot`) is taken from a struct, a list or the
 * message, and an object is made there. Nothing moves once it is made, but
 * what is overwritten is lost: its views must not be used any more.
 *
 * Nothing here needs its result checked. When memory runs out, or anything
 * else goes wrong, the builder keeps the first error, every view made from
 * then on is inert (all zero: reads give 0, writes go nowhere), and so one
 * look at wire_build_error() at the end is enough. A message with an error
 * must not be sent.
 */
#ifndef CAPOS_WIRE_BUILDER_H
#define CAPOS_WIRE_BUILDER_H

#include <capos/wire_message.h>
#include <capos/wire_reader.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- The message ------------------------------------------------------------ */

/*
 * Hands over memory for one more segment: at least min_words (and up to
 * UINT32_MAX) words, 8-byte aligned, that stay until the message is no longer
 * used. What is in it does not matter. Returns null if there is none.
 */
typedef uint64_t *(*wire_grow_fn)(void *context, uint32_t min_words, uint32_t *ret_words);

/*
 * Says which capability of the message being built stands for capability
 * `index` of a message that is copied from: WIRE_CAP_REFUSED makes the copy
 * fail with CAP_INDEX.
 */
typedef uint32_t (*wire_remap_fn)(void *context, uint32_t index);

#define WIRE_CAP_REFUSED UINT32_MAX

/*
 * A message that is being built. The caller owns it and the memory; it must
 * not move while it or its views are used. `message` is its reading side:
 * its segments are what has been built (words, word_count), its cap_count is
 * one more than the highest capability index that was set.
 */
struct wire_build {
    struct wire_message message;
    uint32_t segments_max;
    uint32_t reserved;
    wire_grow_fn grow;
    void *grow_context;
    wire_remap_fn remap;
    void *remap_context;
};

/*
 * Starts a message in one fixed segment, words[0..word_count): running out is
 * NO_SPACE. Memory is zeroed as it is used, not before; a message that is
 * started again in the same memory costs nothing more.
 */
void wire_build_init(struct wire_build *build, uint64_t *words, uint32_t word_count);

/*
 * Starts a message that may have several segments: `segments_max` descriptors
 * (at most WIRE_SEGMENTS_MAX count) borrowed at `segments`, the first segment
 * as above, further ones from `grow` when those before are full.
 */
void wire_build_init_growing(struct wire_build *build, struct wire_segment *segments, uint32_t segments_max,
                             uint64_t *words, uint32_t word_count, wire_grow_fn grow, void *grow_context);

/* From now on, copies translate capability indices with `remap`; null: they stay as they are. */
void wire_build_remap(struct wire_build *build, wire_remap_fn remap, void *remap_context);

/* The first error, or WIRE_OK; where it was is in build->message. */
static inline enum wire_error wire_build_error(const struct wire_build *build)
{
    return (enum wire_error)build->message.error;
}

/*
 * What was built so far, ready to be read with wire_root(). It lives in
 * `build` and shares its error; reading it counts against no limit.
 */
struct wire_message *wire_build_reader(struct wire_build *build);

/*
 * The bytes of a message without any error that has one segment, as
 * wire_open_flat() takes them; null if it has an error or several segments.
 */
const void *wire_build_flat(const struct wire_build *build, uint64_t *ret_bytes);

/* --- Views -------------------------------------------------------------------- */

/* Like struct wire_struct, but it can be written. Inert when all zero. */
struct wire_struct_builder {
    struct wire_segment *segment;
    uint8_t *data;
    uint32_t data_bytes;
    uint16_t pointer_count;
    uint8_t depth;
    uint8_t state; /* WIRE_PRESENT, or WIRE_ABSENT if inert */
};

struct wire_list_builder {
    struct wire_segment *segment;
    uint8_t *data;
    uint32_t count;
    uint32_t data_bytes;
    uint16_t pointer_count;
    uint8_t element; /* enum wire_element */
    uint8_t depth;
    uint8_t state;
};

/* Bytes of a text (without the zero byte behind it) or of data, to be filled in. */
struct wire_bytes {
    uint8_t *bytes; /* null if inert */
    uint32_t size;
};

/* The place of one pointer. Inert when all zero. */
struct wire_slot {
    struct wire_segment *segment;
    uint64_t *pointer;
    uint8_t depth;
};

/* An object that was placed: behind the inline functions. */
struct wire_place {
    struct wire_segment *segment;
    uint64_t *at;
};

/* --- Where pointers are ------------------------------------------------------- */

/* Keeps the error INDEX, unless the view was inert; returns an inert slot. */
struct wire_slot wire_slot_refused(struct wire_segment *segment);

/* The root pointer. */
struct wire_slot wire_build_root(struct wire_build *build);

/* Pointer `index` of a struct. */
static inline struct wire_slot wire_slot_of(struct wire_struct_builder view, uint16_t index)
{
    if (index >= view.pointer_count)
        return wire_slot_refused(view.segment);
    struct wire_slot slot = {
        view.segment, (uint64_t *)(void *)(view.data + view.data_bytes + (size_t)index * 8), view.depth};
    return slot;
}

static inline uint8_t *wire_list_builder_place(const struct wire_list_builder *list, uint32_t index)
{
    return list->data + (size_t)index * (list->data_bytes + (size_t)list->pointer_count * 8);
}

/* Element `index` of a list of pointers. */
static inline struct wire_slot wire_list_slot(struct wire_list_builder list, uint32_t index)
{
    if (index >= list.count || list.pointer_count == 0)
        return wire_slot_refused(list.segment);
    struct wire_slot slot = {list.segment,
                             (uint64_t *)(void *)(wire_list_builder_place(&list, index) + list.data_bytes),
                             list.depth};
    return slot;
}

/* Keeps the error INDEX or NESTING, unless the list was inert; returns an inert struct. */
struct wire_struct_builder wire_list_element_refused(struct wire_segment *segment, bool too_deep);

/* Element `index` of a list of structs. */
static inline struct wire_struct_builder wire_list_element(struct wire_list_builder list, uint32_t index)
{
    if (index >= list.count || list.depth == 0 || list.element == WIRE_ELEMENT_BIT)
        return wire_list_element_refused(list.segment, index < list.count && list.depth == 0);
    struct wire_struct_builder view = {
        list.segment,
        wire_list_builder_place(&list, index),
        list.data_bytes,
        list.pointer_count,
        (uint8_t)(list.depth - 1),
        WIRE_PRESENT,
    };
    return view;
}

/* --- Making objects ------------------------------------------------------------ */

/*
 * Each makes a new object, all zero, and lets the slot point to it. What the
 * slot pointed to before is zeroed with everything below it, so that nothing
 * of it goes out with the message; its memory is not used again. Sizes come
 * from the schema: data_words and pointer_count.
 */

struct wire_place wire_place_struct(struct wire_segment *segment, uint64_t *pointer, uint32_t depth,
                                    uint16_t data_words, uint16_t pointer_count);

static inline struct wire_struct_builder wire_slot_init_struct(struct wire_slot slot, uint16_t data_words,
                                                               uint16_t pointer_count)
{
    struct wire_place place =
        wire_place_struct(slot.segment, slot.pointer, slot.depth, data_words, pointer_count);
    struct wire_struct_builder inert = {NULL, NULL, 0, 0, 0, WIRE_ABSENT};
    if (__builtin_expect(place.at == NULL, 0))
        return inert;
    struct wire_struct_builder view = {
        place.segment, (uint8_t *)place.at,       (uint32_t)data_words * 8,
        pointer_count, (uint8_t)(slot.depth - 1), WIRE_PRESENT,
    };
    return view;
}

/* A list of any elements but structs. TOO_LARGE from 2^29 elements on. */
struct wire_list_builder wire_slot_init_list(struct wire_slot slot, enum wire_element element,
                                             uint32_t count);

/* `shape` is data_words, and the count of pointers 16 bits above; the place is that of the first element. */
struct wire_place wire_place_struct_list(struct wire_segment *segment, uint64_t *pointer, uint32_t depth,
                                         uint32_t count, uint32_t shape);

static inline struct wire_list_builder wire_slot_init_struct_list(struct wire_slot slot, uint32_t count,
                                                                  uint16_t data_words, uint16_t pointer_count)
{
    struct wire_place place = wire_place_struct_list(slot.segment, slot.pointer, slot.depth, count,
                                                     data_words | (uint32_t)pointer_count << 16);
    struct wire_list_builder inert = {NULL, NULL, 0, 0, 0, 0, 0, WIRE_ABSENT};
    if (__builtin_expect(place.at == NULL, 0))
        return inert;
    struct wire_list_builder list = {
        place.segment,       (uint8_t *)place.at,       count,        (uint32_t)data_words * 8, pointer_count,
        WIRE_ELEMENT_STRUCT, (uint8_t)(slot.depth - 1), WIRE_PRESENT,
    };
    return list;
}

/* `size` bytes of text, zero for now, and the zero byte behind them. */
struct wire_bytes wire_slot_init_text(struct wire_slot slot, uint32_t size);
struct wire_bytes wire_slot_init_data(struct wire_slot slot, uint32_t size);

/* --- Copying values in ---------------------------------------------------------- */

/*
 * Each overwrites the slot with a copy of the value, as above; an absent
 * value makes it null, a broken one is BROKEN_SOURCE. The copy is deep, with
 * far pointers resolved and sizes as they are; it checks the value as any
 * reader does, and against its message's traversal limit. The value may lie
 * in this very message, even below the slot: it is copied before what it
 * replaces is zeroed.
 */
void wire_slot_set_any(struct wire_slot slot, struct wire_any value);
void wire_slot_set_struct(struct wire_slot slot, struct wire_struct value);
void wire_slot_set_list(struct wire_slot slot, struct wire_list value);
void wire_put_text(struct wire_segment *segment, uint64_t *pointer, uint32_t depth, struct wire_text value);
void wire_put_data(struct wire_segment *segment, uint64_t *pointer, uint32_t depth, struct wire_data value);

static inline void wire_slot_set_text(struct wire_slot slot, struct wire_text value)
{
    wire_put_text(slot.segment, slot.pointer, slot.depth, value);
}

static inline void wire_slot_set_data(struct wire_slot slot, struct wire_data value)
{
    wire_put_data(slot.segment, slot.pointer, slot.depth, value);
}

/* Lets the slot name capability `index` of the message; it is not remapped. */
void wire_slot_set_cap(struct wire_slot slot, uint32_t index);

/* Makes the pointer null. */
void wire_slot_clear(struct wire_slot slot);

/* If the pointer is null, copies the root of the constant in: the default of a field that is to be changed.
 */
void wire_slot_default(struct wire_slot slot, const struct wire_segment *constant);

/*
 * Copies `value` over a struct that is already there, such as an element of a
 * list. Fields that the one has and the other has not are dropped, or zeroed.
 * The value must not lie below the struct.
 */
void wire_struct_copy(struct wire_struct_builder view, struct wire_struct value);

/* --- What is already there -------------------------------------------------------- */

/*
 * The struct that the slot points to; a new one if it is null. If it is
 * smaller than the schema asks for, as when it was copied from an older
 * sender, it is first moved to a larger place.
 */
struct wire_struct_builder wire_slot_get_struct(struct wire_slot slot, uint16_t data_words,
                                                uint16_t pointer_count);

/*
 * The list that the slot points to, of any elements but structs; inert (with
 * count 0) if it is null. The rules are those of wire_any_list().
 */
struct wire_list_builder wire_slot_get_list(struct wire_slot slot, enum wire_element element);

/* The same for structs: a list with smaller elements is first moved to a larger place. */
struct wire_list_builder wire_slot_get_struct_list(struct wire_slot slot, uint16_t data_words,
                                                   uint16_t pointer_count);

/* Inert if null. A text without its zero byte is TEXT_NOT_TERMINATED here, too. */
struct wire_bytes wire_slot_get_text(struct wire_slot slot);
struct wire_bytes wire_slot_get_data(struct wire_slot slot);

/* Views for reading. What is read through them counts against no limit. */

static inline struct wire_any wire_slot_as_any(struct wire_slot slot)
{
    if (slot.pointer == NULL)
        return wire_any_none(WIRE_ABSENT);
    return wire_any_at(slot.segment, (const uint8_t *)slot.pointer, slot.depth);
}

static inline bool wire_slot_is_null(struct wire_slot slot)
{
    return wire_slot_as_any(slot).state == WIRE_ABSENT;
}

static inline struct wire_struct wire_struct_as_reader(struct wire_struct_builder view)
{
    struct wire_struct reader = {view.segment,       view.data,  view.data_bytes,
                                 view.pointer_count, view.depth, view.state};
    return reader;
}

static inline struct wire_list wire_list_as_reader(struct wire_list_builder list)
{
    struct wire_list reader = {list.segment,       list.data,    list.count, list.data_bytes,
                               list.pointer_count, list.element, list.depth, list.state};
    return reader;
}

/* --- Scalars ------------------------------------------------------------------------ */

/* Keeps the error INDEX, unless the list was inert. */
void wire_list_write_refused(struct wire_segment *segment);

/*
 * For NAME in u8 u16 u32 u64 i8 i16 i32 i64:
 *
 *   wire_set_NAME(view, offset, value)              a field of a struct
 *   wire_set_NAME_or(view, offset, value, default)  the same with a default
 *   wire_list_set_NAME(list, index, value)          an element of a list
 *
 * Offsets as in the getters. A field outside of the struct is not written:
 * a view from wire_slot_init_struct(), wire_slot_get_struct() or
 * wire_slot_get_struct_list() has all the fields that were asked for.
 */
#define WIRE_DEFINE_SETTERS(name, type)                                                                      \
    static inline void wire_set_##name(struct wire_struct_builder view, uint32_t offset, type value)         \
    {                                                                                                        \
        if ((uint64_t)offset + sizeof(value) <= view.data_bytes)                                             \
            __builtin_memcpy(view.data + offset, &value, sizeof(value));                                     \
    }                                                                                                        \
    static inline void wire_set_##name##_or(struct wire_struct_builder view, uint32_t offset, type value,    \
                                            type default_value)                                              \
    {                                                                                                        \
        wire_set_##name(view, offset, (type)(value ^ default_value));                                        \
    }                                                                                                        \
    static inline void wire_list_set_##name(struct wire_list_builder list, uint32_t index, type value)       \
    {                                                                                                        \
        if (index >= list.count || sizeof(value) > list.data_bytes)                                          \
            wire_list_write_refused(list.segment);                                                           \
        else                                                                                                 \
            __builtin_memcpy(wire_list_builder_place(&list, index), &value, sizeof(value));                  \
    }

WIRE_DEFINE_SETTERS(u8, uint8_t)
WIRE_DEFINE_SETTERS(u16, uint16_t)
WIRE_DEFINE_SETTERS(u32, uint32_t)
WIRE_DEFINE_SETTERS(u64, uint64_t)
WIRE_DEFINE_SETTERS(i8, int8_t)
WIRE_DEFINE_SETTERS(i16, int16_t)
WIRE_DEFINE_SETTERS(i32, int32_t)
WIRE_DEFINE_SETTERS(i64, int64_t)
#undef WIRE_DEFINE_SETTERS

static inline void wire_write_bit(uint8_t *byte, uint32_t bit, bool value)
{
    *byte = (uint8_t)((*byte & ~(1u << (bit % 8))) | (uint32_t)value << (bit % 8));
}

/* A bool's offset is in bits. */
static inline void wire_set_bool(struct wire_struct_builder view, uint32_t bit, bool value)
{
    if (bit / 8 < view.data_bytes)
        wire_write_bit(view.data + bit / 8, bit, value);
}

static inline void wire_set_bool_or(struct wire_struct_builder view, uint32_t bit, bool value,
                                    bool default_value)
{
    wire_set_bool(view, bit, value != default_value);
}

static inline void wire_list_set_bool(struct wire_list_builder list, uint32_t index, bool value)
{
    if (index >= list.count || list.element != WIRE_ELEMENT_BIT)
        wire_list_write_refused(list.segment);
    else
        wire_write_bit(list.data + index / 8, index, value);
}

static inline uint32_t wire_f32_bits(float value)
{
    uint32_t bits;
    __builtin_memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static inline uint64_t wire_f64_bits(double value)
{
    uint64_t bits;
    __builtin_memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static inline void wire_set_f32_or(struct wire_struct_builder view, uint32_t offset, float value,
                                   uint32_t default_bits)
{
    wire_set_u32_or(view, offset, wire_f32_bits(value), default_bits);
}

static inline void wire_set_f32(struct wire_struct_builder view, uint32_t offset, float value)
{
    wire_set_u32(view, offset, wire_f32_bits(value));
}

static inline void wire_set_f64_or(struct wire_struct_builder view, uint32_t offset, double value,
                                   uint64_t default_bits)
{
    wire_set_u64_or(view, offset, wire_f64_bits(value), default_bits);
}

static inline void wire_set_f64(struct wire_struct_builder view, uint32_t offset, double value)
{
    wire_set_u64(view, offset, wire_f64_bits(value));
}

static inline void wire_list_set_f32(struct wire_list_builder list, uint32_t index, float value)
{
    wire_list_set_u32(list, index, wire_f32_bits(value));
}

static inline void wire_list_set_f64(struct wire_list_builder list, uint32_t index, double value)
{
    wire_list_set_u64(list, index, wire_f64_bits(value));
}

#ifdef __cplusplus
}
#endif

#endif
