/*
 * What a spawner is asked for and must refuse, in words, with nothing done.
 */
#include "tests/spawn/spawn/spawn.h"

static void refused_as(const struct request *request, uint16_t type, const char *what)
{
    struct process_handle process;
    capos_status status = start(request, &process);
    if (status == CAP_OK)
        capos_handle_release(runtime, process.cap);
    check_saying(status == CAP_ERR_APPLICATION_EXCEPTION && said_type == type, what);
}

static void refused(const struct request *request, const char *what)
{
    refused_as(request, EXCEPTION_TYPE_INVALID_ARGUMENT, what);
}

/* A status, not an exception: what is sent cannot even be taken apart. */
static void refused_with(const struct request *request, capos_status wanted)
{
    struct process_handle process;
    capos_status status = start(request, &process);
    if (status == CAP_OK)
        capos_handle_release(runtime, process.cap);
    check(status == wanted, capos_status_name(wanted));
}

static void ask_for_bad_binaries(void)
{
    static const char *const kinds[] = {
        "text",        "machine",       "narrow",         "movable",    "headers", "header size",
        "far headers", "entry",         "outside",        "shrinks",    "low",     "high",
        "wraps",       "writable code", "overlap",        "unreadable", "large",   "stack code",
        "stack",       "tls",           "interpreter",    "dynamic",    "no note", "version",
        "features",    "note size",     "note runs over",
    };
    int64_t code;
    for (uint32_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct capos_line line;
        char chars[64];
        capos_line_begin(&line, chars, sizeof chars - 1);
        capos_line_string(&line, "bad ");
        capos_line_string(&line, kinds[i]);
        chars[capos_line_text(&line).size] = 0;
        refused(&(struct request){.binary = chars}, kinds[i]);
    }
    check(run(&(struct request){.binary = "good"}, &code) == PROCESS_STATUS_WHICH_FAULTED,
          "the same file with nothing wrong is started");
    refused(&(struct request){.binary = "nobody"}, "unknown binary");
    refused(&(struct request){.binary = ""}, "no binary");
}

static void ask_with_bad_names(void)
{
    struct capos_transfer copy = timer_copied(timer).t;
    const char *const long_name = "a name of more than forty-three bytes, as it is";
    refused(&(struct request){.name = ""}, "no name");
    refused(&(struct request){.name = long_name}, "long name");
    refused(&(struct request){.name = "a\x1b[2J"}, "control characters");
    refused(&(struct request){.name = "\xff\xfe"}, "not UTF-8");
    refused(&(struct request){.count = 1, .grants = {{.name = "", .transfer = copy}}},
            "grant without a name");
    refused(&(struct request){.count = 1, .grants = {{.name = long_name, .transfer = copy}}},
            "grant with a long name");
    refused(
        &(struct request){
            .count = 2, .grants = {{.name = "sleep", .transfer = copy}, {.name = "sleep", .transfer = copy}}},
        "duplicate names");
}

static void ask_with_bad_grants(void)
{
    struct capos_transfer copy = timer_copied(timer).t, never = copy, null = {.mode = CAP_TRANSFER_COPY};
    struct request many = {.count = 17};
    struct process_handle process;
    int64_t code;
    never.cap += UINT64_C(1) << CAPOS_CAP_SLOT_SHIFT;
    for (uint32_t i = 0; i < many.count; i++)
        many.grants[i] = (struct grant){.name = "a", .none = true};
    refused(&many, "too many grants");
    refused(&(struct request){.count = 1, .grants = {{.name = "sleep", .none = true}}}, "grant of nothing");
    refused(&(struct request){.count = 1, .grants = {{.name = "sleep", .transfer = null}}},
            "grant of the null capability");
    refused(&(struct request){.count = 2,
                              .grants = {{.name = "sleep", .transfer = copy}, {.name = "again", .place = 1}}},
            "one capability for two grants");
    refused_with(&(struct request){.count = 1, .grants = {{.name = "sleep", .transfer = never}}},
                 CAP_ERR_STALE_CAP);
    if (start(&(struct request){.count = 1, .grants = {{.name = "sleep", .transfer = copy}}}, &process) !=
        CAP_OK)
        return;
    refused_with(
        &(struct request){.count = 1,
                          .grants = {{.name = "handle", .transfer = process_handle_copied(process).t}}},
        CAP_ERR_NOT_TRANSFERABLE);
    process_handle_kill(ring, process);
    check(wait_for(process, &code) == PROCESS_STATUS_WHICH_KILLED, "the handle is still good");
    capos_handle_release(runtime, process.cap);
}

/* What was moved for a process that did not start is still here. */
static void ask_in_vain(void)
{
    struct endpoint endpoint;
    uint32_t message_max = 0, caps_max = 0;
    if (process_spawner_endpoint(ring, spawner, 64, 2, &endpoint) != CAP_OK) {
        check(false, "an endpoint");
        return;
    }
    refused(&(struct request){.binary = "bad text",
                              .count = 1,
                              .grants = {{.name = "owner", .transfer = endpoint_moved(endpoint).t}}},
            "an endpoint for a binary that is none");
    check(capos_handle_keep(runtime, &endpoint.cap) == CAP_OK &&
              endpoint_limits(ring, endpoint, &message_max, &caps_max) == CAP_OK && message_max == 64 &&
              caps_max == 2,
          "it is still the spawner's");
    capos_handle_release(runtime, endpoint.cap);
}

/* The sentence tells the size of a program, which differs between compilers. */
static void refused_in_other_words(uint64_t memory, uint16_t type, const char *what)
{
    struct process_handle process;
    capos_status status = start(&(struct request){.memory = memory}, &process);
    if (status == CAP_OK)
        capos_handle_release(runtime, process.cap);
    check(status == CAP_ERR_APPLICATION_EXCEPTION && said_type == type, what);
}

static void ask_for_too_much(void)
{
    const uint16_t overloaded = EXCEPTION_TYPE_OVERLOADED;
    struct capos_transfer copy = timer_copied(timer).t;
    refused_as(&(struct request){.slots = UINT32_MAX}, overloaded, "more slots than there are");
    refused_as(&(struct request){.calls = UINT32_MAX}, overloaded, "more calls");
    refused_as(&(struct request){.processes = UINT32_MAX}, overloaded, "more processes");
    refused_as(&(struct request){.endpoints = UINT32_MAX}, overloaded, "more endpoints");
    refused_as(&(struct request){.badges = UINT32_MAX}, overloaded, "more badges");
    refused(&(struct request){.slots = 1,
                              .count = 2,
                              .grants = {{.name = "sleep", .transfer = copy},
                                         {.name = "more", .transfer = copy}}},
            "fewer slots than grants");
    refused_in_other_words(UINT64_MAX, overloaded, "more memory");
    refused_in_other_words(4096, EXCEPTION_TYPE_INVALID_ARGUMENT, "less memory than the program takes");
}

void ask_for_what_must_not_be(void)
{
    ask_for_bad_binaries();
    ask_with_bad_names();
    ask_with_bad_grants();
    ask_in_vain();
    ask_for_too_much();
}
