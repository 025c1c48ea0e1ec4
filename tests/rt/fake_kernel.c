#include "tests/rt/fake_kernel.h"

#include <string.h>

#include "schema/capos.capos.h"

struct fake_kernel fake;

static bool post(const struct cap_cqe *cqe)
{
    if (fake.cq_tail - fake.page.header.cq_head >= CAPOS_CQ_ENTRIES)
        return false;
    fake.page.cq[fake.cq_tail++ % CAPOS_CQ_ENTRIES] = *cqe;
    fake.page.header.cq_tail = fake.cq_tail;
    return true;
}

void fake_post(struct cap_cqe cqe)
{
    if (fake.deferred_count > 0 || !post(&cqe))
        fake.deferred[fake.deferred_count++] = cqe;
}

static void post_deferred(void)
{
    uint32_t done = 0;
    while (done < fake.deferred_count && post(&fake.deferred[done]))
        done++;
    fake.deferred_count -= done;
    memmove(fake.deferred, fake.deferred + done, fake.deferred_count * sizeof fake.deferred[0]);
}

static void answer(const struct cap_sqe *sqe, int32_t result)
{
    if (fake.payload && sqe->op == CAP_OP_CALL && fake.payload_bytes <= sqe->result_len)
        memcpy((void *)(uintptr_t)sqe->result_addr, fake.payload, fake.payload_bytes);
    fake_post((struct cap_cqe){.user_data = sqe->user_data,
                               .result = result,
                               .cap_count = fake.cap_count,
                               .aux = fake.aux,
                               .needed = fake.needed});
}

void fake_complete(uint32_t index, int32_t result)
{
    struct cap_sqe sqe = fake.held[index];
    fake.held_count--;
    memmove(&fake.held[index], &fake.held[index + 1], (fake.held_count - index) * sizeof sqe);
    answer(&sqe, result);
}

static void cancel(const struct cap_sqe *sqe)
{
    int32_t result = CAP_ERR_NOT_FOUND;
    for (uint32_t i = 0; i < fake.held_count && result < 0; i++) {
        if (fake.held[i].user_data != sqe->interface_id)
            continue;
        fake_complete(i, CAP_ERR_CANCELLED);
        result = CAP_OK;
    }
    fake_post((struct cap_cqe){.user_data = sqe->user_data, .result = result});
}

static void keep_line(const struct cap_sqe *sqe)
{
    struct wire_message message;
    wire_open_flat(&message, WIRE_PRIVATE, (const void *)(uintptr_t)sqe->params_addr, sqe->params_len);
    struct wire_text text = console_write_line_params_get_text(console_write_line_params_read_root(&message));
    if (text.size < sizeof fake.line)
        memcpy(fake.line, text.chars, text.size + 1);
}

static void take(const struct cap_sqe *sqe)
{
    fake.last = *sqe;
    fake.taken++;
    if (sqe->op == CAP_OP_CALL && sqe->interface_id == CONSOLE_INTERFACE_ID &&
        sqe->method_id == CONSOLE_METHOD_WRITE_LINE)
        keep_line(sqe);
    if (fake.take && fake.take(sqe))
        return;
    if (sqe->op == CAP_OP_CANCEL)
        cancel(sqe);
    else if (sqe->op == CAP_OP_CALL && fake.calls_max > 0 && fake.held_count >= fake.calls_max)
        answer(sqe, CAP_ERR_TOO_MANY_CALLS);
    else if (sqe->op == CAP_OP_CALL && fake.hold && sqe->cap_id != fake.never_held)
        fake.held[fake.held_count++] = *sqe;
    else
        answer(sqe, fake.result);
}

static void consume(void)
{
    struct capos_ring_header *header = &fake.page.header;
    post_deferred();
    while (!fake.stubborn && fake.sq_head != header->sq_tail &&
           fake.held_count + fake.deferred_count + (fake.cq_tail - header->cq_head) < CAPOS_RING_CREDITS) {
        struct cap_sqe sqe = fake.page.sq[fake.sq_head++ % CAPOS_SQ_ENTRIES];
        header->sq_head = fake.sq_head;
        take(&sqe);
    }
}

static int64_t enter(uint32_t min_complete, uint64_t timeout_ns)
{
    struct capos_ring_header *header = &fake.page.header;
    fake.enters++;
    if (fake.refusal < 0)
        return fake.refusal;
    if (fake.bad_rings > 0) {
        fake.bad_rings--;
        return CAP_ERR_BAD_RING;
    }
    if (header->sq_tail - fake.sq_head > CAPOS_SQ_ENTRIES ||
        fake.cq_tail - header->cq_head > CAPOS_CQ_ENTRIES)
        return CAP_ERR_BAD_RING;
    consume();
    if (fake.idle && timeout_ns > 0 && min_complete > 0) {
        fake.waits++;
        fake.awaited = min_complete;
        if (timeout_ns != CAPOS_FOREVER)
            fake.awaited_with_time = min_complete;
    }
    if (fake.idle && (fake.cq_tail == header->cq_head || min_complete > 1)) {
        void (*idle)(void) = fake.idle;
        uint32_t start = header->cq_head, before;
        fake.idle = NULL;
        do {
            before = fake.cq_tail;
            idle();
            consume();
        } while (before != fake.cq_tail && min_complete > 1);
        fake.idle = idle;
        return start != fake.cq_tail; /* what came may be read by now */
    }
    return fake.cq_tail - header->cq_head;
}

static void leave(int64_t code)
{
    fake.exit_code = code;
    longjmp(fake.at_exit, 1);
}

const struct rt_kernel fake_entry = {enter, leave};

void fake_grant(const char *name, uint64_t id, uint64_t interface_id)
{
    struct capos_capset_entry *entry = &fake.capset.entries[fake.capset.header.count++];
    entry->cap_id = id;
    entry->interface_id = interface_id;
    entry->name_len = (uint8_t)strlen(name);
    memcpy(entry->name, name, strlen(name));
    fake.capset.header.total_bytes += sizeof *entry;
}

void fake_start(void)
{
    fake = (struct fake_kernel){0};
    fake.page.header = (struct capos_ring_header){
        .magic = CAPOS_RING_MAGIC,
        .abi_version = CAPOS_ABI_VERSION,
        .header_size = CAPOS_RING_HEADER_SIZE,
        .sq_entries = CAPOS_SQ_ENTRIES,
        .cq_entries = CAPOS_CQ_ENTRIES,
        .sqe_size = sizeof(struct cap_sqe),
        .cqe_size = sizeof(struct cap_cqe),
        .sq_offset = CAPOS_SQ_OFFSET,
        .cq_offset = CAPOS_CQ_OFFSET,
        .ring_bytes = CAPOS_PAGE_BYTES,
        .calls_max = 64,
        .answers_max = FAKE_ANSWERS + 1,
        .message_max = 65536,
    };
    fake.capset.header = (struct capos_capset_header){
        .magic = CAPOS_CAPSET_MAGIC,
        .version = CAPOS_CAPSET_VERSION,
        .entry_size = sizeof(struct capos_capset_entry),
        .total_bytes = sizeof fake.capset.header,
    };
    fake_grant("console", 11, CONSOLE_INTERFACE_ID);
    fake_grant("timer", 12, TIMER_INTERFACE_ID);
    rt_init_at(&fake.runtime, &fake.page, 7, &fake.capset, &fake_entry);
}
