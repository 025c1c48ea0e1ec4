/*
 * Who has which C name. A clash is told in terms of the schema, before a C
 * compiler tells it in terms of generated code.
 */
#include "gen.h"

enum { SLOTS = 1 << 14 };

struct gen_claim {
    struct gen_claim *next;
    const char *name;
    const struct gen_node *node;
    const char *member;
    enum gen_space space;
};

static uint32_t slot_of(const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * 16777619u;
    return hash % SLOTS;
}

void gen_claims_reset(struct gen *gen)
{
    if (!gen->claims)
        gen->claims = gen_alloc(gen, SLOTS, sizeof(struct gen_claim *));
    memset(gen->claims, 0, SLOTS * sizeof(struct gen_claim *));
}

/* Names of one thing mostly clash together: one diagnosis is enough. */
static void complain(struct gen *gen, const char *name, const struct gen_node *node, const char *member,
                     const struct gen_claim *other)
{
    if (gen->clashed_node == node && gen->clashed_member == member)
        return;
    gen->clashed_node = node;
    gen->clashed_member = member;
    gen_complain(gen, node->display, member,
                 "its C name %s is also that of %s%s%s; give one of them another name with $C.name", name,
                 other->node->display, other->member ? "." : "", other->member ? other->member : "");
}

void gen_claim(struct gen *gen, enum gen_space space, const char *name, const struct gen_node *node,
               const char *member)
{
    struct gen_claim **slot = &gen->claims[slot_of(name)];
    for (struct gen_claim *other = *slot; other; other = other->next) {
        if (other->space != space || strcmp(other->name, name) != 0)
            continue;
        complain(gen, name, node, member, other);
        return;
    }
    struct gen_claim *claim = gen_alloc(gen, 1, sizeof *claim);
    *claim = (struct gen_claim){*slot, name, node, member, space};
    *slot = claim;
}
