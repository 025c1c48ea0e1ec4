/*
 * Capabilities in structs, typed: passed when a message is built, adopted or
 * borrowed when it is read. capos/transfer.h has the behaviour.
 */
#include "gen.h"

struct carrying {
    struct gen_emit *e;
    struct gen_node *node;
    const struct gen_field *field;
    const struct gen_type *type; /* of the capability */
    bool in_list;
};

void gen_put_noted(struct gen_emit *e, const char *name)
{
    gen_put(e->header, "#ifdef CAPOS_DEBUG\n#    define %s(...) CAPOS_NOTED(%s(__VA_ARGS__))\n#endif\n\n",
            name, name);
}

static const char *name_of(struct carrying *c, const char *verb)
{
    return gen_format(c->e->gen, "%s_%s_%s%s", c->node->name, verb, c->field->name, c->in_list ? "_at" : "");
}

static void begin(struct carrying *c, const char *type, const char *name, const char *view, const char *more)
{
    const char *params = c->in_list
                             ? gen_format(c->e->gen, "struct wire_list%s list, uint32_t index, %s",
                                          strcmp(view, "builder") == 0 ? "_builder" : "", more)
                             : gen_format(c->e->gen, "struct %s_%s %s, %s", c->node->name, view, view, more);
    gen_begin(c->e, c->node, c->field->schema_name, type, name, params);
}

/* In a union: the member that this is, or "". */
static bool in_union(const struct carrying *c)
{
    return c->field->tag != GEN_NO_TAG && !c->in_list;
}

/* "self->cap" of a typed handle; the capability itself if it has no type. */
static void put_get(struct carrying *c, const char *verb)
{
    struct gen *gen = c->e->gen;
    const char *name = name_of(c, verb);
    begin(c, "capos_status", name, "reader",
          gen_format(gen, "%s *ret_%s", gen_client_type(gen, c->type), c->field->name));
    if (in_union(c))
        gen_line(c->e, "if (%s_which(reader) != %s_WHICH_%s)\n        return CAP_ERR_NOT_FOUND;",
                 c->node->name, c->node->upper, c->field->upper);
    const char *from = c->in_list ? "wire_list_any(list, index), NULL, 0"
                                  : gen_format(gen, "wire_get_any(reader.s, %u), reader.s.data, %u",
                                               c->field->offset, c->field->record);
    const char *id = c->type->node ? gen_format(gen, "%s_INTERFACE_ID", c->type->node->upper) : "0";
    gen_line(c->e, "return (capos_caps_%s)(%s, %s, %sret_%s%s);", verb, from, id, c->type->node ? "&" : "",
             c->field->name, c->type->node ? "->cap" : "");
    gen_end(c->e);
    if (strcmp(verb, "adopt") == 0)
        gen_put_noted(c->e, name);
}

static void put_pass(struct carrying *c)
{
    struct gen *gen = c->e->gen;
    begin(c, "void", name_of(c, "pass"), "builder",
          gen_format(gen, "%s transfer", gen_transfer_type(gen, c->type)));
    if (in_union(c))
        gen_line(c->e, "wire_set_u16(builder.s, %u, %s_WHICH_%s);", c->node->tag_offset * 2, c->node->upper,
                 c->field->upper);
    const char *to = c->in_list ? "wire_list_slot(list, index), NULL, 0"
                                : gen_format(gen, "wire_slot_of(builder.s, %u), builder.s.data, %u",
                                             c->field->offset, c->field->record);
    gen_line(c->e, "capos_caps_pass(%s, transfer%s);", to, c->type->node ? ".t" : "");
    gen_end(c->e);
}

void gen_emit_caps(struct gen_emit *e, struct gen_node *node)
{
    for (uint32_t i = 0; i < node->field_count; i++) {
        struct carrying carrying = {.e = e, .node = node, .field = node->ordered[i]};
        carrying.type = &carrying.field->type;
        carrying.in_list = carrying.type->kind == GEN_LIST && !carrying.field->group;
        if (carrying.in_list)
            carrying.type = carrying.type->element;
        if (carrying.field->group || carrying.type->kind != GEN_INTERFACE)
            continue;
        put_get(&carrying, "adopt");
        put_get(&carrying, "borrow");
        put_pass(&carrying);
    }
}
