/*
 * Serves a Directory of files. A file of its own is an object, whose memory
 * stays as long as the name is there; one that was linked is a capability to
 * a file of somebody else, which it hands on.
 */
#include <capos/capset.h>
#include <capos/handle.h>
#include <capos/runtime.h>
#include <capos/server.h>

#include "schema/capos.capos.h"
#include "schema/demo.server.capos.h"

/* As many entries as one message has room for capabilities. */
enum { ENTRIES_MAX = CAPOS_ENDPOINT_CAPS_DEFAULT, NAME_MAX = 16, FILE_BYTES = 256, REQUESTS = 8 };

struct entry {
    struct wire_text name; /* of name_chars; empty: the entry is free */
    char name_chars[NAME_MAX];
    struct capos_object *own; /* null: it is linked */
    struct file linked;
};

struct contents {
    uint8_t bytes[FILE_BYTES];
    uint32_t size;
    struct capos_object object;
};

static struct capos_server server;
static struct capos_runtime *runtime;
static struct entry entries[ENTRIES_MAX];
static struct contents files[ENTRIES_MAX]; /* of the entry at the same place, or of nobody */

/* --- Files ------------------------------------------------------------------------------- */

static capos_status size(struct capos_request *request, struct node_size_results_builder results)
{
    const struct contents *file = capos_request_data(request);
    node_size_results_set_bytes(results, file->size);
    return CAP_OK;
}

static capos_status read(struct capos_request *request, struct file_read_params_reader params,
                         struct file_read_results_builder results)
{
    const struct contents *file = capos_request_data(request);
    uint64_t offset = file_read_params_get_offset(params);
    uint32_t count = file_read_params_get_count(params);
    uint32_t left = offset < file->size ? file->size - (uint32_t)offset : 0;
    if (count > left)
        count = left;
    if (count > 0)
        file_read_results_set_data(results, wire_data_make(file->bytes + offset, count));
    return CAP_OK;
}

static capos_status write(struct capos_request *request, struct file_write_params_reader params)
{
    struct contents *file = capos_request_data(request);
    struct wire_data data = file_write_params_get_data(params);
    uint64_t offset = file_write_params_get_offset(params);
    if (offset > file->size || data.size > FILE_BYTES - offset)
        return capos_request_refuse(request, EXCEPTION_TYPE_OVERLOADED, WIRE_TEXT("the file has no room"));
    for (uint32_t i = 0; i < data.size; i++)
        file->bytes[offset + i] = data.bytes[i];
    if (offset + data.size > file->size)
        file->size = (uint32_t)offset + data.size;
    return CAP_OK;
}

static const struct node_ops file_node_ops = {.size = size};
static const struct file_ops file_ops = {.read = read, .write = write, .as_node = &file_node_ops};

/* --- The directory ------------------------------------------------------------------------- */

static bool same(struct wire_text a, struct wire_text b)
{
    uint32_t i = 0;
    while (i < a.size && i < b.size && a.chars[i] == b.chars[i])
        i++;
    return i == a.size && i == b.size;
}

/* The entry of a name; NULL: there is none. The empty name is that of a free one. */
static struct entry *find(struct wire_text name)
{
    for (int i = 0; i < ENTRIES_MAX; i++)
        if (same(entries[i].name, name))
            return &entries[i];
    return NULL;
}

/* A free entry, with that name from now on; NULL: there is no room for it. */
static struct entry *add(struct wire_text name)
{
    struct entry *entry = find(WIRE_TEXT(""));
    if (!entry || name.size == 0 || name.size > NAME_MAX)
        return NULL;
    for (uint32_t i = 0; i < name.size; i++)
        entry->name_chars[i] = name.chars[i];
    entry->name = wire_text_make(entry->name_chars, name.size);
    return entry;
}

static struct file_transfer handed_out(const struct entry *entry)
{
    return entry->own ? file_minted(entry->own) : file_copied(entry->linked);
}

static capos_status refuse_room(struct capos_request *request)
{
    return capos_request_refuse(request, EXCEPTION_TYPE_OVERLOADED, WIRE_TEXT("no room for that name"));
}

static capos_status open(struct capos_request *request, struct directory_open_params_reader params,
                         struct directory_open_results_builder results)
{
    struct wire_text name = directory_open_params_get_name(params);
    const struct entry *entry = name.size > 0 ? find(name) : NULL;
    if (!entry)
        return capos_request_refuse(request, EXCEPTION_TYPE_INVALID_ARGUMENT, WIRE_TEXT("no such file"));
    directory_open_results_pass_file(results, handed_out(entry));
    return CAP_OK;
}

static capos_status create(struct capos_request *request, struct directory_create_params_reader params,
                           struct directory_create_results_builder results)
{
    struct wire_text name = directory_create_params_get_name(params);
    struct entry *entry = name.size > 0 ? find(name) : NULL;
    bool is_new = !entry;
    if (is_new) {
        entry = add(name);
        if (!entry)
            return refuse_room(request);
        entry->own = &files[entry - entries].object;
    }
    directory_create_results_set_is_new(results, is_new);
    directory_create_results_pass_file(results, handed_out(entry));
    return CAP_OK;
}

/* A file of this very server comes home as the object that it is. */
static capos_status link(struct capos_request *request, struct directory_link_params_reader params)
{
    struct wire_text name = directory_link_params_get_name(params);
    struct file linked = {CAPOS_CAP_NULL};
    if (find(name))
        return capos_request_refuse(request, EXCEPTION_TYPE_INVALID_ARGUMENT, WIRE_TEXT("the name is taken"));
    struct capos_object *own = capos_request_own(request, wire_get_any(params.s, 1));
    if (!own) {
        capos_status status = directory_link_params_adopt_file(params, &linked);
        if (status != CAP_OK)
            return status;
    }
    struct entry *entry = add(name);
    if (!entry) {
        capos_handle_release(runtime, linked.cap);
        return refuse_room(request);
    }
    entry->own = own;
    entry->linked = linked;
    return CAP_OK;
}

static capos_status list(struct capos_request *request, struct directory_list_results_builder results)
{
    uint32_t count = 0;
    (void)request;
    while (count < ENTRIES_MAX && entries[count].name.size > 0)
        count++;
    struct wire_list_builder list = directory_list_results_init_entries(results, count);
    for (uint32_t i = 0; i < count; i++) {
        struct entry_builder entry = directory_list_results_edit_entries_at(list, i);
        entry_set_name(entry, entries[i].name);
        entry_pass_file(entry, handed_out(&entries[i]));
    }
    return CAP_OK;
}

/* Null for each that is not there. */
static capos_status open_all(struct capos_request *request, struct directory_open_all_params_reader params,
                             struct directory_open_all_results_builder results)
{
    struct wire_list names = directory_open_all_params_get_names(params);
    struct wire_list_builder list = directory_open_all_results_init_files(results, names.count);
    (void)request;
    for (uint32_t i = 0; i < names.count; i++) {
        struct wire_text name = directory_open_all_params_get_names_at(names, i);
        const struct entry *entry = name.size > 0 ? find(name) : NULL;
        if (entry)
            directory_open_all_results_pass_files_at(list, i, handed_out(entry));
    }
    return CAP_OK;
}

static const struct directory_ops directory_ops = {
    .open = open,
    .create = create,
    .link = link,
    .list = list,
    .open_all = open_all,
};

/* It is exported under the name that the manifest gives to its first capability. */
int64_t capos_rt_main(struct capos_runtime *lent)
{
    static uint64_t memory[CAPOS_EXPORT_WORDS(REQUESTS)];
    static struct capos_object directory;
    static char name[CAPOS_CAPSET_NAME_MAX + 1];
    struct capos_capset_item item;
    runtime = lent;
    if (capos_capset_get(runtime, 0, &item) < 0)
        return 1;
    for (uint32_t i = 0; i < item.name.size; i++)
        name[i] = item.name.chars[i];
    for (int i = 0; i < ENTRIES_MAX; i++)
        file_object_init(&files[i].object, &server, &file_ops, &files[i], NULL);
    directory_object_init(&directory, &server, &directory_ops, NULL, NULL);
    return capos_server_export(runtime, name, &server, &directory, REQUESTS, memory) < 0;
}
