/*
 * wire: Cap'n Proto messages in memory that the caller owns.
 *
 * The format is that of the Cap'n Proto encoding specification
 * (https://capnproto.org/encoding.html): a message is read and written where
 * it lies, there is no step of parsing. This library is the part that all
 * schemas share; capnpc-capos generates the thin, typed rest. It needs no
 * libc (but the memcpy family), never allocates, never recurses, and keeps
 * nothing outside of the objects that it is given.
 *
 *   wire_message.h  errors; a message and its segments; opening, verifying
 *   wire_view.h     what readers hold: structs, lists, text, data, AnyPointer
 *   wire_reader.h   fields, elements, following pointers
 *   wire_builder.h  building in the caller's arena; copying
 *   wire_stream.h   the framing for streams and files
 *
 * Reading
 *
 *     struct wire_message message;
 *     wire_open_flat(&message, WIRE_PRIVATE, bytes, size);
 *     struct wire_struct person = wire_root(&message);
 *     struct wire_text name = wire_get_text(person, 0);
 *     uint16_t age = wire_get_u16(person, 0);
 *     if (message.error != WIRE_OK)
 *         complain(wire_error_text(message.error), message.error_segment, message.error_word);
 *
 * Every pointer is checked when it is followed, and nothing is checked that
 * is not read. A view knows its state, so that three answers are never mixed
 * up: there is a value (WIRE_PRESENT), there is none (WIRE_ABSENT), it cannot
 * be read (WIRE_BROKEN). Views of the last two kinds can be read on like any
 * other: numbers are their defaults, lists have no elements, what lies below
 * is absent or broken, too. The first error is kept by the message, with the
 * place of the pointer that is wrong. So code may look once, at the end, or
 * at each step, and is safe in both cases.
 *
 * Limits hold a hostile message back: how deep it may be (nesting_limit) and
 * how many words may be visited (traversal_left: objects are counted as
 * often as they are opened; list elements without size count a word each).
 *
 * Shared memory
 *
 * A peer that can write the message while it is read (WIRE_SHARED) cannot
 * break the reader: each pointer is loaded once, checked and used from that
 * copy, and views hold positions that were checked. The values are another
 * matter: two reads of one field may differ, and a text may lose its zero
 * byte. Copy what is checked and used later. Small messages are best copied
 * whole, and opened WIRE_PRIVATE.
 *
 * Building
 *
 *     uint64_t arena[64];
 *     struct wire_build build;
 *     wire_build_init(&build, arena, 64);
 *     struct wire_struct_builder person = wire_slot_init_struct(wire_build_root(&build), 1, 1);
 *     wire_set_u16(person, 0, 36);
 *     wire_slot_set_text(wire_slot_of(person, 0), WIRE_TEXT("Ada"));
 *     uint64_t size;
 *     const void *bytes = wire_build_flat(&build, &size);    // null if anything went wrong
 *
 * Capabilities
 *
 * In a message a capability is a number: an index into the list of those that
 * travel along. Who sends and receives messages keeps that list; after
 * opening, set message.cap_count to its length.
 *
 * Generated code wraps the views in types of its own, one for each struct of
 * the schema, so that they cannot be confused, and adds nothing at run time:
 *
 *     struct person_reader { struct wire_struct s; };
 *     struct person_builder { struct wire_struct_builder s; };
 *
 *     static inline struct person_reader person_read(struct wire_message *message)
 *     {
 *         struct person_reader view = {wire_root(message)};
 *         return view;
 *     }
 *     static inline uint16_t person_get_age(struct person_reader r)
 *     {
 *         return wire_get_u16_or(r.s, 0, 18);            // age @0 :UInt16 = 18;
 *     }
 *     static inline struct wire_text person_get_name(struct person_reader r)
 *     {
 *         return wire_get_text(r.s, 0);                  // name @1 :Text;
 *     }
 *     static inline struct wire_list person_get_phones(struct person_reader r)
 *     {
 *         return wire_get_list(r.s, 1, WIRE_ELEMENT_STRUCT);
 *     }
 *     static inline struct person_builder person_build(struct wire_build *build)
 *     {
 *         struct person_builder view = {wire_slot_init_struct(wire_build_root(build), 1, 2)};
 *         return view;
 *     }
 *     static inline void person_set_age(struct person_builder b, uint16_t value)
 *     {
 *         wire_set_u16_or(b.s, 0, value, 18);
 *     }
 *     static inline void person_set_name(struct person_builder b, struct wire_text value)
 *     {
 *         wire_slot_set_text(wire_slot_of(b.s, 0), value);
 *     }
 *     static inline struct wire_list_builder person_init_phones(struct person_builder b, uint32_t count)
 *     {
 *         return wire_slot_init_struct_list(wire_slot_of(b.s, 1), count, 1, 1);
 *     }
 */
#ifndef CAPOS_WIRE_H
#define CAPOS_WIRE_H

#include <capos/wire_builder.h>
#include <capos/wire_message.h>
#include <capos/wire_reader.h>
#include <capos/wire_stream.h>
#include <capos/wire_view.h>

#endif
