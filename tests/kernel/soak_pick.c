#include "tests/kernel/soak_pick.h"

#include <string.h>

#include "tests/kernel/soak_compare.h"

enum { PLACES = 190 }; /* what is sent to a spawner is put together beyond */

static uint64_t random_state, serial;
static bool in_use[256]; /* or was when the burst at hand began: what is there has not been looked at */

void soak_randomize(uint64_t seed)
{
    random_state = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

uint64_t soak_serial(void)
{
    return ++serial;
}

uint64_t soak_random(uint64_t bound)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (random_state >> 11) % bound;
}

/* --- Numbers ------------------------------------------------------------------------- */

static void mark(uint64_t number)
{
    in_use[number % 256] = true;
}

void soak_find_places(struct m_process *of)
{
    memset(in_use, 0, sizeof in_use);
    for (int i = 0; i < soak_model.calls_high; i++)
        if (soak_model.calls[i].state != M_FREE && soak_model.calls[i].caller == of)
            mark(soak_model.calls[i].number);
    for (int i = 0; i < of->receives_high; i++)
        if (of->receives[i].used)
            mark(of->receives[i].number);
}

uint64_t soak_pick_number(void)
{
    for (;;) {
        uint64_t place = soak_random(PLACES);
        if (in_use[place])
            continue;
        in_use[place] = true;
        return ++serial * 256 + place;
    }
}

uint64_t soak_pick_pending(struct m_process *of)
{
    for (int tries = 0; tries < 20; tries++) {
        const struct m_call *call = &soak_model.calls[soak_random(M_CALLS)];
        if (call->state != M_FREE && call->state != M_ABANDONED && call->state != M_RETURNS &&
            call->state != M_KEPT && call->caller == of)
            return call->number;
        const struct m_receive *receive = &of->receives[soak_random(KERNEL_RECVS_MAX)];
        if (receive->used)
            return receive->number;
    }
    return soak_pick_number();
}

uint64_t soak_pick_cap(struct m_process *of, bool owned)
{
    uint64_t found = 0;
    unsigned seen = 0;
    for (int i = 0; i < of->caps_high; i++) {
        const struct m_cap *cap = &of->caps[i];
        if (cap->used && cap->id && !!cap->what.owned == owned && soak_random(++seen) == 0)
            found = cap->id;
    }
    uint64_t how = soak_random(60);
    return how == 0 ? 0 : how == 1 ? found + (1 << 16) : how == 2 ? random_state : found;
}

uint32_t soak_pick_answer(struct m_process *of, bool failed)
{
    uint32_t found = (uint32_t)soak_random(KERNEL_ANSWERS_MAX + 1);
    unsigned seen = 0;
    for (int i = 0; i < soak_model.answers_high; i++) {
        const struct m_answer *answer = &soak_model.answers[i];
        bool fits = (answer->state == M_FAILED) == failed || soak_random(8) == 0;
        if (answer->used && answer->owner == of && fits && soak_random(++seen) == 0)
            found = answer->id;
    }
    return found;
}

static bool is_object(struct m_what what, int object)
{
    return object ? (int)what.object == object : what.handle != NULL;
}

uint32_t soak_pick_promised(struct m_process *of, int object)
{
    uint32_t found = 0;
    unsigned seen = 0;
    bool is_there = soak_random(2);
    for (int i = 0; i < soak_model.answers_high; i++) {
        const struct m_answer *answer = &soak_model.answers[i];
        bool fits = is_there ? answer->field_count > 0 && is_object(answer->fields[0].what, object)
                             : answer->state == M_AWAITED;
        if (answer->used && answer->owner == of && fits && soak_random(++seen) == 0)
            found = answer->id;
    }
    return found ? found : soak_pick_answer(of, false);
}

void soak_keep_answer(struct m_process *of, struct cap_sqe *call)
{
    call->flags |= CAP_SQE_PROMISE;
    call->answer_id = soak_random(20) == 0 ? soak_pick_answer(of, false) : 1 + (uint32_t)soak_random(16);
}

uint16_t soak_pick_field(void)
{
    uint64_t how = soak_random(64);
    return how == 0 ? (uint16_t)random_state : how == 1 ? KERNEL_CAPS_MAX : (uint16_t)(how / 56);
}

uint64_t soak_pick_object(struct m_process *of, int object)
{
    uint64_t found = 0;
    unsigned seen = 0;
    for (int i = 0; i < of->caps_high; i++) {
        const struct m_cap *cap = &of->caps[i];
        if (cap->used && cap->id && !cap->moving && is_object(cap->what, object) && soak_random(++seen) == 0)
            found = cap->id;
    }
    return found;
}

struct m_process *soak_pick_process(bool dead)
{
    struct m_process *found = NULL;
    unsigned seen = 0;
    for (int i = 0; i < M_PROCESSES; i++) {
        struct m_process *process = &soak_model.processes[i];
        if ((dead ? process->dead : process->alive) && soak_random(++seen) == 0)
            found = process;
    }
    return found;
}

uint16_t soak_pick_transfers(struct m_process *from, struct cap_transfer *caps, uint64_t percent)
{
    uint16_t count = soak_random(100) < percent ? (uint16_t)(1 + soak_random(M_CAPS_IN_MESSAGE)) : 0;
    for (int i = 0; i < count; i++) {
        uint64_t how = soak_random(40), badge = 1 + soak_random(6);
        bool mint = how < 14, owned = how == 24 || how == 36 || how == 38;
        caps[i] = (struct cap_transfer){
            .cap_id = how == 39 ? 0 : soak_pick_cap(from, mint || owned),
            .mode = mint       ? CAP_TRANSFER_MINT
                    : how < 25 ? CAP_TRANSFER_COPY
                    : how < 37 ? CAP_TRANSFER_MOVE
                               : (uint16_t)soak_random(6),
        };
        if (soak_random(4) == 0 || caps[i].mode == CAP_TRANSFER_PROMISED)
            caps[i] = (struct cap_transfer){.mode = CAP_TRANSFER_PROMISED,
                                            .cap_id = soak_pick_answer(from, false),
                                            .field = soak_pick_field()};
        if (caps[i].mode == CAP_TRANSFER_MINT) {
            caps[i].badge = badge;
            caps[i].interface_id = badge << 8 | 7;
        }
    }
    return count;
}
