/*
 * Answers to a client: whatever a server answers, with as many capabilities as it likes, is results, an
 * exception or an error, and leaves nothing behind: of calls, of promises on them, and of a stream. Held by
 * it: docs/security.md, 19 and 35.
 */
#include <capos/handle.h>

#include <stdlib.h>
#include <string.h>

#include "tests/rt/demo_server.h"

enum { BYTES_MAX = 2048, RECORDS_MAX = 6 };

static const uint8_t *input;
static size_t left;
static uint32_t given; /* capabilities that the kernel has put into the table */

static uint8_t next(void)
{
    return left > 0 ? (left--, *input++) : 0;
}

/* As a kernel does it: the records are good, and as many as fit; the payload is the server's. */
static void answer(const struct cap_sqe *sqe)
{
    uint32_t how = next(), records = next() % (RECORDS_MAX + 1), words = next();
    struct cap_cqe cqe = {.user_data = sqe->user_data};
    uint8_t *to = (uint8_t *)(uintptr_t)sqe->result_addr;
    if (how % 8 == 0) {
        cqe.result = -(int32_t)next();
        cqe.aux = next();
        cqe.flags = next() & CAP_CQE_MINTED;
    } else {
        uint32_t room = sqe->result_len / 8, most = room / CAPOS_RECORD_WORDS;
        most = most < sqe->result_cap_max ? most : sqe->result_cap_max;
        records = records < most ? records : most;
        room -= records * CAPOS_RECORD_WORDS;
        words = words < room ? words : room;
        cqe.result = (int32_t)(words * 8);
        cqe.cap_count = (uint16_t)records;
    }
    for (int32_t i = 0; i < cqe.result; i++)
        to[i] = next();
    for (uint32_t i = 0; i < cqe.cap_count; i++) {
        struct cap_transfer_result record = {0};
        record.interface_id = next() % 2 ? FILE_INTERFACE_ID : DIRECTORY_INTERFACE_ID;
        given++;
        if (next() % 4 > 0)
            record.cap_id = (uint64_t)given << CAPOS_CAP_SLOT_SHIFT | (20 + given % 40);
        memcpy(to + cqe.result + i * sizeof record, &record, sizeof record);
    }
    if (how % 8 == 1 && cqe.result > 0) { /* an exception */
        cqe.result = CAP_ERR_APPLICATION_EXCEPTION;
        cqe.cap_count = 0;
    }
    fake_post(cqe);
}

static bool take(const struct cap_sqe *sqe)
{
    if (sqe->op != CAP_OP_CALL)
        return false;
    answer(sqe);
    return true;
}

static void open_two(struct capos_ring *ring, struct directory docs)
{
    struct directory_self_call self;
    struct directory_self_results_reader results;
    struct directory here;
    directory_self_send(ring, docs, &self);
    struct directory parent = directory_self_promised_parent(&self);
    struct directory_list_call list;
    struct directory_list_results_reader entries;
    directory_list_send(ring, parent, &list);
    if (directory_self_wait(ring, &self, &results) == CAP_OK) {
        if (directory_self_results_adopt_here(results, &here) == CAP_OK)
            capos_handle_release(&fake.runtime, here.cap);
        if (directory_self_results_adopt_parent(results, &here) == CAP_OK)
            capos_handle_release(&fake.runtime, here.cap);
    }
    capos_call_exception(&self.call);
    directory_self_finish(ring, &self);
    if (directory_list_wait(ring, &list, &entries) == CAP_OK) {
        struct wire_list all = directory_list_results_get_entries(entries);
        for (uint32_t i = 0; i < all.count && i < 64; i++) {
            struct file file;
            struct entry_reader entry = directory_list_results_get_entries_at(all, i);
            entry_get_name(entry);
            if (entry_adopt_file(entry, &file) == CAP_OK)
                capos_handle_release(&fake.runtime, file.cap);
        }
    }
    directory_list_finish(ring, &list);
}

static void pour(struct capos_ring *ring, struct sink sink)
{
    static const uint8_t bytes[16];
    struct sink_put_stream stream;
    sink_put_stream_start(ring, sink, &stream);
    for (int i = 0; i < 2 * CAPOS_STREAM_CALLS; i++)
        if (sink_put_stream_send(&stream, wire_data_make(bytes, sizeof bytes)) != CAP_OK)
            break;
    capos_status status = sink_put_stream_end(&stream);
    if (stream.stream.used != 0 || status != sink_put_stream_end(&stream))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct capos_ring *ring;
    struct capos_handle_stats stats;
    struct capos_ring_stats ring_stats;
    input = data;
    left = size;
    given = 0;
    fake_start();
    fake.take = take;
    capos_runtime_lend_ring(&fake.runtime, &ring);
    while (left > 0) {
        open_two(ring, (struct directory){12});
        pour(ring, (struct sink){12});
    }
    capos_runtime_flush_releases(&fake.runtime);
    capos_handle_stats(&fake.runtime, &stats);
    capos_ring_stats(ring, &ring_stats);
    if (stats.held != 0 || stats.queued != 0 || ring_stats.owed != 0 || ring_stats.unknown != 0 ||
        fake.runtime.promises.kept != 0 || fake.runtime.promises.queued != 0)
        abort();
    return 0;
}
