/*
 * The table of an interface: what kernel, clients and servers are driven by.
 */
#include "gen.h"

static void put_count(struct gen_emit *e, const char *field, const char *count)
{
    if (strcmp(count, "0") != 0)
        gen_put(e->source, "        .%s = %s,\n", field, count);
}

static void put_method(struct gen_emit *e, const struct gen_node *node, const struct gen_method *method)
{
    gen_put(e->source,
            "    {\n        .name = \"%s\",\n        .interface_id = %s_INTERFACE_ID,\n"
            "        .ordinal = %s_METHOD_%s,\n",
            method->schema_name, node->upper, node->upper, method->upper);
    gen_put(e->source,
            "        .params_data_words = %s_DATA_WORDS,\n        .params_pointers = %s_POINTER_COUNT,\n",
            method->params->upper, method->params->upper);
    if (method->results)
        gen_put(
            e->source,
            "        .results_data_words = %s_DATA_WORDS,\n        .results_pointers = %s_POINTER_COUNT,\n",
            method->results->upper, method->results->upper);
    put_count(e, "params_caps", gen_caps_max(e->gen, method->params));
    put_count(e, "results_caps", gen_caps_max(e->gen, method->results));
    if (method->results)
        put_count(e, "results_fields", gen_format(e->gen, "%u", method->results->cap_count));
    gen_put(e->source, "    },\n");
}

static void put_methods(struct gen_emit *e, const struct gen_node *node)
{
    gen_put(e->source, "\nstatic const struct capos_method %s_methods[] = {\n", node->name);
    for (uint32_t i = 0; i < node->method_count; i++)
        put_method(e, node, &node->methods[i]);
    gen_put(e->source, "};\n");
}

static void put_supers(struct gen_emit *e, struct gen_node *node)
{
    gen_put(e->source, "\nstatic const struct capos_interface *const %s_superclasses[] = {\n", node->name);
    for (uint32_t i = 0; i < node->super_count; i++)
        gen_put(e->source, "    &%s_interface,\n", node->supers[i]->name);
    gen_put(e->source, "};\n");
}

void gen_emit_interface(struct gen_emit *e, struct gen_node *node)
{
    const char *name = gen_format(e->gen, "%s_interface", node->name);
    gen_claim(e->gen, GEN_ORDINARY, name, node, NULL);
    gen_put(e->header, "extern const struct capos_interface %s;\n\n", name);
    if (node->method_count > 0)
        put_methods(e, node);
    if (node->super_count > 0)
        put_supers(e, node);
    gen_put(e->source, "\nconst struct capos_interface %s = {\n", name);
    gen_put(e->source, "    .id = %s_INTERFACE_ID,\n    .name = \"%s\",\n", node->upper, node->schema_name);
    if (node->method_count > 0)
        gen_put(e->source, "    .methods = %s_methods,\n    .method_count = %u,\n", node->name,
                node->method_count);
    if (node->super_count > 0)
        gen_put(e->source, "    .superclasses = %s_superclasses,\n    .superclass_count = %u,\n", node->name,
                node->super_count);
    gen_put(e->source, "};\n");
}
