/*
 * Promises of a method: for each capability field of its results, groups and
 * unions included, the place of its record in the answer, and the capability
 * that can be used before the answer is there. capos/call.h has the behaviour.
 */
#include "emit_client.h"

/* Part of the results: themselves, or a group, with the names that lead there. */
struct part {
    const struct gen_node *node;
    const char *name;  /* "", or "link_" */
    const char *upper; /* "", or "LINK_" */
};

struct promised {
    const struct gen_field *field;
    const char *name;
    const char *upper;
};

/* The capability fields at their ranks; each node is a part at most once. */
static void collect(struct gen *gen, const struct gen_node *results, struct promised *promised)
{
    struct part *parts = gen_alloc(gen, gen->node_count, sizeof *parts);
    uint32_t count = 1;
    parts[0] = (struct part){results, "", ""};
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t f = 0; f < parts[i].node->field_count; f++) {
            const struct gen_field *field = &parts[i].node->fields[f];
            const char *name = gen_format(gen, "%s%s", parts[i].name, field->name);
            const char *upper = gen_format(gen, "%s%s", parts[i].upper, field->upper);
            if (field->group && count < gen->node_count)
                parts[count++] =
                    (struct part){field->group, gen_format(gen, "%s_", name), gen_format(gen, "%s_", upper)};
            else if (!field->group && field->type.kind == GEN_INTERFACE)
                promised[field->record] = (struct promised){field, name, upper};
        }
    }
}

static void put_records(struct client *client, const struct promised *promised, uint32_t count)
{
    struct gen_emit *e = client->e;
    gen_put(e->header, "enum {\n");
    for (uint32_t i = 0; i < count; i++) {
        const char *name = gen_format(e->gen, "%s_RECORD_%s", client->upper, promised[i].upper);
        gen_claim(e->gen, GEN_ORDINARY, name, client->node, client->method->schema_name);
        gen_put(e->header, "    %s = %u,\n", name, i);
    }
    gen_put(e->header, "};\n\n");
}

static void put_promised(struct client *client, const struct promised *promised)
{
    struct gen_emit *e = client->e;
    const struct gen_type *type = &promised->field->type;
    const char *promise =
        gen_format(e->gen, "capos_call_promised(&call->call, %s_RECORD_%s)", client->upper, promised->upper);
    gen_put_doc(e->header, "", promised->field->doc);
    gen_begin(e, client->node, client->method->schema_name, gen_client_type(e->gen, type),
              gen_format(e->gen, "%s_promised_%s", client->name, promised->name),
              gen_format(e->gen, "const struct %s_call *call", client->name));
    if (type->node) {
        gen_line(e, "%s view = {%s};", gen_client_type(e->gen, type), promise);
        gen_line(e, "return view;");
    } else {
        gen_line(e, "return %s;", promise);
    }
    gen_end(e);
}

bool gen_has_promises(const struct gen_method *method)
{
    return method->results && method->results->cap_count > 0;
}

void gen_emit_promises(struct client *client)
{
    struct gen_emit *e = client->e;
    uint32_t count = client->method->results->cap_count;
    struct promised *promised = gen_alloc(e->gen, count, sizeof *promised);
    const char *promise = gen_format(e->gen, "%s_promise", client->name);
    collect(e->gen, client->method->results, promised);
    put_records(client, promised, count);
    gen_begin(e, client->node, client->method->schema_name, "void", promise,
              gen_format(e->gen, "struct %s_call *call", client->name));
    gen_line(e, "(capos_call_promise)(&call->call);");
    gen_end(e);
    gen_put_noted(e, promise);
    for (uint32_t i = 0; i < count; i++)
        put_promised(client, &promised[i]);
}
