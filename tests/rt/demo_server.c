#include "tests/rt/demo_server.h"

#include <string.h>

#include "schema/capos.capos.h"
#include "tests/tap.h"

struct demo demo;

enum { MESSAGE_BYTES = 2048 };
static uint64_t memory[CAPOS_SERVER_WORDS(32, MESSAGE_BYTES, 16)];

/* --- Files ------------------------------------------------------------------------------- */

static void file_released(struct capos_object *object)
{
    ((struct demo_file *)object->data)->released++;
}

static capos_status size_of_file(struct capos_request *request, struct node_size_results_builder results)
{
    demo.calls++;
    if (demo.size_later)
        return node_size_defer(request, 0, demo.size_later);
    node_size_results_set_bytes(results, ((struct demo_file *)capos_request_data(request))->size);
    return CAP_OK;
}

static capos_status read_file(struct capos_request *request, struct file_read_params_reader params,
                              struct file_read_results_builder results)
{
    (void)request, (void)params;
    demo.calls++;
    struct wire_bytes data = file_read_results_init_data(results, demo.text_bytes);
    if (data.bytes)
        memset(data.bytes, 'x', data.size);
    return CAP_OK;
}

static const struct node_ops file_node_ops = {.size = size_of_file};
static const struct file_ops file_ops = {.read = read_file, .as_node = &file_node_ops};

/* --- The directory ------------------------------------------------------------------------- */

/* File "0" to "9" by its digit; anything else is not there. */
static struct demo_file *find(struct wire_text name)
{
    return name.size == 1 && name.chars[0] >= '0' && name.chars[0] <= '9' ? &demo.files[name.chars[0] - '0']
                                                                          : NULL;
}

static capos_status open_file(struct capos_request *request, struct directory_open_params_reader params,
                              struct directory_open_results_builder results)
{
    struct demo_file *file = find(directory_open_params_get_name(params));
    demo.calls++;
    if (demo.later) {
        directory_open_results_pass_file(results, file_minted(&demo.files[DEMO_FILES - 1].object));
        return directory_open_defer(request, 0, demo.later);
    }
    if (demo.answer.cap != CAPOS_CAP_NULL) {
        directory_open_results_pass_file(results, demo.give_answer ? file_moved(demo.answer)
                                                                   : file_copied(demo.answer));
        return CAP_OK;
    }
    if (!file)
        return capos_request_refuse(request, EXCEPTION_TYPE_INVALID_ARGUMENT, WIRE_TEXT("no such file"));
    directory_open_results_pass_file(results, file_minted(&file->object));
    return CAP_OK;
}

static capos_status create_file(struct capos_request *request, struct directory_create_params_reader params,
                                struct directory_create_results_builder results)
{
    struct demo_file *file = find(directory_create_params_get_name(params));
    (void)request;
    directory_create_results_set_is_new(results, true);
    if (file)
        directory_create_results_pass_file(results, file_minted(&file->object));
    return CAP_OK;
}

static capos_status link_file(struct capos_request *request, struct directory_link_params_reader params)
{
    demo.calls++;
    if (demo.on_link)
        return demo.on_link(request, params);
    return directory_link_params_adopt_file(params, &demo.linked);
}

/* A file, nothing, this directory, and a link: capabilities wherever they can be. */
static capos_status list(struct capos_request *request, struct directory_list_results_builder results)
{
    struct wire_list_builder entries = directory_list_results_init_entries(results, 4);
    struct entry_builder entry = directory_list_results_edit_entries_at(entries, 0);
    entry_set_name(entry, WIRE_TEXT("file"));
    entry_pass_file(entry, file_minted(&demo.files[3].object));
    entry = directory_list_results_edit_entries_at(entries, 2);
    entry_pass_directory(entry, directory_minted(capos_request_object(request)));
    entry = directory_list_results_edit_entries_at(entries, 3);
    struct entry_link_builder link = entry_init_link(entry);
    entry_link_set_path(link, WIRE_TEXT("/there"));
    entry_link_pass_node(link, node_minted(&demo.files[4].object));
    return CAP_OK;
}

static capos_status open_all(struct capos_request *request, struct directory_open_all_params_reader params,
                             struct directory_open_all_results_builder results)
{
    struct wire_list names = directory_open_all_params_get_names(params);
    struct wire_list_builder files = directory_open_all_results_init_files(results, names.count);
    (void)request;
    for (uint32_t i = 0; i < names.count; i++) {
        struct demo_file *file = find(directory_open_all_params_get_names_at(names, i));
        if (file)
            directory_open_all_results_pass_files_at(files, i, file_minted(&file->object));
    }
    return CAP_OK;
}

/* Gives back what it gets. */
static capos_status replace(struct capos_request *request, struct directory_replace_params_reader params,
                            struct directory_replace_results_builder results)
{
    struct entry_reader entry = directory_replace_params_get_entry(params);
    struct entry_builder old = directory_replace_results_init_old(results);
    struct file file;
    struct node node;
    (void)request;
    entry_set_name(old, entry_get_name(entry));
    if (entry_borrow_file(entry, &file) == CAP_OK)
        entry_pass_file(old, file_copied(file));
    else if (entry_link_borrow_node(entry_get_link(entry), &node) == CAP_OK)
        entry_link_pass_node(entry_init_link(old), node_copied(node));
    return CAP_OK;
}

/* Only the second of two capabilities. */
static capos_status self(struct capos_request *request, struct directory_self_results_builder results)
{
    if (demo.parent.cap != CAPOS_CAP_NULL) {
        directory_self_results_pass_here(results, directory_minted(capos_request_object(request)));
        directory_self_results_pass_parent(results, directory_copied(demo.parent));
        return CAP_OK;
    }
    directory_self_results_pass_parent(results, directory_minted(capos_request_object(request)));
    if (demo.swap) {
        directory_self_results_set_here(results, DIRECTORY_SELF_RECORD_PARENT);
        directory_self_results_set_parent(results, DIRECTORY_SELF_RECORD_HERE);
    }
    return CAP_OK;
}

static const struct directory_ops directory_ops = {
    .open = open_file,
    .create = create_file,
    .link = link_file,
    .list = list,
    .open_all = open_all,
    .replace = replace,
    .self = self,
};

/* --- The store --------------------------------------------------------------------------------- */

static capos_status get(struct capos_request *request, struct store_get_params_reader params,
                        struct store_get_results_builder results)
{
    demo.calls++;
    if (demo.refuse)
        return capos_request_refuse(request, demo.refuse, WIRE_TEXT("as told"));
    store_get_results_set_value(results, demo.value + store_get_params_get_key(params));
    store_get_results_set_version(results, demo.version);
    return demo.fail;
}

/* The watchers are answered from here: their calls came earlier. */
static capos_status put(struct capos_request *request, struct store_put_params_reader params,
                        struct store_put_results_builder results)
{
    (void)request;
    demo.calls++;
    demo.value = store_put_params_get_value(params);
    store_put_results_set_version(results, ++demo.version);
    for (uint32_t i = 0; i < DEMO_WATCHERS; i++) {
        struct demo_watcher *watcher = &demo.watchers[i];
        if (!watcher->waits)
            continue;
        watcher->waits = false;
        struct store_watch_results_builder answer = store_watch_reply_results(&watcher->reply);
        store_watch_results_set_value(answer, demo.value);
        store_watch_results_set_version(answer, demo.version);
        store_watch_reply_send(&watcher->reply);
    }
    return CAP_OK;
}

static void watcher_cancelled(struct capos_reply *reply)
{
    struct demo_watcher *watcher = reply->data;
    watcher->cancelled = true;
    if (!demo.answers_cancelled)
        return;
    watcher->waits = false;
    capos_reply_refuse(reply, EXCEPTION_TYPE_FAILED, WIRE_TEXT("nobody hears it"));
}

static capos_status watch(struct capos_request *request, struct store_watch_params_reader params,
                          struct store_watch_results_builder results)
{
    (void)results;
    demo.calls++;
    for (uint32_t i = 0; i < DEMO_WATCHERS; i++) {
        struct demo_watcher *watcher = &demo.watchers[i];
        if (watcher->waits)
            continue;
        capos_status status = store_watch_defer(
            request, store_watch_params_get_version(params) > 100 ? 5000 : 0, &watcher->reply);
        watcher->waits = status == CAP_OK;
        watcher->reply.reply.cancelled = watcher_cancelled;
        watcher->reply.reply.data = watcher;
        return status;
    }
    return CAP_ERR_NO_MEMORY;
}

static const struct store_ops store_ops = {.get = get, .put = put, .watch = watch};

/* --- The sink ------------------------------------------------------------------------------------- */

static capos_status put_data(struct capos_request *request, struct sink_put_params_reader params)
{
    struct wire_data data = sink_put_params_get_data(params);
    demo.calls++;
    if (demo.calls == demo.refuse_call)
        return capos_request_refuse(request, EXCEPTION_TYPE_OVERLOADED, WIRE_TEXT("it is full"));
    for (uint32_t i = 0; i < data.size; i++)
        demo.in_order &= data.bytes[i] == (uint8_t)(demo.taken + i);
    demo.taken += data.size;
    return demo.hold_put ? sink_put_defer(request, 0, demo.hold_put) : CAP_OK;
}

static capos_status taken(struct capos_request *request, struct sink_taken_results_builder results)
{
    (void)request;
    sink_taken_results_set_bytes(results, demo.taken);
    sink_taken_results_set_calls(results, demo.calls);
    return CAP_OK;
}

static const struct sink_ops sink_ops = {.put = put_data, .taken = taken};

/* --- All of it -------------------------------------------------------------------------------------- */

static void root_released(struct capos_object *object)
{
    (void)object;
    demo.root_released++;
}

void demo_start(uint32_t requests)
{
    struct capos_server_limits limits = {.requests = requests, .message_bytes = MESSAGE_BYTES, .caps = 16};
    demo = (struct demo){.version = 1, .in_order = true};
    demo.endpoint = fake_endpoint_start(&demo.ring);
    TAP_EQ(capos_server_init(&demo.server, demo.ring, demo.endpoint, &limits, memory,
                             CAPOS_SERVER_WORDS(requests, MESSAGE_BYTES, 16)),
           CAP_OK);
    directory_object_init(&demo.root, &demo.server, &directory_ops, NULL, root_released);
    sink_object_init(&demo.sink_object, &demo.server, &sink_ops, NULL, NULL);
    store_object_init(&demo.store, &demo.server, &store_ops, NULL, NULL);
    for (uint32_t i = 0; i < DEMO_FILES; i++) {
        demo.files[i].size = 1000 + i;
        file_object_init(&demo.files[i].object, &demo.server, &file_ops, &demo.files[i], file_released);
    }
    TAP_EQ(capos_server_add(&demo.server, &demo.root, DEMO_ROOT), CAP_OK);
    TAP_EQ(capos_server_add(&demo.server, &demo.store, DEMO_STORE), CAP_OK);
    TAP_EQ(capos_server_add(&demo.server, &demo.sink_object, DEMO_SINK), CAP_OK);
    demo.directory.cap = fake_endpoint_grant(DEMO_ROOT, DIRECTORY_INTERFACE_ID);
    demo.client.cap = fake_endpoint_grant(DEMO_STORE, STORE_INTERFACE_ID);
}

/* The kernel has nothing to do: the server has its turn. */
static void turn(void)
{
    capos_server_serve(&demo.server, 0);
}

void demo_turns(void)
{
    fake.idle = turn;
}

void demo_serve_all(void)
{
    TAP_EQ(capos_server_serve(&demo.server, 0), CAP_ERR_TIMED_OUT);
}

struct sink demo_sink(void)
{
    return (struct sink){fake_endpoint_grant(DEMO_SINK, SINK_INTERFACE_ID)};
}

void demo_settle(void)
{
    for (int i = 0; i < 4; i++) {
        capos_runtime_flush_releases(&fake.runtime);
        capos_server_serve(&demo.server, 0);
    }
}

void demo_serve(void)
{
    TAP_EQ(capos_server_serve(&demo.server, 0), CAP_OK);
}
