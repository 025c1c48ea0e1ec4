/*
 * A check of a manifest in progress: the place at hand, and the one line that
 * says why it is refused.
 */
#ifndef CAPOS_INIT_CHECK_H
#define CAPOS_INIT_CHECK_H

#include <capos/text.h>

#include "init/graph.h"

/* Where a program stands: a service's index, or this. */
enum { INIT_ITSELF = -1 };

struct init_check {
    const struct wire_message *message;
    struct init_graph *graph;
    struct capos_line line; /* over the error's text */
};

/*
 * The place at hand, as the manifest's author wrote it. Each begins a new
 * line, and is to be followed by init_check_refuse().
 */
struct capos_line *init_check_at(struct init_check *check, const char *field);

/* LIST[3] */
struct capos_line *init_check_at_entry(struct init_check *check, const char *list, uint32_t index);

/* services[3] "kv".FIELD, or init.FIELD; "" is the program itself. */
struct capos_line *init_check_at_program(struct init_check *check, int32_t who, const char *field);

/* services[3] "kv".LIST[1] "name" */
struct capos_line *init_check_at_element(struct init_check *check, int32_t who, const char *list,
                                         uint32_t index, struct wire_text name);

/* Ends the line; always false. A damaged message comes before what it seems to lack. */
bool init_check_refuse(struct init_check *check, const char *what);

/* In quotes; bytes that are not printable ASCII become '?', and it ends after 60. */
void init_check_add_quoted(struct capos_line *line, struct wire_text name);

/* What is wrong with a name, or null: 1 to 43 bytes of UTF-8 without control characters. */
const char *init_check_name(struct wire_text name);

/* services[3] "kv" */
void init_check_add_service(struct capos_line *line, const struct init_graph *graph, uint32_t service);

/* Whether a struct says anything beyond what the schema of this version has. */
bool init_check_says_more(struct wire_struct s, uint32_t data_bytes, uint16_t pointers);

/* The second step, over a graph that is read: imports, budgets and the order. */
bool init_check_graph(struct init_check *check);

#endif
