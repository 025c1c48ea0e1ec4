/*
 * transfer: capabilities that go along with a message.
 *
 * A capability field of a struct holds no capability, only an index into a
 * list that travels beside the message. Generated code hides the list: for a
 * field `file` of type File in a struct Entry it declares
 *
 *     entry_pass_file(builder, file_copied(file));   puts one into a message that is being built
 *     entry_adopt_file(reader, &file);               takes one out, as a handle of the program's own
 *     entry_borrow_file(reader, &file);              uses one as long as the message is there
 *
 * What goes out says how:
 *
 *     file_copied(file)    the receiver gets a capability of its own; so does the program keep its
 *     file_moved(file)     the program gives its handle away, of which it must be the one owner
 *     file_minted(object)  a new one, to an object that the program serves (capos/server.h)
 *
 * A message takes all its capabilities along or none. If the call (or the
 * reply) ends with CAP_OK, what was moved is gone: it must not be used or
 * released any more. If it ends with anything else, the handle is still the
 * program's, and still to be released. It may be empty by then: a message
 * that was delivered before it failed took its capabilities along, and the
 * handle answers STALE_CAP. capos_handle_keep() tells the analyzer of
 * `make lint` that the program goes on with it.
 *
 * What comes in and is not adopted is released with the message: when the
 * call is finished, or the request is answered. Each can be adopted once.
 */
#ifndef CAPOS_TRANSFER_H
#define CAPOS_TRANSFER_H

#include <capos/handle.h>
#include <capos/schema.h>
#include <capos/wire.h>

#ifdef __cplusplus
extern "C" {
#endif

struct capos_object;

/* Words that one outgoing capability takes in a message's buffer, and one that came. */
#define CAPOS_TRANSFER_WORDS 6
#define CAPOS_RECORD_WORDS   4

/* A capability on its way out. Generated code wraps it: struct file_transfer. */
struct capos_transfer {
    capos_cap cap;               /* to copy, or to move */
    struct capos_object *object; /* to mint; else null */
    uint16_t mode;               /* enum cap_transfer_mode */
    uint64_t interface_id;
};

/* What a message does with the program's own, in case that it fails. */
struct capos_given {
    capos_cap cap;               /* moved; else null */
    struct capos_object *object; /* minted; else null */
};

/*
 * The list beside one message. The fields are the runtime's; it lies in the
 * call or request, and messages lead to it by `caps` of struct wire_message.
 */
struct capos_caps {
    struct capos_runtime *runtime;
    struct cap_transfer *outgoing;        /* while it is being built: room for `max` */
    struct capos_given *given;            /* room for `max` */
    struct cap_transfer_result *incoming; /* once it has come */
    const uint8_t *root;                  /* results alone: the struct whose capability fields have ... */
    uint16_t fields;                      /* ... the first so many places in the list */
    uint16_t count;
    uint16_t max;
    uint16_t given_count;
    capos_status status; /* why something could not be passed */
    uint8_t promised;    /* one of the outgoing ones is */
};

/* What the functions named after the modes return. */
static inline struct capos_transfer capos_transfer_copy(capos_cap cap)
{
    struct capos_transfer transfer = {cap, NULL, CAP_TRANSFER_COPY, 0};
    return transfer;
}
static inline struct capos_transfer capos_transfer_move(capos_cap cap)
{
    CAPOS_GIVEN(cap);
    struct capos_transfer transfer = {cap, NULL, CAP_TRANSFER_MOVE, 0};
    return transfer;
}
static inline struct capos_transfer capos_transfer_mint(struct capos_object *object, uint64_t interface_id)
{
    struct capos_transfer transfer = {CAPOS_CAP_NULL, object, CAP_TRANSFER_MINT, interface_id};
    return transfer;
}

/*
 * Lets a pointer of a message that is being built be a capability. `of` is
 * the data of the struct that it is a field of, and `field` its rank among
 * the capability fields of that struct; null and 0 for an element of a list.
 *
 * Failures are sticky and answered by submit, or by the reply: NOT_PERMITTED
 * if a handle is moved that is not owned, or has several owners; STALE_CAP if
 * it is released; BAD_TRANSFER if it, or the field, goes out already;
 * MESSAGE_TOO_LARGE with more capabilities than the message has room for.
 */
void capos_caps_pass(struct wire_slot slot, const uint8_t *of, uint16_t field,
                     struct capos_transfer transfer);

/*
 * Takes the capability of a pointer out of a message that came: *ret_cap is a
 * handle with one owner. interface_id 0 takes any interface.
 *
 * Returns CAP_OK; NOT_FOUND if the pointer, or the capability, is null, or was
 * adopted before; WRONG_INTERFACE if it has another one than interface_id;
 * NO_MEMORY if the table of handles cannot grow: it can be adopted later;
 * BAD_MESSAGE if the pointer is none, is not at its place in the list, or
 * came with no list.
 */
capos_status capos_caps_adopt(struct wire_any pointer, const uint8_t *of, uint16_t field,
                              uint64_t interface_id, capos_cap *ret_cap CAPOS_ACQUIRES);

/* The same without taking it: the capability is good until the message is gone, or it is adopted. */
capos_status capos_caps_borrow(struct wire_any pointer, const uint8_t *of, uint16_t field,
                               uint64_t interface_id, capos_cap *ret_cap);

/*
 * Goes on with a handle that a message was to give away and did not: after a
 * failure, it is the program's as before.
 *
 * Returns CAP_OK, or STALE_CAP if the program does not own it.
 */
capos_status capos_handle_keep(struct capos_runtime *runtime, capos_cap *cap CAPOS_ACQUIRES);

#ifdef CAPOS_DEBUG
#    define capos_caps_adopt(...) CAPOS_NOTED(capos_caps_adopt(__VA_ARGS__))
#endif

#ifdef __cplusplus
}
#endif

#endif
