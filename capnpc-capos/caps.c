/*
 * Capabilities of structs. Each capability field of a struct, those of its
 * groups included, has a rank, in the order of ordinals: with results it is
 * the place in the list of capabilities that come along. What lies deeper (in
 * nested structs, lists, AnyPointer) comes behind, in any number.
 */
#include "gen.h"

#include <stdlib.h>

/* A capability field and the struct whose it is. */
struct owned {
    struct gen_node *root;
    struct gen_field *field;
};

static struct gen_node *root_of(struct gen_node *node)
{
    for (uint32_t depth = 0; node->is_group && node->scope && depth < GEN_SCOPES_MAX; depth++)
        node = node->scope;
    return node;
}

static int compare_owned(const void *a, const void *b)
{
    const struct owned *x = a, *y = b;
    if (x->root != y->root)
        return x->root < y->root ? -1 : 1;
    if (x->field->ordinal != y->field->ordinal)
        return x->field->ordinal < y->field->ordinal ? -1 : 1;
    return x->field < y->field ? -1 : x->field > y->field;
}

static uint32_t collect(struct gen *gen, struct owned *owned)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < gen->node_count; i++) {
        struct gen_node *node = &gen->nodes[i];
        for (uint32_t f = 0; f < node->field_count; f++) {
            struct gen_field *field = &node->fields[f];
            if (field->group || field->type.kind != GEN_INTERFACE)
                continue;
            if (owned)
                owned[count] = (struct owned){root_of(node), field};
            count++;
        }
    }
    return count;
}

static void rank(struct gen *gen)
{
    uint32_t count = collect(gen, NULL);
    struct owned *owned = gen_alloc(gen, count, sizeof *owned);
    collect(gen, owned);
    if (count > 0)
        qsort(owned, count, sizeof *owned, compare_owned);
    for (uint32_t i = 0; i < count; i++)
        owned[i].field->record = (uint16_t)owned[i].root->cap_count++;
}

/* Whether capabilities may lie below a field, as far as is known of other structs. */
static bool has_caps_below(const struct gen_field *field)
{
    const struct gen_type *type = &field->type;
    if (field->group || type->kind == GEN_INTERFACE)
        return false;
    while (type->kind == GEN_LIST)
        type = type->element;
    if (type->kind == GEN_STRUCT)
        return type->node && (type->node->cap_count > 0 || type->node->has_deep_caps);
    return type->kind == GEN_INTERFACE || type->kind == GEN_ANY;
}

/* Structs may hold each other in circles: it is done when nothing changes. */
static void find_deep(struct gen *gen)
{
    bool changed;
    do {
        changed = false;
        for (uint32_t i = 0; i < gen->node_count; i++) {
            struct gen_node *root = root_of(&gen->nodes[i]);
            for (uint32_t f = 0; f < gen->nodes[i].field_count && !root->has_deep_caps; f++)
                if (has_caps_below(&gen->nodes[i].fields[f]))
                    changed = root->has_deep_caps = true;
        }
    } while (changed);
}

void gen_count_caps(struct gen *gen)
{
    rank(gen);
    find_deep(gen);
}

const char *gen_caps_max(struct gen *gen, const struct gen_node *node)
{
    if (!node)
        return "0";
    if (!node->has_deep_caps)
        return gen_format(gen, "%u", node->cap_count);
    return gen_format(gen, "CAPOS_MESSAGE_CAPS_MAX");
}

const char *gen_client_type(struct gen *gen, const struct gen_type *type)
{
    return type->node ? gen_format(gen, "struct %s", gen_identifier(gen, type->node->name)) : "capos_cap";
}

const char *gen_transfer_type(struct gen *gen, const struct gen_type *type)
{
    return type->node ? gen_format(gen, "struct %s_transfer", type->node->name) : "struct capos_transfer";
}
