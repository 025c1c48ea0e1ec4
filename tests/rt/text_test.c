/*
 * Words for people: lines, statuses.
 */
#include <capos/heap.h>
#include <capos/runtime.h>
#include <capos/text.h>

#include <string.h>

#include "tests/rt/fake_kernel.h"
#include "tests/tap.h"

TAP_TEST(lines_are_put_together)
{
    char chars[80];
    struct capos_line line;
    capos_line_begin(&line, chars, sizeof chars);
    capos_line_string(&line, "a ");
    capos_line_bytes(&line, "bcd", 2);
    capos_line_string(&line, " ");
    capos_line_u64(&line, UINT64_MAX);
    capos_line_string(&line, " ");
    capos_line_i64(&line, INT64_MIN);
    capos_line_string(&line, " ");
    capos_line_hex(&line, 0xbeef, 6);
    TAP_STR_EQ(chars, "a bc 18446744073709551615 -9223372036854775808 0x00beef");
    TAP_EQ(line.size, strlen(chars));
    TAP_CHECK(!line.truncated);
}

TAP_TEST(lines_that_do_not_fit_are_cut_and_say_so)
{
    char chars[8];
    struct capos_line line;
    capos_line_begin(&line, chars, sizeof chars);
    capos_line_u64(&line, 1234567);
    TAP_CHECK(!line.truncated);
    capos_line_i64(&line, 0);
    TAP_CHECK(line.truncated);
    TAP_STR_EQ(chars, "1234567");
    capos_line_begin(&line, chars, 1);
    capos_line_hex(&line, 0, 1);
    TAP_STR_EQ(chars, "");
}

TAP_TEST(every_status_has_a_name_and_a_sentence)
{
#define ROW(name, value, sentence)                                                                           \
    TAP_STR_EQ(capos_status_name(value), #name);                                                             \
    TAP_STR_EQ(capos_status_text(value), sentence);
    CAP_ERRORS(ROW)
#undef ROW
    TAP_STR_EQ(capos_status_name(CAP_OK), "OK");
    TAP_STR_EQ(capos_status_name(-38), "UNKNOWN");
    TAP_CHECK(strlen(capos_status_text(1)) > 0);
}

TAP_TEST(strings_become_texts)
{
    TAP_EQ(capos_text_of("four").size, 4);
    TAP_EQ(capos_text_of(NULL).state, WIRE_ABSENT);
}

TAP_TEST(the_process_id_is_the_kernels)
{
    fake_start();
    TAP_EQ(capos_runtime_process_id(&fake.runtime), 7);
}

TAP_TEST(blocks_keep_what_is_in_them_when_they_grow)
{
    struct capos_heap_stats before, after;
    capos_heap_stats(&before);
    char *block = capos_realloc(NULL, 5);
    memcpy(block, "kept", 5);
    block = capos_realloc(block, 3000);
    TAP_STR_EQ(block, "kept");
    TAP_CHECK(!capos_realloc(block, SIZE_MAX));
    block = capos_realloc(block, 5);
    TAP_STR_EQ(block, "kept");
    capos_free(block);
    capos_heap_stats(&after);
    TAP_EQ(after.used_bytes, before.used_bytes);
}
