/*
 * Generated clients against a runtime that only writes down what it is asked:
 * which method, with which params, and that every call is finished.
 */
#include "check.h"
#include "zoo.client.capos.h"

#include <string.h>

/* --- The runtime --------------------------------------------------------------------- */

static struct {
    const struct capos_method *method;
    capos_cap target;
    uint32_t word_count;
    uint32_t room_words;
    struct wire_build params;
    int begun, submitted, waited, finished;
    capos_status begin_status, wait_status;
    struct wire_build results;
} rt;

static uint64_t result_words[64];
static struct capos_ring *const ring = NULL;

static void reset(void)
{
    memset(&rt, 0, sizeof rt);
    wire_build_init(&rt.results, result_words, 64);
}

capos_status capos_call_begin(struct capos_ring *r, struct capos_call *call,
                              const struct capos_method *method, capos_cap target, uint64_t *words,
                              uint32_t word_count, uint32_t room_words,
                              struct wire_struct_builder *ret_params)
{
    (void)r, (void)call;
    rt.method = method;
    rt.target = target;
    rt.word_count = word_count;
    rt.room_words = room_words;
    rt.begun++;
    if (rt.begin_status != CAP_OK)
        return rt.begin_status;
    wire_build_init(&rt.params, words, word_count);
    *ret_params = wire_slot_init_struct(wire_build_root(&rt.params), method->params_data_words,
                                        method->params_pointers);
    return CAP_OK;
}

capos_status capos_call_submit(struct capos_ring *r, struct capos_call *call)
{
    (void)r, (void)call;
    rt.submitted++;
    return rt.begin_status;
}

capos_status capos_call_wait(struct capos_ring *r, struct capos_call *call, uint64_t timeout_ns,
                             struct wire_struct *ret_results)
{
    (void)r, (void)call;
    CHECK(timeout_ns == CAPOS_FOREVER);
    rt.waited++;
    if (rt.wait_status == CAP_OK && ret_results)
        *ret_results = wire_root(wire_build_reader(&rt.results));
    return rt.wait_status;
}

capos_status capos_call_wait_for(struct capos_ring *r, struct capos_call *call, uint64_t timeout_ns,
                                 struct wire_struct *ret_results)
{
    CHECK(timeout_ns == 55);
    return capos_call_wait(r, call, CAPOS_FOREVER, ret_results);
}

/* Capabilities: what was passed, and one to be adopted. */
static struct {
    struct capos_transfer transfer;
    bool of_struct;
    uint16_t field;
    int passed, adopted;
    capos_status adopt_status;
} caps;

void capos_caps_pass(struct wire_slot slot, const uint8_t *of, uint16_t field, struct capos_transfer transfer)
{
    caps.transfer = transfer;
    caps.of_struct = of != NULL;
    caps.field = field;
    caps.passed++;
    wire_slot_set_cap(slot, 3);
}

capos_status capos_caps_adopt(struct wire_any pointer, const uint8_t *of, uint16_t field,
                              uint64_t interface_id, capos_cap *ret_cap)
{
    (void)pointer, (void)of, (void)field;
    caps.adopted++;
    CHECK(interface_id == ANIMAL_INTERFACE_ID);
    if (caps.adopt_status == CAP_OK)
        *ret_cap = 99;
    return caps.adopt_status;
}

void capos_call_finish(struct capos_ring *r, struct capos_call *call)
{
    (void)r, (void)call;
    rt.finished++;
}

capos_status capos_capset_find(struct capos_runtime *runtime, const char *name, uint64_t interface_id,
                               capos_cap *ret_cap)
{
    (void)runtime;
    *ret_cap = interface_id == CAT_INTERFACE_ID && strcmp(name, "tom") == 0 ? 77 : 0;
    return *ret_cap ? CAP_OK : CAP_ERR_NOT_FOUND;
}

static void check_counts(int begun, int submitted, int waited, int finished)
{
    CHECK(rt.begun == begun && rt.submitted == submitted && rt.waited == waited && rt.finished == finished);
}

/* --- Clients --------------------------------------------------------------------------- */

static const struct animal animal = {5};

static void numbers_come_back(void)
{
    bool full;
    double weight;
    uint16_t mood;
    reset();
    struct animal_feed_results_builder results = animal_feed_results_build_root(&rt.results);
    animal_feed_results_set_full(results, true);
    animal_feed_results_set_weight(results, 2.5);
    animal_feed_results_set_mood(results, COLOR_BLUE);
    CHECK(animal_feed(ring, animal, WIRE_TEXT("0123456789"), 9, COLOR_GREEN, wire_data_make("\1\2", 2), &full,
                      &weight, &mood) == CAP_OK);
    CHECK(full && weight == 2.5 && mood == COLOR_BLUE);
    check_counts(1, 1, 1, 1);
    CHECK(rt.method == &animal_interface.methods[ANIMAL_METHOD_FEED] && rt.target == 5);
    CHECK(strcmp(rt.method->name, "feed") == 0 && rt.method->interface_id == ANIMAL_INTERFACE_ID);
    CHECK(rt.word_count == ANIMAL_FEED_CALL_WORDS);
    CHECK(rt.room_words == 1 + ANIMAL_FEED_PARAMS_DATA_WORDS + ANIMAL_FEED_PARAMS_POINTER_COUNT + 2 + 1);
}

static void params_arrive(void)
{
    struct animal_feed_call call;
    reset();
    CHECK(animal_feed_send(ring, animal, WIRE_TEXT("fish"), 9, COLOR_GREEN, wire_data_make("\1\2", 2),
                           &call) == CAP_OK);
    struct animal_feed_params_reader params = animal_feed_params_read_root(wire_build_reader(&rt.params));
    CHECK_TEXT(animal_feed_params_get_food(params), "fish");
    CHECK(animal_feed_params_get_grams(params) == 9 && animal_feed_params_get_colors(params) == COLOR_GREEN);
    CHECK(animal_feed_params_get_photo(params).bytes[1] == 2);
    check_counts(1, 1, 0, 0);
}

static void failures_finish_too(void)
{
    bool full = true;
    double weight = 1;
    uint16_t mood = 2;
    reset();
    rt.wait_status = CAP_ERR_STALE_CAP;
    CHECK(animal_feed(ring, animal, WIRE_TEXT(""), 0, 0, wire_data_make("", 0), &full, &weight, &mood) ==
          CAP_ERR_STALE_CAP);
    CHECK(full && weight == 1 && mood == 2);
    check_counts(1, 1, 1, 1);
    reset();
    rt.begin_status = rt.wait_status = CAP_ERR_NO_MEMORY;
    CHECK(animal_sleep(ring, animal) == CAP_ERR_NO_MEMORY);
    check_counts(1, 1, 1, 1);
}

static void results_stay_open(void)
{
    struct animal_name_call call;
    struct animal_name_results_reader results;
    reset();
    animal_name_results_set_name(animal_name_results_build_root(&rt.results), WIRE_TEXT("Tom"));
    CHECK(animal_name(ring, animal, &call, &results) == CAP_OK);
    CHECK_TEXT(animal_name_results_get_name(results), "Tom");
    check_counts(1, 1, 1, 0);
    animal_name_finish(ring, &call);
    check_counts(1, 1, 1, 1);
}

/* Params that are a struct, or have one, are filled in by the caller. */
static void params_step_by_step(void)
{
    struct animal_swap_call call;
    struct point_builder params;
    struct point_reader results;
    reset();
    point_set_x(point_build_root(&rt.results), 4);
    CHECK(animal_swap_begin(ring, animal, 100, &call, &params) == CAP_OK && rt.room_words == 100);
    point_set_y(params, 3);
    CHECK(animal_swap_submit(ring, &call) == CAP_OK);
    CHECK(animal_swap_wait(ring, &call, &results) == CAP_OK && point_get_x(results) == 4);
    animal_swap_finish(ring, &call);
    check_counts(1, 1, 1, 1);
    CHECK(point_get_y(point_read_root(wire_build_reader(&rt.params))) == 3);
}

static void names_of_arguments_step_back(void)
{
    struct animal_call_call call;
    reset();
    CHECK(animal_call(ring, animal, 1, true, -3, 4) == CAP_OK);
    CHECK(animal_call_send(ring, animal, 1, true, -3, 4, &call) == CAP_OK);
    struct animal_call_params_reader params = animal_call_params_read_root(wire_build_reader(&rt.params));
    CHECK(animal_call_params_get_ring(params) == 1 && animal_call_params_get_self(params));
    CHECK(animal_call_params_get_int(params) == -3 && animal_call_params_get_ret_x(params) == 4);
    CHECK(rt.room_words == 0);
}

static void streams_have_no_results(void)
{
    struct animal_watch_call call;
    struct animal_watch_params_builder params;
    reset();
    animal_watch_begin(ring, animal, 0, &call, &params);
    CHECK(animal_watch_submit(ring, &call) == CAP_OK && animal_watch_wait(ring, &call) == CAP_OK);
    animal_watch_finish(ring, &call);
    CHECK(rt.method->results_data_words == 0 && rt.method->results_pointers == 0);
}

/* A capability among the params and one of the results; several stay in the call. */
static void capabilities(void)
{
    struct animal other = {6}, got = {1};
    reset();
    CHECK(animal_give(ring, animal, animal_moved(other), &got) == CAP_OK && got.cap == 99);
    CHECK(caps.transfer.cap == 6 && caps.transfer.mode == CAP_TRANSFER_MOVE && caps.of_struct);
    check_counts(1, 1, 1, 1);
    CHECK(rt.method->params_caps == 1 && rt.method->results_caps == 1 && rt.method->results_fields == 1);
    CHECK(animal_interface.methods[ANIMAL_METHOD_CHOOSE].params_caps == CAPOS_MESSAGE_CAPS_MAX);
    CHECK(animal_interface.methods[ANIMAL_METHOD_WATCH].params_caps == CAPOS_MESSAGE_CAPS_MAX);
    CHECK(animal_interface.methods[ANIMAL_METHOD_FEED].params_caps == 0);
    caps.adopt_status = CAP_ERR_NOT_FOUND;
    got.cap = 1;
    CHECK(animal_give(ring, animal, animal_copied(other), &got) == CAP_ERR_NOT_FOUND && got.cap == 1);
    CHECK(caps.transfer.mode == CAP_TRANSFER_COPY);
    check_counts(2, 2, 2, 2);
    caps.adopted = 0;
    rt.wait_status = CAP_ERR_STALE_CAP;
    CHECK(animal_give(ring, animal, animal_copied(other), &got) == CAP_ERR_STALE_CAP && caps.adopted == 0);
}

static void waits_end(void)
{
    struct animal_name_call call;
    struct animal_name_results_reader results;
    reset();
    animal_name_send(ring, animal, &call);
    CHECK(animal_name_wait_for(ring, &call, 55, &results) == CAP_OK);
}

/* An inherited method goes to the interface that declares it. */
static void inheritance(void)
{
    struct cat cat;
    bool purrs;
    struct capos_runtime *none = NULL;
    CHECK(cat_from_capset(none, "jerry", &cat) == CAP_ERR_NOT_FOUND);
    CHECK(cat_from_capset(none, "tom", &cat) == CAP_OK && cat.cap == 77);
    reset();
    CHECK(cat_stroke(ring, cat, &purrs) == CAP_OK && rt.target == 77);
    CHECK(rt.method == &pet_interface.methods[PET_METHOD_STROKE]);
    reset();
    CHECK(cat_sleep(ring, cat) == CAP_OK && rt.method->interface_id == ANIMAL_INTERFACE_ID);
    CHECK(rt.method->ordinal == 9);

    struct cat_owner_call owner;
    struct far_owned_owner_results_reader owned;
    reset();
    cat_owner(ring, cat, &owner, &owned);
    CHECK(rt.method == &far_owned_interface.methods[FAR_OWNED_METHOD_OWNER]);

    /* Pet has a name() of its own, so Animal's has its interface's name before it. */
    struct cat_name_call own;
    struct cat_animal_name_call inherited;
    struct pet_name_results_reader own_name;
    struct animal_name_results_reader inherited_name;
    reset();
    cat_name(ring, cat, &own, &own_name);
    CHECK(rt.method->interface_id == PET_INTERFACE_ID);
    cat_animal_name(ring, cat, &inherited, &inherited_name);
    CHECK(rt.method->interface_id == ANIMAL_INTERFACE_ID);

    CHECK(cat_as_pet(cat).cap == 77 && cat_as_animal(cat).cap == 77 && cat_as_far_owned(cat).cap == 77);
    CHECK(cat_interface.superclass_count == 1 && cat_interface.superclasses[0] == &pet_interface);
    CHECK(pet_interface.superclass_count == 2 && cat_interface.method_count == 0);
}

static void keywords(void)
{
    struct class_ self = {1};
    reset();
    CHECK(class_new(ring, self) == CAP_OK && rt.method == &class_interface.methods[CLASS_METHOD_NEW]);
}

int main(void)
{
    numbers_come_back();
    params_arrive();
    failures_finish_too();
    results_stay_open();
    params_step_by_step();
    names_of_arguments_step_back();
    streams_have_no_results();
    capabilities();
    waits_end();
    inheritance();
    keywords();
    return 0;
}
