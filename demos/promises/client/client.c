/*
 * Calls on answers that have not arrived: the program says all that it wants,
 * and waits once. What it counts are its own entries into the kernel.
 */
#include <capos/handle.h>
#include <capos/runtime.h>
#include <capos/text.h>

#include "schema/capos.client.capos.h"
#include "schema/demo.client.capos.h"

enum { STEPS_MAX = 63, WALKERS = 3, QUICKLY_NS = 20000000 };

struct client {
    struct capos_runtime *runtime;
    struct capos_ring *ring;
    struct console console;
    struct directory docs;
    struct walker walkers[WALKERS]; /* ada, bob and eve: three programs */
};

static struct capos_line line;
static char chars[120];

/* What is said next begins so. */
static void begin(const char *what)
{
    capos_line_begin(&line, chars, sizeof chars);
    capos_line_string(&line, what);
}

static void end(const struct client *client)
{
    console_write_line(client->ring, client->console, capos_line_text(&line));
}

static uint64_t entries(const struct client *client)
{
    struct capos_ring_stats stats;
    capos_ring_stats(client->ring, &stats);
    return stats.entered;
}

/* --- Files -------------------------------------------------------------------------------- */

static capos_status write_notes(const struct client *client)
{
    struct directory_create_call create;
    struct file_write_call write;
    static const uint8_t notes[] = {'t', 'e', 'a'};
    directory_create_send(client->ring, client->docs, CAPOS_TEXT("notes"), &create);
    file_write_send(client->ring, directory_create_promised_file(&create), 0,
                    wire_data_make(notes, sizeof notes), &write);
    capos_status status = file_write_wait(client->ring, &write);
    file_write_finish(client->ring, &write);
    directory_create_finish(client->ring, &create);
    return status;
}

/* Opens, reads and closes: the file is gone with the answer that it came in. */
static void read_file(const struct client *client, struct wire_text name)
{
    struct directory_open_call open;
    struct file_read_call read;
    struct file_read_results_reader got;
    uint64_t before = entries(client);
    directory_open_send(client->ring, client->docs, name, &open);
    file_read_send(client->ring, directory_open_promised_file(&open), 0, 100, &read);
    capos_status status = file_read_wait(client->ring, &read, &got);
    uint64_t entered = entries(client) - before;
    capos_line_bytes(&line, name.chars, name.size);
    capos_line_string(&line, ": ");
    if (status == CAP_OK) {
        struct wire_data data = file_read_results_get_data(got);
        capos_line_bytes(&line, data.bytes, data.size);
    } else if (status == CAP_ERR_APPLICATION_EXCEPTION) {
        struct wire_text text = capos_call_exception(&read.call).message;
        capos_line_bytes(&line, text.chars, text.size);
    } else {
        capos_line_string(&line, capos_status_text(status));
    }
    file_read_finish(client->ring, &read);
    directory_open_finish(client->ring, &open);
    capos_line_string(&line, "; entries: ");
    capos_line_u64(&line, entered);
    end(client);
}

/* A promise is an argument: the file goes from its answer into the next call, and back. */
static capos_status rename(const struct client *client)
{
    struct directory_open_call open;
    struct directory_link_call link;
    directory_open_send(client->ring, client->docs, CAPOS_TEXT("notes"), &open);
    directory_link_send(client->ring, client->docs, CAPOS_TEXT("same notes"),
                        file_copied(directory_open_promised_file(&open)), &link);
    directory_open_finish(client->ring, &open); /* is waited for, as link needs it */
    capos_status status = directory_link_wait(client->ring, &link);
    directory_link_finish(client->ring, &link);
    return status;
}

/* --- Chains ----------------------------------------------------------------------------------- */

static struct walker_step_call steps[STEPS_MAX];

/* Sends depth - 1 steps, each to the answer of the one before, and asks the last where it is. */
static void walk(const struct client *client, const char *what, uint32_t depth, bool over_all)
{
    struct walker_place_call place;
    struct walker_place_results_reader got;
    const struct walker nobody = {CAPOS_CAP_NULL};
    struct walker at = client->walkers[0];
    uint64_t before = entries(client);
    for (uint32_t i = 0; i + 1 < depth; i++) {
        walker_step_send(client->ring, at,
                         walker_copied(over_all ? client->walkers[(i + 1) % WALKERS] : nobody), &steps[i]);
        at = walker_step_promised_at(&steps[i]);
    }
    walker_place_send(client->ring, at, &place);
    capos_status status = walker_place_wait(client->ring, &place, &got);
    uint64_t entered = entries(client) - before;
    begin(what);
    capos_line_string(&line, ", depth ");
    capos_line_u64(&line, depth);
    capos_line_string(&line, ": ");
    if (status == CAP_OK) {
        struct wire_text name = walker_place_results_get_name(got);
        capos_line_bytes(&line, name.chars, name.size);
        capos_line_string(&line, ", step ");
        capos_line_u64(&line, walker_place_results_get_steps(got));
    } else {
        capos_line_string(&line, capos_status_text(status));
    }
    walker_place_finish(client->ring, &place);
    for (uint32_t i = 0; i + 1 < depth; i++)
        walker_step_finish(client->ring, &steps[i]);
    capos_line_string(&line, "; entries: ");
    if (depth <= CAPOS_SQ_ENTRIES)
        capos_line_u64(&line, entered);
    else
        capos_line_string(&line, entered <= depth / 8 ? "few" : "many");
    end(client);
}

/* A chain whose links go on to the next program with the capability to the one after: all of it promised. */
static void hand_on(const struct client *client)
{
    struct walker_step_call first, second;
    struct walker_place_call place;
    struct walker_place_results_reader got;
    const struct walker nobody = {CAPOS_CAP_NULL};
    walker_step_send(client->ring, client->walkers[0], walker_copied(nobody), &first);
    walker_step_send(client->ring, client->walkers[1], walker_copied(walker_step_promised_at(&first)),
                     &second);
    walker_place_send(client->ring, walker_step_promised_at(&second), &place);
    capos_status status = walker_place_wait(client->ring, &place, &got);
    begin("handed on by bob: ");
    if (status == CAP_OK) {
        struct wire_text name = walker_place_results_get_name(got);
        capos_line_bytes(&line, name.chars, name.size);
    } else {
        capos_line_string(&line, capos_status_text(status));
    }
    end(client);
    walker_place_finish(client->ring, &place);
    walker_step_finish(client->ring, &second);
    walker_step_finish(client->ring, &first);
}

/* --- What does not go well ---------------------------------------------------------------------- */

static void say_status(const struct client *client, const char *what, capos_status status)
{
    begin(what);
    capos_line_string(&line, capos_status_name(status));
    end(client);
}

static void give_up(const struct client *client)
{
    struct walker_rest_call rest;
    struct walker_place_call place;
    struct walker_place_results_reader got;
    walker_rest_send(client->ring, client->walkers[1], &rest);
    walker_place_send(client->ring, walker_rest_promised_at(&rest), &place);
    say_status(client,
               "who rests, by a deadline: ", walker_place_wait_for(client->ring, &place, QUICKLY_NS, &got));
    walker_place_finish(client->ring, &place);

    walker_place_send(client->ring, walker_rest_promised_at(&rest), &place);
    capos_call_cancel(client->ring, &rest.call);
    say_status(client, "who rests, and is cancelled: ", walker_place_wait(client->ring, &place, &got));
    walker_place_finish(client->ring, &place);
    walker_rest_finish(client->ring, &rest);

    walker_rest_send(client->ring, client->walkers[1], &rest);
    struct walker late = walker_rest_promised_at(&rest);
    walker_rest_finish(client->ring, &rest); /* nobody needs it: the call is cancelled with it */
    walker_place_send(client->ring, late, &place);
    say_status(client, "of an answer that is finished: ", walker_place_wait(client->ring, &place, &got));
    walker_place_finish(client->ring, &place);
}

static void lose(const struct client *client)
{
    struct walker_lose_call lost;
    struct walker_place_call place;
    struct walker_place_results_reader got;
    walker_lose_send(client->ring, client->walkers[2], &lost);
    walker_place_send(client->ring, walker_lose_promised_at(&lost), &place);
    say_status(client, "who was not there: ", walker_place_wait(client->ring, &place, &got));
    walker_place_finish(client->ring, &place);
    walker_lose_finish(client->ring, &lost);
}

static void run(const struct client *client)
{
    static const uint32_t depths[] = {1, 4, 9, 64};
    capos_status status = write_notes(client);
    if (status == CAP_OK)
        status = rename(client);
    if (status != CAP_OK)
        say_status(client, "the notes: ", status);
    begin("");
    read_file(client, CAPOS_TEXT("same notes"));
    for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++)
        walk(client, "one service", depths[i], false);
    for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++)
        walk(client, "three services", depths[i], true);
    hand_on(client);
    give_up(client);
    begin("");
    read_file(client, CAPOS_TEXT("diary"));
    lose(client);
}

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    struct client client = {.runtime = runtime};
    struct capos_handle_stats stats;
    if (console_from_capset(runtime, "console", &client.console) < 0 ||
        directory_from_capset(runtime, "docs", &client.docs) < 0 ||
        walker_from_capset(runtime, "ada", &client.walkers[0]) < 0 ||
        walker_from_capset(runtime, "bob", &client.walkers[1]) < 0 ||
        walker_from_capset(runtime, "eve", &client.walkers[2]) < 0 ||
        capos_runtime_lend_ring(runtime, &client.ring) < 0)
        return 1;
    run(&client);
    capos_handle_stats(runtime, &stats);
    begin("still held: ");
    capos_line_u64(&line, stats.held);
    end(&client);
    capos_runtime_return_ring(runtime, client.ring);
    return 0;
}
