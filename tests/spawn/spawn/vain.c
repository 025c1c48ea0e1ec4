/*
 * Calls itself, and gives away an object of its own with calls that fail: it is released once, with the last
 * capability to it, whether the kernel has refused the call, given it back, or delivered it.
 */
#include "schema/demo.server.capos.h"
#include "tests/spawn/spawn/spawn.h"

enum { REQUESTS = 2 };

static struct capos_server server;
static struct endpoint endpoint;
static struct directory self; /* a client of the server */
static struct capos_object directory, object;
static struct file came; /* with a call to link */
static bool refuses;
static uint32_t released;

static void count_released(struct capos_object *gone)
{
    (void)gone;
    released++;
}

static capos_status size_of(struct capos_request *request, struct node_size_results_builder results)
{
    (void)request;
    node_size_results_set_bytes(results, 6);
    return CAP_OK;
}

static capos_status refuse(struct capos_request *request)
{
    return capos_request_refuse(request, EXCEPTION_TYPE_FAILED, CAPOS_TEXT("in vain"));
}

/* Whatever it answers, it has the file. */
static capos_status link(struct capos_request *request, struct directory_link_params_reader params)
{
    capos_status status = directory_link_params_adopt_file(params, &came);
    return status == CAP_OK && refuses ? refuse(request) : status;
}

static capos_status open(struct capos_request *request, struct directory_open_params_reader params,
                         struct directory_open_results_builder results)
{
    (void)params, (void)results;
    return refuse(request);
}

static const struct node_ops node_ops = {.size = size_of};
static const struct file_ops file_ops = {.as_node = &node_ops};
static const struct directory_ops directory_ops = {.link = link, .open = open};

/* Until nothing has come: each release has been sent, and its notice taken. */
static void serve(void)
{
    do
        capos_runtime_flush_releases(runtime);
    while (capos_server_serve(&server, 0) == CAP_OK);
}

static capos_status give(void)
{
    struct directory_link_call call;
    directory_link_send(ring, self, CAPOS_TEXT("x"), file_minted(&object), &call);
    serve();
    capos_status status = directory_link_wait(ring, &call);
    directory_link_finish(ring, &call);
    return status;
}

static bool answers(struct file file)
{
    struct file_size_call call;
    struct node_size_results_reader results;
    file_size_send(ring, file, &call);
    serve();
    bool good = file_size_wait(ring, &call, &results) == CAP_OK;
    file_size_finish(ring, &call);
    return good;
}

static bool release(struct file file)
{
    capos_handle_release(runtime, file.cap);
    serve();
    return true;
}

/* Two facets, one of a call that failed: the object is there until both are gone. */
static void give_and_be_refused(void)
{
    released = 0;
    bool good = give() == CAP_OK;
    struct file first = came;
    refuses = true;
    good = good && give() == CAP_ERR_APPLICATION_EXCEPTION && answers(first) && answers(came);
    good = good && release(came) && released == 0 && answers(first);
    check(good && release(first) && released == 1,
          "what a call that failed has given lives until it is released");
}

/* Nobody receives yet. */
static void give_and_take_back(void)
{
    struct directory_link_call call;
    directory_link_send(ring, self, CAPOS_TEXT("x"), file_minted(&object), &call);
    capos_call_cancel(ring, &call.call);
    bool good = directory_link_wait(ring, &call) == CAP_ERR_CANCELLED && released == 0;
    directory_link_finish(ring, &call);
    serve();
    check(good && released == 1, "what was to be given with a call that is cancelled is released once");
}

/* A spawn that is refused at once has minted nothing; one that has waited has. */
static void grant_in_vain(void)
{
    struct directory_open_call call;
    struct directory_open_results_reader results;
    struct process_handle none;
    struct request request = {
        .binary = "bad text", .count = 1, .grants = {{.name = "file", .transfer = file_minted(&object).t}}};
    released = 0;
    bool good = start(&request, &none) == CAP_ERR_APPLICATION_EXCEPTION && released == 1;
    serve();
    check(good && released == 1, "what was to be granted to a program that is none is released at once");

    directory_open_send(ring, self, CAPOS_TEXT("x"), &call);
    serve();
    good = directory_open_wait(ring, &call, &results) == CAP_ERR_APPLICATION_EXCEPTION;
    request = (struct request){
        .count = 2,
        .grants = {{.name = "file", .transfer = file_minted(&object).t},
                   {.name = "promised", .transfer = file_copied(directory_open_promised_file(&call)).t}}};
    good = good && start(&request, &none) == CAP_ERR_APPLICATION_EXCEPTION && released == 1;
    directory_open_finish(ring, &call);
    serve();
    check(good && released == 2, "what was to be granted beside a promise that failed is released once");
}

void mint_in_vain(void)
{
    static uint64_t memory[CAPOS_EXPORT_WORDS(REQUESTS)];
    const struct capos_server_limits limits = {.requests = REQUESTS,
                                               .message_bytes = CAPOS_ENDPOINT_MESSAGE_DEFAULT,
                                               .caps = CAPOS_ENDPOINT_CAPS_DEFAULT};
    if (process_spawner_endpoint(ring, spawner, 0, 0, &endpoint) != CAP_OK ||
        client_of(endpoint, &self) != CAP_OK ||
        capos_server_init(&server, ring, endpoint.cap, &limits, memory, CAPOS_EXPORT_WORDS(REQUESTS)) !=
            CAP_OK) {
        check(false, "a server of its own");
        return;
    }
    directory_object_init(&directory, &server, &directory_ops, NULL, NULL);
    file_object_init(&object, &server, &file_ops, NULL, count_released);
    capos_server_add(&server, &directory, 1);
    give_and_take_back();
    give_and_be_refused();
    grant_in_vain();
    capos_server_fini(&server);
    capos_handle_release(runtime, self.cap);
    capos_handle_release(runtime, endpoint.cap);
}
