/*
 * Which imports a file's generated code needs: those whose types it uses. Most
 * schemas import annotations, too, of which nothing is left in C.
 */
#include "gen.h"

static void use(struct gen_emit *e, const struct gen_node *by, const struct gen_node *node)
{
    if (!node || node->file == e->file->node)
        return;
    if (node->file)
        node->file->used = true;
    else
        gen_complain(e->gen, by->display, NULL,
                     "uses %s, of which the request does not say in what file it is", node->display);
}

static void use_type(struct gen_emit *e, const struct gen_node *by, const struct gen_type *type)
{
    while (type->kind == GEN_LIST)
        type = type->element;
    use(e, by, type->node);
}

/* A method's params and results count by themselves and by their fields, which clients take as arguments. */
static void use_message(struct gen_emit *e, const struct gen_node *by, const struct gen_node *node)
{
    use(e, by, node);
    for (uint32_t i = 0; node && i < node->field_count; i++)
        use_type(e, by, &node->fields[i].type);
}

static void use_parts(struct gen_emit *e, const struct gen_node *node)
{
    for (uint32_t i = 0; i < node->field_count; i++)
        use_type(e, node, &node->fields[i].type);
    for (uint32_t i = 0; i < node->super_count; i++)
        use(e, node, node->supers[i]);
    for (uint32_t i = 0; i < node->method_count; i++) {
        use_message(e, node, node->methods[i].params);
        use_message(e, node, node->methods[i].results);
    }
    if (node->kind == GEN_NODE_CONST)
        use_type(e, node, &node->type);
}

static void forget_used(struct gen *gen)
{
    for (uint32_t i = 0; i < gen->node_count; i++)
        gen->nodes[i].used = false;
}

void gen_find_used(struct gen_emit *e)
{
    forget_used(e->gen);
    for (uint32_t i = 0; i < e->file->node_count; i++)
        use_parts(e, e->file->nodes[i]);
}

void gen_find_inherited(struct gen_emit *e)
{
    forget_used(e->gen);
    for (uint32_t i = 0; i < e->file->node_count; i++)
        for (uint32_t s = 0; s < e->file->nodes[i]->super_count; s++)
            use(e, e->file->nodes[i], e->file->nodes[i]->supers[s]);
}

void gen_find_clients(struct gen_emit *e)
{
    gen_find_inherited(e);
    for (uint32_t i = 0; i < e->file->node_count; i++) {
        const struct gen_node *node = e->file->nodes[i];
        for (uint32_t f = 0; f < node->field_count; f++) {
            const struct gen_type *type = &node->fields[f].type;
            while (type->kind == GEN_LIST)
                type = type->element;
            if (type->kind == GEN_INTERFACE)
                use(e, node, type->node);
        }
    }
}

bool gen_put_includes(struct gen_emit *e, struct gen_text *text, const char *suffix)
{
    bool any = false;
    for (uint32_t i = 0; i < e->file->import_count; i++) {
        const struct gen_import *import = &e->file->imports[i];
        if (!import->file->used)
            continue;
        const char *stem = gen_stem(e->gen, import->path);
        if (!gen_path_is_plain(stem))
            gen_complain(e->gen, e->file->path, NULL,
                         "the import \"%s\" has a character that C cannot include", import->path);
        if (*stem == '/')
            gen_put(text, "#include <%s.%s>\n", stem + 1, suffix);
        else
            gen_put(text, "#include \"%s.%s\"\n", stem, suffix);
        any = true;
    }
    return any;
}
