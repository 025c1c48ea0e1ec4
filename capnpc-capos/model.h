/*
 * Between request.c and model.c: the only files that know schema.capnp.
 */
#ifndef CAPNPC_CAPOS_MODEL_H
#define CAPNPC_CAPOS_MODEL_H

#include "gen.h"

#ifndef GEN_SCHEMA_H
#    define GEN_SCHEMA_H "stage0/schema.h"
#endif
#include GEN_SCHEMA_H

/* Fills in gen->nodes, which request.c has indexed. */
void gen_read_model(struct gen *gen, struct code_generator_request_reader request);

/* model_type.c: types and values. */
struct gen_type gen_read_type(struct gen *gen, const struct gen_node *node, const char *member,
                              struct type_reader type);
struct gen_value gen_read_value(const struct gen_type *type, struct value_reader value);

#endif
