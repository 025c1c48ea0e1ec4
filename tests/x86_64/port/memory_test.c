/* kernel/x86_64/memory.c: frames and texts. */
#include <stdlib.h>
#include <string.h>

#include "kernel/x86_64/x86_64.h"
#include "tests/port/contract.h"

static bool is_zero(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

static uint64_t take_all(struct x86_chain *chain)
{
    while (x86_frame_take(chain))
        continue;
    return chain->count;
}

/* --- Frames --------------------------------------------------------------------- */

TAP_TEST(frames_are_zeroed_each_time_they_are_taken)
{
    for (int round = 0; round < 3; round++) {
        struct x86_chain chain = {0};
        for (int i = 0; i < 5; i++) {
            uint8_t *frame = x86_frame_take(&chain);
            TAP_CHECK(frame);
            TAP_EQ((uintptr_t)frame % CAPOS_PAGE_BYTES, 0);
            TAP_CHECK(is_zero(frame, CAPOS_PAGE_BYTES));
            memset(frame, 0xff, CAPOS_PAGE_BYTES);
        }
        x86_chain_give(&chain);
    }
}

TAP_TEST(frames_are_counted)
{
    struct x86_chain a = {0}, b = {0};
    uint64_t before = x86_frames_free();
    x86_chain_give(&a); /* nothing is nothing */
    TAP_EQ(x86_frames_free(), before);
    for (int i = 0; i < 3; i++)
        TAP_CHECK(x86_frame_take(&a) && x86_frame_take(&b));
    TAP_EQ(a.count, 3);
    TAP_EQ(x86_frames_free(), before - 6);
    x86_chain_give(&a);
    TAP_EQ(a.count, 0);
    TAP_EQ(x86_frames_free(), before - 3);
    x86_chain_give(&b);
    x86_chain_give(&b);
    TAP_EQ(x86_frames_free(), before);
}

/* Whether what is taken lies in the machine's memory, outside of the image, and is nobody else's: so marked.
 */
static void check_all_distinct(struct x86_chain *all, const struct x86_chain *kept)
{
    extern const uint8_t x86_image_start[], x86_image_end[];
    uint64_t image = (uintptr_t)x86_image_start - X86_KERNEL_VADDR;
    uint64_t image_end = (uintptr_t)x86_image_end - X86_KERNEL_VADDR;
    uint64_t kept_address = (uint64_t)kept->first * CAPOS_PAGE_BYTES;
    for (uint64_t *frame = x86_frame_take(all); frame; frame = x86_frame_take(all)) {
        uint64_t physical = x86_physical(frame);
        TAP_EQ(*frame, 0);
        TAP_CHECK(physical >= X86_LOAD_PADDR && physical != kept_address);
        TAP_CHECK(physical + CAPOS_PAGE_BYTES <= image || physical >= image_end);
        *frame = physical;
    }
    x86_frame_number number = all->first;
    for (uint64_t left = all->count; left > 0; left--, number = x86_port.memory.next[number])
        TAP_EQ(*(uint64_t *)x86_direct((uint64_t)number * CAPOS_PAGE_BYTES),
               (uint64_t)number * CAPOS_PAGE_BYTES);
}

TAP_TEST(frames_can_all_be_taken_and_each_is_taken_once)
{
    struct x86_chain kept = {0}, all = {0};
    uint64_t before = x86_frames_free();
    TAP_CHECK(x86_frame_take(&kept));
    for (int round = 0; round < 2; round++) {
        check_all_distinct(&all, &kept);
        TAP_STOP_IF_FAILED();
        TAP_EQ(all.count, before - 1);
        TAP_EQ(x86_frames_free(), 0);
        TAP_CHECK(!x86_frame_take(&all));
        TAP_EQ(all.count, before - 1);
        x86_chain_give(&all);
        TAP_EQ(x86_frames_free(), before - 1);
    }
}

TAP_TEST(a_frame_can_be_made_to_fail)
{
    struct x86_chain chain = {0};
    x86_port.memory.fail_at = x86_port.memory.takes + 3;
    TAP_CHECK(x86_frame_take(&chain) && x86_frame_take(&chain));
    TAP_CHECK(!x86_frame_take(&chain));
    TAP_EQ(chain.count, 2);
    TAP_CHECK(x86_frame_take(&chain));
}

TAP_TEST(memory_is_carved_in_whole_pages)
{
    uint64_t before = x86_frames_free();
    uint8_t *a = x86_memory_carve(1), *b = x86_memory_carve(CAPOS_PAGE_BYTES + 1);
    TAP_CHECK(a && b);
    TAP_EQ((uintptr_t)a % CAPOS_PAGE_BYTES, 0);
    TAP_EQ(b - a, CAPOS_PAGE_BYTES);
    TAP_EQ(x86_frames_free(), before - 3);
    TAP_CHECK(!x86_memory_carve((size_t)1 << 40));
    TAP_EQ(x86_frames_free(), before - 3);
}

/* --- Texts ----------------------------------------------------------------------- */

TAP_TEST(a_text_is_made_once_and_shared)
{
    const struct elf_image *image = contract_image();
    uint64_t before = x86_frames_free();
    struct x86_text *first = x86_text_acquire(image);
    TAP_CHECK(first);
    uint64_t after = x86_frames_free();
    TAP_EQ(after, before - first->frames.count);
    TAP_CHECK(x86_text_acquire(image) == first);
    TAP_EQ(first->users, 2);
    TAP_CHECK(!x86_texts_drop_idle());
    x86_text_release(first);
    x86_text_release(first);
    TAP_CHECK(x86_text_acquire(image) == first); /* kept */
    TAP_EQ(x86_frames_free(), after);
    x86_text_release(first);
    TAP_CHECK(x86_texts_drop_idle());
    TAP_EQ(x86_frames_free(), before);
    TAP_CHECK(!x86_texts_drop_idle());
}

TAP_TEST(an_idle_text_goes_when_memory_runs_short)
{
    const struct elf_image *image = contract_image();
    struct x86_chain all = {0};
    uint64_t before = x86_frames_free();
    struct x86_text *text = x86_text_acquire(image);
    TAP_CHECK(text);
    uint64_t used = text->frames.count;
    TAP_CHECK(used > 0);
    TAP_EQ(take_all(&all), before - used); /* not while it is in use */
    TAP_EQ(text->users, 1);
    x86_text_release(text);
    TAP_EQ(take_all(&all), before);
    TAP_CHECK(!text->file);
    TAP_CHECK(!x86_text_acquire(image)); /* and there is none for a new one */
    x86_chain_give(&all);
    TAP_EQ(x86_frames_free(), before);
}

/* As elf.h says: the kernel may use the file's memory again when nothing runs it. */
TAP_TEST(a_text_of_memory_that_was_used_again_is_made_anew)
{
    struct elf_image image = *contract_image();
    uint8_t *file = malloc(image.file_bytes);
    TAP_CHECK(file);
    memcpy(file, image.file, image.file_bytes);
    image.file = file;
    struct x86_text *text = x86_text_acquire(&image);
    TAP_CHECK(text);
    x86_text_release(text);
    file[image.segments[0].file_offset] ^= 0xff;
    text = x86_text_acquire(&image);
    TAP_CHECK(text);
    const uint8_t *made = x86_direct((uint64_t)text->frames.first * CAPOS_PAGE_BYTES);
    TAP_EQ(made[image.segments[0].lead], file[image.segments[0].file_offset]);
    TAP_CHECK(x86_text_acquire(&image) == text);
    x86_text_release(text);
    x86_text_release(text);
}

TAP_TEST(more_texts_than_places_replace_idle_ones)
{
    uint64_t before = x86_frames_free();
    struct elf_image image = *contract_image();
    uint8_t *file = malloc(image.file_bytes + KERNEL_BINARIES_MAX + 2);
    struct x86_text *text = NULL;
    TAP_CHECK(file);
    for (size_t i = 0; i < KERNEL_BINARIES_MAX + 2; i++) {
        memcpy(file + i, contract_image()->file, image.file_bytes);
        image.file = file + i;
        text = x86_text_acquire(&image);
        TAP_CHECK(text);
        x86_text_release(text);
    }
    TAP_EQ(x86_frames_free(), before - KERNEL_BINARIES_MAX * text->frames.count);
    x86_texts_drop_idle();
    TAP_EQ(x86_frames_free(), before);
}
