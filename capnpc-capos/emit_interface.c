/*
 * The table of an interface: what kernel, clients and servers are driven by.
 */
#include "gen.h"

static void put_methods(struct gen_emit *e, struct gen_node *node)
{
    gen_put(e->source, "\nstatic const struct capos_method %s_methods[] = {\n", node->name);
    for (uint32_t i = 0; i < node->method_count; i++) {
        const struct gen_method *method = &node->methods[i];
        gen_put(e->source, "    {\"%s\", %u, %u, %u, %u},\n", method->schema_name, method->params->data_words,
                method->params->pointer_count, method->results ? method->results->data_words : 0,
                method->results ? method->results->pointer_count : 0);
    }
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
