/*
 * What a trace says about calls, in words: names of interfaces and methods,
 * and payloads in Cap'n Proto's text form. It knows schemas as the compiler
 * hands them to its plugins: `capnp compile -o- FILE.capnp` writes one.
 *
 * Neither schemas nor payloads are trusted: whatever they hold, a text has its
 * bound, and says where it was cut.
 */
#ifndef CAPOS_KERNEL_TRACE_H
#define CAPOS_KERNEL_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capos/wire.h"

/* Values nested deeper are shown as "...". */
enum { TRACE_DEPTH_MAX = 16 };

/* --- Texts: appended to until they are full -------------------------------------- */

struct trace_text {
    char *chars;
    size_t room; /* a full text ends in "..." */
    size_t size;
    bool full;
};

void trace_text_init(struct trace_text *text, char *chars, size_t room);
void trace_put(struct trace_text *text, const char *chars, size_t size);
__attribute__((format(printf, 2, 3))) void trace_printf(struct trace_text *text, const char *format, ...);

/* A name as one word of a line: what is no graphic character of ASCII is escaped. */
void trace_put_name(struct trace_text *text, const char *chars, size_t size);

/* --- Schemas ----------------------------------------------------------------------- */

struct trace_node;

struct trace_schema {
    struct trace_schema *next;
    struct wire_message message;
    struct wire_segment *segments;
    struct trace_node *nodes; /* by id */
    uint32_t node_count;
};

/*
 * Opens the bytes of a CodeGeneratorRequest, 8-byte aligned, which stay as long as
 * the schema. NULL: what is wrong with it; else there is nothing to free.
 */
const char *trace_schema_open(struct trace_schema *schema, const void *bytes, size_t size);
void trace_schema_close(struct trace_schema *schema);

/* --- What is said of calls: the first schema of the chain that knows it ------------- */

/* "Store.put"; ids in hexadecimal and ordinals in the place of what is not known. */
void trace_put_method(struct trace_text *text, const struct trace_schema *schemas, uint64_t interface_id,
                      uint16_t ordinal);

/* "put" alone. */
void trace_put_ordinal(struct trace_text *text, const struct trace_schema *schemas, uint64_t interface_id,
                       uint16_t ordinal);

enum trace_payload { TRACE_PARAMS, TRACE_RESULTS, TRACE_EXCEPTION };

/*
 * A payload as it lies in the flat message of so many bytes, a multiple of 8; that of an
 * unknown method as "<unknown>".
 */
void trace_put_payload(struct trace_text *text, const struct trace_schema *schemas, uint64_t interface_id,
                       uint16_t ordinal, enum trace_payload what, const void *message, size_t bytes);

/* "ok", the type of an exception, or the name of a status. */
void trace_put_status(struct trace_text *text, int32_t result, uint32_t exception_type);

#endif
