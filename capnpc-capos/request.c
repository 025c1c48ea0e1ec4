/*
 * From the bytes of a CodeGeneratorRequest to an index of its nodes and a list
 * of the files to generate for. What the nodes say is model.c's business.
 */
#include "gen.h"
#include "model.h"

#include <stdlib.h>

/*
 * A request has no reason to point to anything twice, so reading it visits
 * about as many words as it has; elements without size count a word each.
 */
static bool verify(struct gen *gen, struct wire_message *message, uint64_t words)
{
    message->traversal_left = words + 65536;
    if (wire_verify(message) == WIRE_OK) {
        message->traversal_left = UINT64_MAX;
        return true;
    }
    gen_complain(gen, NULL, NULL, "the request is damaged at word %llu of segment %u: %s",
                 (unsigned long long)message->error_word, message->error_segment,
                 wire_error_text((enum wire_error)message->error));
    return false;
}

static bool open_message(struct gen *gen, struct wire_message *message, const void *bytes, uint64_t size)
{
    struct wire_segment *segments = gen_alloc(gen, WIRE_SEGMENTS_MAX, sizeof *segments);
    enum wire_error error = wire_open_stream(message, WIRE_PRIVATE, bytes, size, segments, WIRE_SEGMENTS_MAX);
    if (error == WIRE_OK)
        return verify(gen, message, size / 8);
    gen_complain(gen, NULL, NULL, "the request is not a message: %s", wire_error_text(error));
    return false;
}

/* --- Nodes ------------------------------------------------------------------- */

static int compare_ids(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_nodes(const void *a, const void *b)
{
    return compare_ids((*(struct gen_node *const *)a)->id, (*(struct gen_node *const *)b)->id);
}

static int compare_key(const void *key, const void *node)
{
    return compare_ids(*(const uint64_t *)key, (*(struct gen_node *const *)node)->id);
}

struct gen_node *gen_find(struct gen *gen, uint64_t id)
{
    if (gen->node_count == 0)
        return NULL;
    struct gen_node **found =
        bsearch(&id, gen->by_id, gen->node_count, sizeof(struct gen_node *), compare_key);
    return found ? *found : NULL;
}

static void index_nodes(struct gen *gen, struct wire_list nodes)
{
    gen->node_count = nodes.count;
    gen->nodes = gen_alloc(gen, nodes.count, sizeof(struct gen_node));
    gen->by_id = gen_alloc(gen, nodes.count, sizeof(struct gen_node *));
    for (uint32_t i = 0; i < nodes.count; i++) {
        gen->nodes[i].id = node_get_id(code_generator_request_get_nodes_at(nodes, i));
        gen->by_id[i] = &gen->nodes[i];
    }
    if (nodes.count > 0)
        qsort(gen->by_id, nodes.count, sizeof(struct gen_node *), compare_nodes);
    for (uint32_t i = 1; i < nodes.count; i++)
        if (gen->by_id[i]->id == gen->by_id[i - 1]->id)
            gen_complain(gen, NULL, NULL, "the request has two nodes with the id 0x%016llx",
                         (unsigned long long)gen->by_id[i]->id);
}

/* --- Files -------------------------------------------------------------------- */

static bool ends_in(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);
    return size > end_size && strcmp(text + size - end_size, end) == 0;
}

const char *gen_stem(struct gen *gen, const char *path)
{
    return gen_copy(gen, path, ends_in(path, ".capnp") ? strlen(path) - 6 : strlen(path));
}

static const char *make_guard(struct gen *gen, const char *stem, uint64_t id)
{
    char *guard = (char *)gen_format(gen, "CAPOS_GENERATED_%s_%016llX", stem, (unsigned long long)id);
    for (char *c = guard; *c; c++) {
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
        else if (!(*c >= 'A' && *c <= 'Z') && !(*c >= '0' && *c <= '9'))
            *c = '_';
    }
    return guard;
}

static void read_imports(struct gen *gen, struct gen_file *file,
                         struct code_generator_request_requested_file_reader reader)
{
    struct wire_list imports = code_generator_request_requested_file_get_imports(reader);
    file->imports = gen_alloc(gen, imports.count, sizeof(struct gen_import));
    for (uint32_t i = 0; i < imports.count; i++) {
        struct code_generator_request_requested_file_import_reader from =
            code_generator_request_requested_file_get_imports_at(imports, i);
        struct wire_text name = code_generator_request_requested_file_import_get_name(from);
        struct gen_import *import = &file->imports[file->import_count];
        import->file = gen_find(gen, code_generator_request_requested_file_import_get_id(from));
        import->path = gen_copy(gen, name.chars, name.size);
        if (import->file)
            file->import_count++;
    }
}

static void read_file(struct gen *gen, struct gen_file *file,
                      struct code_generator_request_requested_file_reader reader)
{
    uint64_t id = code_generator_request_requested_file_get_id(reader);
    struct wire_text name = code_generator_request_requested_file_get_filename(reader);
    file->path = gen_copy(gen, name.chars, name.size);
    file->stem = gen_stem(gen, file->path);
    file->guard = make_guard(gen, file->stem, id);
    file->node = gen_find(gen, id);
    if (!file->node || file->node->kind != GEN_NODE_FILE)
        gen_complain(gen, file->path, NULL, "the request lacks the node of this file");
    if (!gen_path_is_safe(file->path))
        gen_complain(gen, file->path, NULL, "the path leads out of the output folder");
    if (!gen_path_is_plain(file->path))
        gen_complain(gen, file->path, NULL, "the path has a character that C cannot include");
    read_imports(gen, file, reader);
}

static void read_files(struct gen *gen, struct wire_list files)
{
    gen->files = gen_alloc(gen, files.count, sizeof(struct gen_file));
    gen->file_count = files.count;
    for (uint32_t i = 0; i < files.count; i++)
        read_file(gen, &gen->files[i], code_generator_request_get_requested_files_at(files, i));
}

bool gen_open(struct gen *gen, struct wire_message *message, const void *bytes, uint64_t size)
{
    if (!open_message(gen, message, bytes, size))
        return false;
    gen->request_words = size / 8;
    struct code_generator_request_reader request = code_generator_request_read_root(message);
    index_nodes(gen, code_generator_request_get_nodes(request));
    if (gen->diagnostic_count == 0)
        gen_read_model(gen, request);
    if (gen->diagnostic_count == 0)
        read_files(gen, code_generator_request_get_requested_files(request));
    if (message->error != WIRE_OK)
        gen_complain(gen, NULL, NULL, "the request does not follow its schema: %s",
                     wire_error_text((enum wire_error)message->error));
    return gen->diagnostic_count == 0;
}
