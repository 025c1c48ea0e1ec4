/*
 * Typed servers: an ops struct for each interface, the tables by which a call
 * finds its op, and what is needed to answer later. capos/server.h has the
 * behaviour.
 */
#include "emit_client.h"

/* Params or results that an op is not given: a method's own without any field. */
static bool is_nothing(const struct gen_node *node)
{
    for (uint32_t i = 0; node && i < node->field_count; i++)
        if (node->fields[i].group || node->fields[i].type.kind != GEN_VOID)
            return false;
    return !node || node->scope_id == 0;
}

static const char *op_name(struct gen_emit *e, const struct gen_method *method)
{
    return gen_identifier(e->gen, method->name);
}

/* --- The ops -------------------------------------------------------------------------------- */

static void claim_member(struct gen_emit *e, struct gen_node *node, const char *member, const char *of)
{
    gen_claim(e->gen, GEN_ORDINARY, gen_format(e->gen, "%s_ops.%s", node->name, member), node, of);
}

static void put_op(struct gen_emit *e, struct gen_node *node, const struct gen_method *method)
{
    claim_member(e, node, op_name(e, method), method->schema_name);
    gen_put_doc(e->header, "    ", method->doc);
    gen_put(e->header, "    capos_status (*%s)(struct capos_request *request", op_name(e, method));
    if (!is_nothing(method->params))
        gen_put(e->header, ",\n        struct %s_reader params", method->params->name);
    if (!is_nothing(method->results))
        gen_put(e->header, ",\n        struct %s_builder results", method->results->name);
    gen_put(e->header, ");\n");
}

static void put_ops(struct gen_emit *e, struct gen_node *node, const struct lineage *lineage)
{
    const char *type = gen_format(e->gen, "%s_ops", node->name);
    gen_claim(e->gen, GEN_TAGS, type, node, NULL);
    gen_put(e->header, "/* What a server does for each method; one that is null is unimplemented. */\n");
    gen_put(e->header, "struct %s {\n", type);
    for (uint32_t i = 0; i < node->method_count; i++)
        put_op(e, node, &node->methods[i]);
    for (uint32_t i = 1; i < lineage->count; i++) {
        const char *member = gen_format(e->gen, "as_%s", lineage->nodes[i]->name);
        claim_member(e, node, member, NULL);
        gen_put(e->header, "    const struct %s_ops *%s;\n", lineage->nodes[i]->name, member);
    }
    if (node->method_count == 0 && lineage->count == 1)
        gen_put(e->header, "    const void *nothing; /* there are no methods */\n");
    gen_put(e->header, "};\n\n");
}

/* --- The tables --------------------------------------------------------------------------------- */

static void put_thunk(struct gen_emit *e, struct gen_node *node, const struct gen_method *method)
{
    const char *params = is_nothing(method->params) ? "" : ", params";
    const char *results = is_nothing(method->results) ? "" : ", results";
    gen_begin(e, node, method->schema_name, "capos_status",
              gen_format(e->gen, "%s_serve_%s", node->name, method->name),
              "struct capos_request *request, const void *of_object");
    gen_line(e, "const struct %s_ops *ops = (const struct %s_ops *)of_object;", node->name, node->name);
    if (*params)
        gen_line(e, "struct %s_reader params = {request->params};", method->params->name);
    if (*results)
        gen_line(e, "struct %s_builder results = {request->answer.results};", method->results->name);
    gen_line(e, "if (!ops || !ops->%s)\n        return capos_request_refuse_method(request);",
             op_name(e, method));
    gen_line(e, "return ops->%s(request%s%s);", op_name(e, method), params, results);
    gen_end(e);
}

static void claim_table(struct gen_emit *e, struct gen_node *node, const char *tail)
{
    gen_claim(e->gen, GEN_ORDINARY, gen_format(e->gen, "%s_%s", node->name, tail), node, NULL);
}

static void put_methods(struct gen_emit *e, struct gen_node *node)
{
    for (uint32_t i = 0; i < node->method_count; i++)
        put_thunk(e, node, &node->methods[i]);
    claim_table(e, node, "serve_methods");
    gen_put(e->header, "static const capos_serve_fn %s_serve_methods[] = {\n", node->name);
    for (uint32_t i = 0; i < node->method_count; i++)
        gen_put(e->header, "    %s_serve_%s,\n", node->name, node->methods[i].name);
    gen_put(e->header, "%s};\n\n", node->method_count == 0 ? "    NULL,\n" : "");
}

static void put_service(struct gen_emit *e, struct gen_node *node, const struct lineage *lineage)
{
    claim_table(e, node, "service_parts");
    claim_table(e, node, "service");
    gen_put(e->header, "static const struct capos_service_part %s_service_parts[] = {\n", node->name);
    for (uint32_t i = 0; i < lineage->count; i++) {
        const char *from = lineage->nodes[i]->name;
        const char *offset =
            i == 0 ? "CAPOS_OPS_OWN" : gen_format(e->gen, "offsetof(struct %s_ops, as_%s)", node->name, from);
        gen_put(e->header, "    {&%s_interface, %s_serve_methods, %s},\n", from, from, offset);
    }
    gen_put(e->header, "};\n\nstatic const struct capos_service %s_service = {%s_service_parts, %u};\n\n",
            node->name, node->name, lineage->count);
}

/* --- Objects -------------------------------------------------------------------------------------- */

static void put_object(struct gen_emit *e, struct gen_node *node)
{
    gen_begin(e, node, NULL, "void", gen_format(e->gen, "%s_object_init", node->name),
              gen_format(e->gen,
                         "struct capos_object *object, struct capos_server *server, "
                         "const struct %s_ops *ops, void *data, capos_released_fn released",
                         node->name));
    gen_line(e, "capos_object_init(object, server, &%s_service, ops, data, released);", node->name);
    gen_end(e);
    const char *type = gen_format(e->gen, "struct %s_transfer", node->name);
    gen_begin(e, node, NULL, type, gen_format(e->gen, "%s_minted", node->name),
              "struct capos_object *object");
    gen_line(e, "%s transfer = {capos_transfer_mint(object, %s_INTERFACE_ID)};", type, node->upper);
    gen_line(e, "return transfer;");
    gen_end(e);
}

/* --- Answering later --------------------------------------------------------------------------------- */

static void put_reply_type(struct gen_emit *e, struct gen_node *node, const struct gen_method *method,
                           const char *name)
{
    const struct gen_node *results = method->results;
    const char *words = gen_format(e->gen, "%s_WORDS", gen_upper(e->gen, name));
    gen_claim(e->gen, GEN_TAGS, name, node, method->schema_name);
    gen_claim(e->gen, GEN_ORDINARY, words, node, method->schema_name);
    const char *sizes = "0, 0, 0";
    if (results)
        sizes = gen_format(e->gen, "%s_DATA_WORDS, %s_POINTER_COUNT, %s", results->upper, results->upper,
                           gen_caps_max(e->gen, results));
    gen_put(e->header, "enum {\n    %s = CAPOS_REPLY_WORDS(\n        %s)\n};\n", words, sizes);
    gen_put(e->header, "struct %s {\n    struct capos_reply reply;\n    uint64_t words[%s];\n};\n\n", name,
            words);
}

static void put_reply(struct gen_emit *e, struct gen_node *node, const struct gen_method *method)
{
    const char *name = gen_format(e->gen, "%s_%s_reply", node->name, method->name);
    const char *reply = gen_format(e->gen, "struct %s *reply", name);
    put_reply_type(e, node, method, name);
    gen_begin(e, node, method->schema_name, "capos_status",
              gen_format(e->gen, "%s_%s_defer", node->name, method->name),
              gen_format(e->gen, "struct capos_request *request, uint32_t room_words, %s", reply));
    gen_line(e,
             "return capos_request_defer(request, &%s_interface.methods[%s_METHOD_%s], &reply->reply, "
             "reply->words, %s_WORDS, room_words);",
             node->name, node->upper, method->upper, gen_upper(e->gen, name));
    gen_end(e);
    if (!is_nothing(method->results)) {
        const char *type = gen_format(e->gen, "struct %s_builder", method->results->name);
        gen_begin(e, node, method->schema_name, type, gen_format(e->gen, "%s_results", name), reply);
        gen_line(e, "%s view = {reply->reply.answer.results};", type);
        gen_line(e, "return view;");
        gen_end(e);
    }
    gen_begin(e, node, method->schema_name, "capos_status", gen_format(e->gen, "%s_send", name), reply);
    gen_line(e, "return capos_reply_send(&reply->reply);");
    gen_end(e);
}

void gen_emit_server(struct gen_emit *e, struct gen_node *node)
{
    struct lineage lineage = {0};
    gen_find_lineage(e->gen, node, &lineage);
    gen_put(e->header, "/* --- %s --- */\n\n", node->name);
    put_ops(e, node, &lineage);
    put_methods(e, node);
    put_service(e, node, &lineage);
    put_object(e, node);
    for (uint32_t i = 0; i < node->method_count; i++)
        put_reply(e, node, &node->methods[i]);
}
