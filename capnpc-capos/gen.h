/*
 * capnpc-capos: the schema compiler's model, and who does what with it.
 *
 *   request.c   opens the request and finds its nodes
 *   model.c     turns each node into the plain structs below
 *   names.c     schema names to C names, without any context
 *   scope.c     the C name of each node: scopes, methods, annotations
 *   claims.c    every C name once, or a diagnosis
 *   layout.c    what a type is in C and on the wire
 *   caps.c      how many capabilities a struct has, and which is which
 *   comment.c   doc comments and literals as C
 *   emit_*.c    one artefact each; emit_file.c puts them together
 *   output.c    writes the files
 *   memory.c    the arena, texts, diagnostics
 *
 * Strings and model objects live in the arena, which is freed at the end.
 * Whatever is wrong with a schema is a diagnostic: work goes on to find more,
 * and no file is written when there was one.
 */
#ifndef CAPNPC_CAPOS_GEN_H
#define CAPNPC_CAPOS_GEN_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <capos/wire.h>

#define GEN_VERSION "0.1"

/* --- Limits --------------------------------------------------------------- */

#define GEN_SCOPES_MAX      64          /* names within names */
#define GEN_TYPE_DEPTH_MAX  16          /* lists of lists */
#define GEN_INHERITED_MAX   256         /* interfaces that one interface inherits */
#define GEN_DIAGNOSTICS_MAX 20          /* then the rest is not looked at */
#define GEN_OUTPUT_MAX      (256 << 20) /* bytes of one generated file */
#define GEN_REQUEST_MAX     (256 << 20) /* bytes of a request */

/* --- The model -------------------------------------------------------------- */

/* The order of the first ones is that of Type's union in schema.capnp. */
enum gen_kind {
    GEN_VOID,
    GEN_BOOL,
    GEN_I8,
    GEN_I16,
    GEN_I32,
    GEN_I64,
    GEN_U8,
    GEN_U16,
    GEN_U32,
    GEN_U64,
    GEN_F32,
    GEN_F64,
    GEN_TEXT,
    GEN_DATA,
    GEN_LIST,
    GEN_ENUM,
    GEN_STRUCT,
    GEN_INTERFACE,
    GEN_ANY,
    GEN_KINDS,
};

struct gen_type {
    enum gen_kind kind;
    bool generic;                   /* a type parameter, read as AnyPointer */
    struct gen_node *node;          /* of an enum, a struct, an interface */
    const struct gen_type *element; /* of a list */
};

/* A value of the schema: a default or a constant. */
struct gen_value {
    uint64_t bits;       /* of a scalar */
    struct wire_any any; /* of what is behind a pointer */
    struct wire_text text;
    struct wire_data data;
    bool present; /* a pointer that is not null */
};

#define GEN_NO_TAG 0xffff

struct gen_field {
    const char *schema_name;
    const char *name;  /* snake case */
    const char *upper; /* upper case */
    const char *doc;   /* null if there is none */
    struct gen_node *group;
    struct gen_type type;
    struct gen_value value; /* the default */
    uint32_t offset;        /* in units of the type; a pointer's index */
    uint16_t tag;           /* in the union, or GEN_NO_TAG */
    uint16_t code_order;
    uint16_t ordinal; /* 0 for groups */
    uint16_t record;  /* of a capability: its rank among those of the struct, groups included */
};

struct gen_enumerant {
    const char *schema_name;
    const char *upper;
    const char *doc;
};

struct gen_method {
    const char *schema_name;
    const char *name;
    const char *upper;
    const char *doc;
    struct gen_node *params;
    struct gen_node *results; /* null: a stream's, which are empty */
    uint16_t ordinal;
};

enum gen_node_kind {
    GEN_NODE_FILE,
    GEN_NODE_STRUCT,
    GEN_NODE_ENUM,
    GEN_NODE_INTERFACE,
    GEN_NODE_CONST,
    GEN_NODE_ANNOTATION,
    GEN_NODE_OTHER,
};

struct gen_node {
    uint64_t id;
    uint64_t scope_id;
    enum gen_node_kind kind;
    const char *display;     /* "dir/file.capnp:Foo.Bar" */
    const char *schema_name; /* "Bar" */
    const char *doc;
    const char *rename; /* of an annotation: prefix of a file, name of all else */
    struct gen_node *scope;
    struct gen_node *file;
    const char *name; /* "foo_bar" */
    const char *upper;
    uint64_t *nested;
    uint32_t nested_count;
    bool listed; /* in the order of its file */
    bool used;   /* scratch: an import that is needed */

    uint16_t data_words; /* struct */
    uint16_t pointer_count;
    bool is_group;
    uint16_t tag_count;
    uint32_t tag_offset; /* in 16-bit units */
    struct gen_field *fields;
    struct gen_field **ordered; /* as in the schema's text */
    uint32_t field_count;
    uint32_t cap_count; /* capability fields of a struct, groups included */
    bool has_deep_caps; /* more may lie below: how many is not known */

    struct gen_enumerant *enumerants; /* enum */
    uint32_t enumerant_count;

    struct gen_method *methods; /* interface */
    uint32_t method_count;
    struct gen_node **supers;
    uint32_t super_count;

    struct gen_type type; /* const */
    struct gen_value value;
};

struct gen_import {
    struct gen_node *file;
    const char *path; /* as written in the schema */
};

/* A file to generate for. */
struct gen_file {
    struct gen_node *node;
    const char *path; /* "schema/capos.capnp" */
    const char *stem; /* "schema/capos" */
    const char *guard;
    struct gen_import *imports;
    uint32_t import_count;
    struct gen_node **nodes; /* all that are declared in it, in the schema's order */
    uint32_t node_count;
};

/* --- The whole -------------------------------------------------------------- */

struct gen_text {
    char *bytes; /* ends in a zero byte */
    size_t size;
    size_t room;
    bool full; /* GEN_OUTPUT_MAX was reached; what came then is lost */
};

/* A generated file, in memory. */
struct gen_output {
    const char *path;
    struct gen_text text;
    struct gen_output *next;
};

struct gen_block;
struct gen_claim;

struct gen {
    struct gen_block *blocks;
    struct gen_text diagnostics; /* a line each */
    uint32_t diagnostic_count;

    uint64_t request_words;
    uint64_t *scratch; /* for one value of the request */
    struct gen_node *nodes;
    struct gen_node **by_id;
    uint32_t node_count;
    struct gen_file *files;
    uint32_t file_count;

    struct gen_claim **claims; /* of the file at hand */
    const struct gen_node *clashed_node;
    const char *clashed_member;

    struct gen_output *outputs; /* newest first */
};

/*
 * Generates everything for a request: a message with stream framing at
 * `bytes`, 8-byte aligned. False if there were diagnostics. The outputs stay
 * until gen_fini().
 */
bool gen_run(struct gen *gen, const void *bytes, uint64_t size);
void gen_fini(struct gen *gen);

/* output.c: writes all outputs below the working directory; false with a diagnostic. */
bool gen_write_outputs(struct gen *gen);
/* Whether a path stays below the folder that it starts in. */
bool gen_path_is_safe(const char *path);
/* Whether a path can stand in a C comment and in an #include. */
bool gen_path_is_plain(const char *path);

/* --- memory.c ----------------------------------------------------------------- */

/* Zeroed. Ends the program when there is no memory. */
void *gen_alloc(struct gen *gen, size_t count, size_t size);
const char *gen_copy(struct gen *gen, const char *chars, size_t size);
const char *gen_format(struct gen *gen, const char *format, ...)
    __attribute__((format(printf, 2, 3), nonnull(2)));

void gen_text_add(struct gen_text *text, const char *bytes, size_t size);
void gen_put(struct gen_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3), nonnull(2)));
void gen_put_list(struct gen_text *text, const char *format, va_list arguments) __attribute__((nonnull(2)));

void gen_text_free(struct gen_text *text);

/* `where` is a place in a schema, such as a node's display name; `member` may be null. */
void gen_complain(struct gen *gen, const char *where, const char *member, const char *format, ...)
    __attribute__((format(printf, 4, 5), nonnull(4)));

/* --- request.c, model.c, scope.c ------------------------------------------------- */

bool gen_open(struct gen *gen, struct wire_message *message, const void *bytes, uint64_t size);
/* Null if the request has no such node. */
struct gen_node *gen_find(struct gen *gen, uint64_t id);
void gen_name_nodes(struct gen *gen);
/* A path without ".capnp". */
const char *gen_stem(struct gen *gen, const char *path);
void gen_list_nodes(struct gen *gen, struct gen_file *file);

/* --- names.c ------------------------------------------------------------------------ */

/* A name as capnp allows it: a letter, then letters and digits. Underscores are let through. */
bool gen_name_ok(const char *name);
/* writeLine -> write_line, HTTPServer -> http_server, sha256Sum -> sha256_sum. */
const char *gen_snake(struct gen *gen, const char *name);
const char *gen_upper(struct gen *gen, const char *snake);
/* Words that C or C++ keep for themselves get a trailing "_". */
const char *gen_identifier(struct gen *gen, const char *snake);
/* Macros of the headers that generated code includes. */
bool gen_is_macro(const char *name);

/* --- claims.c ----------------------------------------------------------------------- */

enum gen_space { GEN_TAGS, GEN_ORDINARY };

/* Takes a C name for a place in a schema, or complains naming both. */
void gen_claim(struct gen *gen, enum gen_space space, const char *name, const struct gen_node *node,
               const char *member);
void gen_claims_reset(struct gen *gen);

/* --- layout.c ------------------------------------------------------------------------- */

struct gen_layout {
    const char *c_type;  /* of a scalar, a text, ... */
    const char *suffix;  /* wire_get_SUFFIX */
    const char *element; /* WIRE_ELEMENT_x in a list */
    uint8_t bits;        /* in the data section; 0 for pointers and Void */
    bool pointer;
};

const struct gen_layout *gen_layout(enum gen_kind kind);
static inline bool gen_is_scalar(enum gen_kind kind)
{
    return (kind >= GEN_BOOL && kind <= GEN_F64) || kind == GEN_ENUM;
}
/* Where a scalar lies, as the accessors of wire want it: in bytes, a bool in bits. */
uint32_t gen_place(enum gen_kind kind, uint32_t offset);
/* "struct foo_reader", "uint32_t", ... */
const char *gen_reader_type(struct gen *gen, const struct gen_type *type);

/* --- caps.c ----------------------------------------------------------------------------- */

/* Ranks and counts capability fields. */
void gen_count_caps(struct gen *gen);
/* The most capabilities that a message of this struct has, as a C expression; "0" for none. */
const char *gen_caps_max(struct gen *gen, const struct gen_node *node);
/* "struct file", or "capos_cap" if the type has no name; the same on its way out. */
const char *gen_client_type(struct gen *gen, const struct gen_type *type);
const char *gen_transfer_type(struct gen *gen, const struct gen_type *type);

/* --- comment.c ------------------------------------------------------------------------ */

/* A doc comment as a C comment, each line indented; nothing if doc is null. */
void gen_put_doc(struct gen_text *text, const char *indent, const char *doc);
/* The bytes as a C string literal with its quotes. */
const char *gen_literal(struct gen *gen, const void *bytes, size_t size);
/* A scalar as a C expression; floats as their bits if `bits`. */
const char *gen_scalar(struct gen *gen, const struct gen_type *type, uint64_t bits);

/* --- emit.c, emit_*.c --------------------------------------------------------------------------- */

/* Where an emitter writes, and for what. */
struct gen_emit {
    struct gen *gen;
    struct gen_file *file;
    struct gen_text *header;
    struct gen_text *source; /* what must be in the .c file */
};

/* "static inline TYPE NAME(PARAMS)" and the opening brace; claims the name. */
void gen_begin(struct gen_emit *e, const struct gen_node *node, const char *member, const char *type,
               const char *name, const char *params);
/* A statement of the body; long ones are broken. */
void gen_line(struct gen_emit *e, const char *format, ...) __attribute__((format(printf, 2, 3), nonnull(2)));
void gen_end(struct gen_emit *e);

/* imports.c: marks the files of the types that are used, or of the interfaces that are inherited, ... */
void gen_find_used(struct gen_emit *e);
void gen_find_inherited(struct gen_emit *e);
/* The same, and of the interfaces that fields are of. */
void gen_find_clients(struct gen_emit *e);
/* Includes the headers of the files that were marked; false if there is none. */
bool gen_put_includes(struct gen_emit *e, struct gen_text *text, const char *suffix);

void gen_emit_file(struct gen *gen, struct gen_file *file);
void gen_emit_types(struct gen_emit *e, struct gen_node *node);
void gen_emit_readers(struct gen_emit *e, struct gen_node *node);
void gen_emit_builders(struct gen_emit *e, struct gen_node *node);
void gen_emit_const(struct gen_emit *e, struct gen_node *node);
void gen_emit_interface(struct gen_emit *e, struct gen_node *node);
/* The client header's part: a capability's own type, the capabilities in structs, and the calls. */
void gen_emit_client_type(struct gen_emit *e, struct gen_node *node);
void gen_emit_caps(struct gen_emit *e, struct gen_node *node);
void gen_emit_client(struct gen_emit *e, struct gen_node *node);
/* With CAPOS_DEBUG, a call of this function notes where it stands. */
void gen_put_noted(struct gen_emit *e, const char *name);
/* The server header's part. */
void gen_emit_server(struct gen_emit *e, struct gen_node *node);
/* The statements that make a group of "builder" new. */
void gen_emit_group_reset(struct gen_emit *e, const struct gen_node *group);
/* Declares what the defaults of a struct's pointers lie in. */
void gen_emit_defaults(struct gen_emit *e, struct gen_node *node);
/* A default as an argument of the wire functions that end in _or. */
const char *gen_default_scalar(struct gen *gen, const struct gen_field *field);
const char *gen_default_view(struct gen_emit *e, const struct gen_node *node, const struct gen_field *field);

#endif
