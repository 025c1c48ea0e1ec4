/*
 * What an interface inherits.
 */
#include "emit_client.h"

static bool has(const struct lineage *lineage, const struct gen_node *node)
{
    for (uint32_t i = 0; i < lineage->count; i++)
        if (lineage->nodes[i] == node)
            return true;
    return false;
}

static void add(struct gen *gen, struct lineage *lineage, struct gen_node *node)
{
    if (has(lineage, node))
        return;
    if (lineage->count == GEN_INHERITED_MAX)
        gen_complain(gen, lineage->nodes[0]->display, NULL, "inherits more than %d interfaces",
                     GEN_INHERITED_MAX - 1);
    else
        lineage->nodes[lineage->count++] = node;
}

void gen_find_lineage(struct gen *gen, struct gen_node *node, struct lineage *lineage)
{
    add(gen, lineage, node);
    for (uint32_t i = 0; i < lineage->count; i++)
        for (uint32_t s = 0; s < lineage->nodes[i]->super_count; s++)
            add(gen, lineage, lineage->nodes[i]->supers[s]);
}
