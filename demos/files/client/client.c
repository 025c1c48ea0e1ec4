/*
 * Files of two directories, each another program: one of them keeps a link to
 * a file of the other, and hands it on to whoever opens it. Each capability
 * that comes is adopted, used, and released or given away.
 */
#include <capos/handle.h>
#include <capos/runtime.h>
#include <capos/text.h>

#include "schema/capos.client.capos.h"
#include "schema/demo.client.capos.h"

struct client {
    struct capos_runtime *runtime;
    struct capos_ring *ring;
    struct console console;
    struct directory docs, attic;
};

static void say(const struct client *client, const char *what, struct wire_data data)
{
    struct capos_line line;
    char chars[80];
    capos_line_begin(&line, chars, sizeof chars);
    capos_line_string(&line, what);
    capos_line_bytes(&line, data.bytes, data.size);
    console_write_line(client->ring, client->console, capos_line_text(&line));
}

static void say_number(const struct client *client, const char *what, uint64_t number)
{
    struct capos_line line;
    char chars[80];
    capos_line_begin(&line, chars, sizeof chars);
    capos_line_string(&line, what);
    capos_line_u64(&line, number);
    console_write_line(client->ring, client->console, capos_line_text(&line));
}

static capos_status write(const struct client *client, struct file file, uint64_t offset,
                          struct wire_text text)
{
    return file_write(client->ring, file, offset, wire_data_make((const uint8_t *)text.chars, text.size));
}

static capos_status show(const struct client *client, const char *what, struct file file)
{
    struct file_read_call call;
    struct file_read_results_reader results;
    capos_status status = file_read(client->ring, file, 0, 100, &call, &results);
    if (status == CAP_OK)
        say(client, what, file_read_results_get_data(results));
    file_read_finish(client->ring, &call);
    return status;
}

/* Makes a file, writes it, and puts it into the attic as well. */
static capos_status make(const struct client *client)
{
    struct file file;
    bool is_new = false;
    uint64_t bytes = 0;
    capos_status status = directory_create(client->ring, client->docs, CAPOS_TEXT("notes"), &file, &is_new);
    if (status != CAP_OK)
        return status;
    say_number(client, "notes, new: ", is_new);
    status = write(client, file, 0, CAPOS_TEXT("tea, bread"));
    if (status == CAP_OK)
        status = file_size(client->ring, file, &bytes);
    if (status == CAP_OK) {
        say_number(client, "bytes: ", bytes);
        status = directory_link(client->ring, client->attic, CAPOS_TEXT("old notes"), file_copied(file));
    }
    if (status == CAP_OK)
        status = write(client, file, 5, CAPOS_TEXT("cakes"));
    capos_handle_release(client->runtime, file.cap);
    return status;
}

/* What the attic hands out is the file of docs: nothing is copied, and the attic need not be asked again. */
static capos_status look_into_attic(const struct client *client)
{
    struct file file;
    capos_status status = directory_open(client->ring, client->attic, CAPOS_TEXT("old notes"), &file);
    if (status != CAP_OK)
        return status;
    status = show(client, "in the attic: ", file);
    if (status == CAP_OK)
        status = directory_link(client->ring, client->docs, CAPOS_TEXT("same notes"), file_moved(file));
    if (status != CAP_OK && capos_handle_keep(client->runtime, &file.cap) == CAP_OK)
        capos_handle_release(client->runtime, file.cap);
    return status;
}

static capos_status show_list(const struct client *client)
{
    struct directory_list_call call;
    struct directory_list_results_reader results;
    capos_status status = directory_list(client->ring, client->docs, &call, &results);
    struct wire_list entries = {0};
    if (status == CAP_OK)
        entries = directory_list_results_get_entries(results);
    for (uint32_t i = 0; status == CAP_OK && i < entries.count; i++) {
        struct entry_reader entry = directory_list_results_get_entries_at(entries, i);
        struct wire_text name = entry_get_name(entry);
        struct file file;
        say(client, "in docs: ", wire_data_make((const uint8_t *)name.chars, name.size));
        status = entry_borrow_file(entry, &file);
        if (status == CAP_OK)
            status = show(client, "  it has: ", file);
    }
    directory_list_finish(client->ring, &call);
    return status;
}

/* One of three names is there: its file is adopted, and lives longer than the message. */
static capos_status open_all(const struct client *client)
{
    struct directory_open_all_call call;
    struct directory_open_all_params_builder params;
    struct directory_open_all_results_reader results;
    struct file file = {CAPOS_CAP_NULL};
    if (directory_open_all_begin(client->ring, client->attic, 64, &call, &params) == CAP_OK) {
        struct wire_list_builder names = directory_open_all_params_init_names(params, 3);
        directory_open_all_params_set_names_at(names, 0, CAPOS_TEXT("new notes"));
        directory_open_all_params_set_names_at(names, 1, CAPOS_TEXT("old notes"));
        directory_open_all_params_set_names_at(names, 2, CAPOS_TEXT("no notes"));
    }
    directory_open_all_submit(client->ring, &call);
    capos_status status = directory_open_all_wait(client->ring, &call, &results);
    if (status == CAP_OK) {
        struct wire_list list = directory_open_all_results_get_files(results);
        say_number(client, "opened all of: ", list.count);
        status = directory_open_all_results_adopt_files_at(list, 1, &file);
    }
    directory_open_all_finish(client->ring, &call);
    if (status != CAP_OK)
        return status;
    status = show(client, "the second: ", file);
    capos_handle_release(client->runtime, file.cap);
    return status;
}

/* What is refused, and in which words. */
static void show_refusals(const struct client *client)
{
    struct directory_open_call call;
    struct directory_open_results_reader results;
    directory_open_send(client->ring, client->docs, CAPOS_TEXT("diary"), &call);
    if (directory_open_wait(client->ring, &call, &results) < 0) {
        struct wire_text text = capos_call_exception(&call.call).message;
        say(client, "diary: ", wire_data_make((const uint8_t *)text.chars, text.size));
    }
    directory_open_finish(client->ring, &call);

    struct directory_self_call unserved;
    struct directory_self_results_reader self;
    directory_self_send(client->ring, client->docs, &unserved);
    if (directory_self_wait(client->ring, &unserved, &self) < 0) {
        struct wire_text text = capos_call_exception(&unserved.call).message;
        say(client, "self: ", wire_data_make((const uint8_t *)text.chars, text.size));
    }
    directory_self_finish(client->ring, &unserved);
}

static capos_status run(const struct client *client)
{
    capos_status status = make(client);
    if (status == CAP_OK)
        status = look_into_attic(client);
    if (status == CAP_OK)
        status = show_list(client);
    if (status == CAP_OK)
        status = open_all(client);
    show_refusals(client);
    return status;
}

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    struct client client = {.runtime = runtime};
    struct capos_handle_stats stats;
    if (console_from_capset(runtime, "console", &client.console) < 0 ||
        directory_from_capset(runtime, "docs", &client.docs) < 0 ||
        directory_from_capset(runtime, "attic", &client.attic) < 0 ||
        capos_runtime_lend_ring(runtime, &client.ring) < 0)
        return 1;
    capos_status status = run(&client);
    if (status != CAP_OK)
        say(&client, capos_status_text(status), (struct wire_data){0});
    capos_handle_stats(runtime, &stats);
    say_number(&client, "still held: ", stats.held);
    capos_runtime_return_ring(runtime, client.ring);
    return status != CAP_OK;
}
