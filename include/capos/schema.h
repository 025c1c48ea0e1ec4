/*
 * schema: what generated code says about interfaces at run time.
 *
 * capnpc-capos writes one constant table for each interface of a schema. The
 * runtime fills calls from it, a server and the kernel check calls against
 * it. Nothing here needs the runtime. For
 *
 *     interface Timer @0x90699771782c4d3e { now @0 () -> (ns :UInt64); sleep @1 (ns :UInt64); }
 *
 * the generated header has
 *
 *     enum { TIMER_METHOD_NOW = 0, TIMER_METHOD_SLEEP = 1 };
 *     extern const struct capos_interface timer_interface;
 */
#ifndef CAPOS_SCHEMA_H
#define CAPOS_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Capabilities of one message, where the schema alone does not bound them. */
#define CAPOS_MESSAGE_CAPS_MAX 16

/*
 * A method. The sizes are those of the structs of its params and results, as
 * wire_slot_init_struct() takes them: what this schema knows, a peer with
 * another version of it may send less or more.
 */
struct capos_method {
    const char *name;           /* as in the schema: "writeLine" */
    uint64_t interface_id;      /* of the interface that declares it */
    uint16_t ordinal;           /* its @number, and its index in the table */
    uint16_t params_data_words; /* words of 8 bytes */
    uint16_t params_pointers;   /* pointers, a word each */
    uint16_t results_data_words;
    uint16_t results_pointers;
    uint16_t params_caps; /* capabilities that go along, at most */
    uint16_t results_caps;
    uint16_t results_fields; /* capability fields of the results themselves: the first ones to come */
};

/*
 * An interface. `methods` are those that it declares itself, at their
 * ordinals; the ones that it inherits are in the tables of its superclasses,
 * and are called by those interfaces' ids.
 */
struct capos_interface {
    uint64_t id;
    const char *name; /* as in the schema: "Console" */
    const struct capos_method *methods;
    const struct capos_interface *const *superclasses; /* null if there are none */
    uint16_t method_count;
    uint16_t superclass_count;
};

#ifdef __cplusplus
}
#endif

#endif
