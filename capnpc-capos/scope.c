/*
 * The C name of each node: the file's prefix, the names of the scopes around
 * it, its own. Structs that a method declares in place have no scope in the
 * request; they are named by interface and method.
 */
#include "gen.h"

/* The structs that a method's params and results become. */
static void adopt(struct gen *gen, struct gen_node *interface, const struct gen_method *method,
                  struct gen_node *node, const char *what)
{
    if (!node || node->scope_id != 0 || node->scope)
        return;
    node->scope = interface;
    node->rename = gen_format(gen, "%s_%s", method->name, what);
}

static void find_scopes(struct gen *gen)
{
    for (uint32_t i = 0; i < gen->node_count; i++) {
        struct gen_node *node = &gen->nodes[i];
        if (node->kind != GEN_NODE_FILE && node->scope_id != 0)
            node->scope = gen_find(gen, node->scope_id);
        for (uint32_t m = 0; m < node->method_count; m++) {
            adopt(gen, node, &node->methods[m], node->methods[m].params, "params");
            adopt(gen, node, &node->methods[m], node->methods[m].results, "results");
        }
    }
}

static const char *own_name(struct gen *gen, const struct gen_node *node)
{
    return node->rename ? node->rename : gen_snake(gen, node->schema_name);
}

/* A group that is called like a type beside it steps back. */
static const char *local_name(struct gen *gen, const struct gen_node *node)
{
    const char *name = own_name(gen, node);
    if (!node->is_group || !node->scope)
        return name;
    for (uint32_t i = 0; i < node->scope->nested_count; i++) {
        const struct gen_node *other = gen_find(gen, node->scope->nested[i]);
        if (other && other != node && strcmp(own_name(gen, other), name) == 0)
            return gen_format(gen, "%s_group", name);
    }
    return name;
}

static bool starts_with(const char *name, const char *word)
{
    size_t size = strlen(word);
    return strncmp(name, word, size) == 0 && (name[size] == 0 || name[size] == '_');
}

/* The libraries' own names: a struct Wire would have their functions. */
static const char *keep_off(struct gen *gen, const char *name)
{
    bool taken = starts_with(name, "wire") || starts_with(name, "capos");
    return taken ? gen_format(gen, "schema_%s", name) : name;
}

/* Without its scopes, a node still has a name: "dir/file.capnp:Foo.Bar". */
static const char *name_from_display(struct gen *gen, const struct gen_node *node)
{
    const char *colon = strrchr(node->display, ':');
    char *name = (char *)gen_snake(gen, colon ? colon + 1 : node->display);
    for (char *c = name; *c; c++)
        if (*c == '.' || *c == '$')
            *c = '_';
    return name;
}

static bool has_c_code(const struct gen_node *node)
{
    return node->kind == GEN_NODE_STRUCT || node->kind == GEN_NODE_ENUM || node->kind == GEN_NODE_INTERFACE ||
           node->kind == GEN_NODE_CONST;
}

static void name_node(struct gen *gen, struct gen_node *node)
{
    struct gen_node *scope = node->scope;
    const char *name = local_name(gen, node);
    for (uint32_t depth = 0; scope && scope->kind != GEN_NODE_FILE; depth++, scope = scope->scope) {
        if (depth == GEN_SCOPES_MAX) {
            gen_complain(gen, node->display, NULL, "nested more than %d deep", GEN_SCOPES_MAX);
            return;
        }
        name = gen_format(gen, "%s_%s", local_name(gen, scope), name);
    }
    if (!scope)
        name = name_from_display(gen, node);
    else if (scope->rename)
        name = gen_format(gen, "%s_%s", scope->rename, name);
    node->file = scope;
    node->name = keep_off(gen, name);
    node->upper = gen_upper(gen, node->name);
    if (has_c_code(node) && !gen_name_ok(name))
        gen_complain(gen, node->display, NULL, "\"%s\" is no name", node->schema_name);
}

void gen_name_nodes(struct gen *gen)
{
    find_scopes(gen);
    for (uint32_t i = 0; i < gen->node_count; i++) {
        struct gen_node *node = &gen->nodes[i];
        if (node->kind == GEN_NODE_FILE)
            node->file = node;
        else
            name_node(gen, node);
    }
}

/* --- The nodes of a file, in the schema's order ------------------------------------ */

struct listing {
    struct gen *gen;
    struct gen_file *file;
    struct gen_node **stack;
    uint32_t depth;
};

/* Each node is pushed once, so the stack is as large as the request. */
static void push(struct listing *listing, struct gen_node *node)
{
    if (!node || node->listed || node->file != listing->file->node)
        return;
    node->listed = true;
    listing->stack[listing->depth++] = node;
}

/* In reverse: the last one pushed comes first. */
static void push_parts(struct listing *listing, struct gen_node *node)
{
    for (uint32_t i = node->nested_count; i > 0; i--)
        push(listing, gen_find(listing->gen, node->nested[i - 1]));
    for (uint32_t i = node->method_count; i > 0; i--) {
        struct gen_method *method = &node->methods[i - 1];
        if (method->results && method->results->scope == node && method->results->scope_id == 0)
            push(listing, method->results);
        if (method->params && method->params->scope == node && method->params->scope_id == 0)
            push(listing, method->params);
    }
    for (uint32_t i = node->field_count; i > 0; i--)
        if (node->ordered[i - 1]->group)
            push(listing, node->ordered[i - 1]->group);
}

void gen_list_nodes(struct gen *gen, struct gen_file *file)
{
    struct listing listing = {.gen = gen, .file = file};
    listing.stack = gen_alloc(gen, gen->node_count + 1, sizeof(struct gen_node *));
    file->nodes = gen_alloc(gen, gen->node_count, sizeof(struct gen_node *));
    push(&listing, file->node);
    while (listing.depth > 0) {
        struct gen_node *node = listing.stack[--listing.depth];
        if (has_c_code(node))
            file->nodes[file->node_count++] = node;
        push_parts(&listing, node);
    }
}
