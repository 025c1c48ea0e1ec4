/*
 * The host's random numbers: a virtio entropy device behind the MMIO
 * transport (virtio 1.2, sections 4.2 and 5.4), as QEMU's microvm has it. One queue, one
 * buffer at a time, polled.
 */
#include <string.h>

#include "kernel/x86_64/x86_64.h"

#define FIRST_PADDR UINT64_C(0xfeb00000)
enum { PLACES = 24, PLACE_BYTES = 0x200 };
enum { MAGIC = 0x74726976, VERSION = 2, DEVICE_ENTROPY = 4 };

enum {
    AT_MAGIC = 0x000,
    AT_VERSION = 0x004,
    AT_DEVICE = 0x008,
    AT_DRIVER_FEATURES = 0x020,
    AT_DRIVER_FEATURES_SELECT = 0x024,
    AT_QUEUE_SELECT = 0x030,
    AT_QUEUE_SIZE_MAX = 0x034,
    AT_QUEUE_SIZE = 0x038,
    AT_QUEUE_READY = 0x044,
    AT_QUEUE_NOTIFY = 0x050,
    AT_STATUS = 0x070,
    AT_QUEUE_DESCRIPTORS = 0x080,
    AT_QUEUE_AVAILABLE = 0x090,
    AT_QUEUE_USED = 0x0a0,
};

enum { STATUS_ACKNOWLEDGE = 1, STATUS_DRIVER = 2, STATUS_DRIVER_OK = 4, STATUS_FEATURES_OK = 8 };
enum { FEATURE_VERSION_1 = 1 /* bit 32 */, DESCRIPTOR_WRITE = 2, QUEUE_SIZE = 1, BUFFER_BYTES = 256 };

/* All that the device sees, in one page. */
struct queue {
    struct {
        uint64_t address;
        uint32_t bytes;
        uint16_t flags;
        uint16_t next;
    } descriptor;
    struct {
        uint16_t flags;
        uint16_t index;
        uint16_t ring[QUEUE_SIZE];
        uint16_t unused;
    } available;
    struct {
        uint16_t flags;
        uint16_t index;
        struct {
            uint32_t id;
            uint32_t bytes;
        } ring[QUEUE_SIZE];
    } used;
    uint8_t buffer[BUFFER_BYTES];
};

static volatile uint32_t *device;
static struct queue *queue;

static uint32_t read_at(const volatile uint32_t *of, unsigned at)
{
    return of[at / sizeof *of];
}

static void write_at(unsigned at, uint32_t value)
{
    device[at / sizeof *device] = value;
}

static void write_address(unsigned at, const void *memory)
{
    uint64_t physical = x86_physical(memory);
    write_at(at, (uint32_t)physical);
    write_at(at + 4, (uint32_t)(physical >> 32));
}

static volatile uint32_t *find(void)
{
    volatile uint32_t *all = x86_map_device(FIRST_PADDR, PLACES * PLACE_BYTES);
    for (unsigned place = 0; place < PLACES; place++) {
        volatile uint32_t *at = all + place * PLACE_BYTES / sizeof *all;
        if (read_at(at, AT_MAGIC) == MAGIC && read_at(at, AT_VERSION) == VERSION &&
            read_at(at, AT_DEVICE) == DEVICE_ENTROPY)
            return at;
    }
    return NULL;
}

static bool negotiate(void)
{
    write_at(AT_STATUS, 0);
    write_at(AT_STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
    write_at(AT_DRIVER_FEATURES_SELECT, 1);
    write_at(AT_DRIVER_FEATURES, FEATURE_VERSION_1);
    write_at(AT_STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK);
    return read_at(device, AT_STATUS) & STATUS_FEATURES_OK;
}

bool x86_virtio_rng_open(void)
{
    device = find();
    if (!device || !negotiate())
        return false;
    write_at(AT_QUEUE_SELECT, 0);
    queue = x86_memory_carve(sizeof *queue);
    if (!queue || read_at(device, AT_QUEUE_SIZE_MAX) < QUEUE_SIZE)
        return false;
    memset(queue, 0, sizeof *queue);
    write_at(AT_QUEUE_SIZE, QUEUE_SIZE);
    write_address(AT_QUEUE_DESCRIPTORS, &queue->descriptor);
    write_address(AT_QUEUE_AVAILABLE, &queue->available);
    write_address(AT_QUEUE_USED, &queue->used);
    write_at(AT_QUEUE_READY, 1);
    write_at(AT_STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK);
    queue->descriptor.address = x86_physical(queue->buffer);
    queue->descriptor.flags = DESCRIPTOR_WRITE;
    return true;
}

/* Fills the buffer from its start: how many bytes, 0: the device does not answer. */
static size_t fill(size_t wanted)
{
    enum { TRIES = 100000000 };
    uint16_t before = __atomic_load_n(&queue->used.index, __ATOMIC_ACQUIRE);
    queue->descriptor.bytes = (uint32_t)(wanted < BUFFER_BYTES ? wanted : BUFFER_BYTES);
    __atomic_store_n(&queue->available.index, queue->available.index + 1, __ATOMIC_RELEASE);
    write_at(AT_QUEUE_NOTIFY, 0);
    for (int i = 0; i < TRIES; i++)
        if (__atomic_load_n(&queue->used.index, __ATOMIC_ACQUIRE) != before)
            return queue->used.ring[0].bytes <= queue->descriptor.bytes ? queue->used.ring[0].bytes : 0;
    return 0;
}

bool x86_virtio_rng_read(void *bytes, size_t count)
{
    for (size_t done = 0, got; done < count; done += got) {
        got = fill(count - done);
        if (got == 0)
            return false;
        memcpy((uint8_t *)bytes + done, queue->buffer, got);
        memset(queue->buffer, 0, got);
    }
    return true;
}
