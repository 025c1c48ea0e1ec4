/*
 * Shared memory on Linux: the system calls that a service is made to make, one register wrong at a time; what
 * it has before and afterwards; what the host may refuse. Holds docs/security.md, clauses 10 and 18.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/linux/door_probe.h"
#include "tests/port/contract.h"

CAPOS_STATIC_ASSERT(DOOR_ORDER_ADDRESS == KERNEL_PLACE_AT(0));
CAPOS_STATIC_ASSERT(DOOR_ORDER_FLAGS == (MAP_SHARED | MAP_FIXED_NOREPLACE));

static enum kernel_enter wait_always(struct mini_process *process, int64_t *ret_result)
{
    (void)process;
    (void)ret_result;
    return KERNEL_ENTER_WAITS;
}

static struct mini_process *start_waiting(const struct elf_image *image, struct program_command command)
{
    mini.on_enter = wait_always;
    struct mini_process *process = mini_start(image, &command);
    if (!process)
        tap_fail(__FILE__, __LINE__, "a process starts");
    else
        mini_wait(&process->waits);
    return process;
}

static const struct program_command look = {PROGRAM_LOOK, KERNEL_PLACE_AT(0), 0, 3};

static struct linux_process *linux_of(struct mini_process *process)
{
    return linux_process_of(&process->process);
}

static void wake(struct mini_process *process)
{
    process->waits = false;
    port_wake(mini.kernel, &process->process, 1);
}

static void end(struct mini_process *process)
{
    port_process_kill(mini.kernel, &process->process);
    mini_wait_gone(process);
    TAP_STOP_IF_FAILED();
    mini_free(process);
}

/* --- The door ------------------------------------------------------------------------------------ */

/* Whatever differs between what it asks for and what was ordered: here the order is changed behind its back.
 */
static void try_register(struct port_memory *memory, int which, uint64_t difference, bool unmapping)
{
    struct mini_process *process = start_waiting(contract_image(), look);
    TAP_STOP_IF_FAILED();
    port_memory_map(mini.kernel, &process->process, 0, memory, true);
    if (unmapping) {
        wake(process);
        mini_wait(&process->waits);
        port_memory_unmap(mini.kernel, &process->process, 0);
    }
    wake(process);
    struct linux_orders *written = &linux_of(process)->order.written;
    TAP_EQ(written->number, unmapping ? LINUX_NR_MUNMAP : LINUX_NR_MMAP);
    if (which < 0)
        written->number ^= difference;
    else
        written->arguments[which] ^= difference;
    mini_wait_gone(process);
    TAP_STOP_IF_FAILED();
    TAP_EQ(door_outcome(process), OUTCOME_FORBIDDEN);
    TAP_EQ(process->fault.number, unmapping ? LINUX_NR_MUNMAP : LINUX_NR_MMAP);
    TAP_EQ(process->fault.instruction, LINUX_ENTRY_VADDR + LINUX_IP_ORDER);
    mini_free(process);
}

TAP_TEST(an_order_is_compared_to_the_last_bit)
{
    struct port_memory memory;
    mini_open();
    TAP_EQ(port_memory_create(mini.kernel, 4096, &memory), CAP_OK);
    for (int unmapping = 0; unmapping < 2; unmapping++) {
        for (int which = -1; which < 6; which++) {
            try_register(&memory, which, 1, unmapping);
            try_register(&memory, which, UINT64_C(1) << (which < 0 ? 30 : 63), unmapping);
            TAP_STOP_IF_FAILED();
        }
    }
    port_memory_destroy(mini.kernel, &memory);
    mini_close();
}

/* A program that makes the ordered system call once more, from the right place, with the right registers. */
static void try_again(struct port_memory *memory, uint64_t number, bool while_mapped)
{
    struct mini_process *process = start_waiting(
        door_image(), (struct program_command){DOOR_SYSTEM_CALL, number,
                                               LINUX_ENTRY_VADDR + LINUX_IP_ORDER - 2, DOOR_AGAIN});
    TAP_STOP_IF_FAILED();
    port_memory_map(mini.kernel, &process->process, 0, memory, true);
    wake(process);
    if (!while_mapped)
        port_memory_unmap(mini.kernel, &process->process, 0);
    mini_wait_gone(process);
    TAP_STOP_IF_FAILED();
    TAP_EQ(door_outcome(process), OUTCOME_FORBIDDEN);
    TAP_EQ(process->fault.number, number);
    mini_free(process);
}

static void orders_again(void)
{
    struct port_memory memory;
    TAP_EQ(port_memory_create(mini.kernel, 4096, &memory), CAP_OK);
    for (int i = 0; i < 2; i++) {
        try_again(&memory, LINUX_NR_MMAP, i);
        try_again(&memory, LINUX_NR_MUNMAP, i);
        TAP_STOP_IF_FAILED();
    }
    port_memory_destroy(mini.kernel, &memory);
}

TAP_TEST(an_order_is_carried_out_once)
{
    door_as_users(orders_again);
}

/* --- What a service has ------------------------------------------------------------------------------ */

static size_t read_proc(struct mini_process *process, const char *name, char *text, size_t size)
{
    char path[80];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)linux_of(process)->pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, size - 1);
    if (fd >= 0)
        close(fd);
    text[got > 0 ? got : 0] = 0;
    return got > 0 ? (size_t)got : 0;
}

/* The access of the mapping that starts at this address, or "". */
static void access_at(struct mini_process *process, uint64_t address, uint64_t bytes, char access[8])
{
    char maps[8192], range[64];
    read_proc(process, "maps", maps, sizeof maps);
    const unsigned long long start = address, last = address + bytes;
    snprintf(range, sizeof range, "\n%llx-%llx ", start, last);
    const char *line = strstr(maps, range);
    snprintf(access, 8, "%.4s", line ? line + strlen(range) : "");
}

static unsigned count_entries(const char *path)
{
    unsigned count = 0;
    DIR *directory = opendir(path);
    while (directory && readdir(directory))
        count++;
    if (directory)
        closedir(directory);
    return count;
}

static unsigned count_lines(struct mini_process *process)
{
    char maps[32768];
    unsigned count = 0;
    for (size_t i = read_proc(process, "maps", maps, sizeof maps); i-- > 0;)
        count += maps[i] == '\n';
    return count;
}

static void check_service(void)
{
    struct port_memory memory;
    char access[8], path[64];
    struct mini_process *process = start_waiting(contract_image(), look);
    TAP_STOP_IF_FAILED();
    unsigned lines = count_lines(process);
    snprintf(path, sizeof path, "/proc/%d/fd", (int)linux_of(process)->pid);
    TAP_EQ(port_memory_create(mini.kernel, 3 * 4096, &memory), CAP_OK);
    port_memory_map(mini.kernel, &process->process, 1, &memory, true);
    port_memory_map(mini.kernel, &process->process, 3, &memory, false);
    wake(process);
    mini_wait(&process->waits);
    TAP_STOP_IF_FAILED();
    access_at(process, KERNEL_PLACE_AT(1), memory.bytes, access);
    TAP_STR_EQ(access, "rw-s");
    access_at(process, KERNEL_PLACE_AT(3), memory.bytes, access);
    TAP_STR_EQ(access, "r--p");
    TAP_EQ(count_lines(process), lines + 2);
    TAP_EQ(count_entries(path), 2); /* . and .. */
    port_memory_unmap(mini.kernel, &process->process, 1);
    port_memory_unmap(mini.kernel, &process->process, 3);
    port_memory_destroy(mini.kernel, &memory);
    wake(process);
    mini_wait(&process->waits);
    TAP_STOP_IF_FAILED();
    TAP_EQ(count_lines(process), lines);
    TAP_EQ(count_entries(path), 2);
    end(process);
}

TAP_TEST(a_service_has_the_mapping_and_no_descriptor)
{
    door_as_users(check_service);
}

/* --- What the host has, and refuses -------------------------------------------------------------------- */

TAP_TEST(the_kernel_keeps_nothing_of_memory_that_is_gone)
{
    mini_open();
    unsigned fds = count_entries("/proc/self/fd");
    for (int i = 0; i < 2000; i++) {
        struct port_memory memory;
        TAP_EQ(port_memory_create(mini.kernel, 8192, &memory), CAP_OK);
        port_memory_destroy(mini.kernel, &memory);
    }
    TAP_EQ(count_entries("/proc/self/fd"), fds);
    mini_close();
}

static void check_refused(void)
{
    struct port_memory memory;
    unsigned fds = count_entries("/proc/self/fd");
    TAP_EQ(port_memory_create(mini.kernel, 8192, &memory), CAP_ERR_NO_MEMORY);
    TAP_EQ(count_entries("/proc/self/fd"), fds);
}

TAP_TEST(memory_that_the_host_does_not_have_is_refused)
{
    struct rlimit old, tight;
    struct port_memory memory;
    mini_open();
    getrlimit(RLIMIT_FSIZE, &old);
    tight = (struct rlimit){4096, old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &tight);
    check_refused();
    setrlimit(RLIMIT_FSIZE, &old);
    getrlimit(RLIMIT_NOFILE, &old);
    tight = (struct rlimit){3, old.rlim_max};
    setrlimit(RLIMIT_NOFILE, &tight);
    TAP_EQ(port_memory_create(mini.kernel, 8192, &memory), CAP_ERR_NO_MEMORY);
    setrlimit(RLIMIT_NOFILE, &old);
    getrlimit(RLIMIT_AS, &old);
    tight = (struct rlimit){1, old.rlim_max};
    setrlimit(RLIMIT_AS, &tight);
    int result = port_memory_create(mini.kernel, 8192, &memory);
    setrlimit(RLIMIT_AS, &old);
    TAP_EQ(result, CAP_ERR_NO_MEMORY);
    mini_close();
}

TAP_TEST(a_service_in_which_linux_maps_nothing_ends)
{
    struct port_memory memory;
    const struct rlimit tight = {1, 1};
    mini_open();
    TAP_EQ(port_memory_create(mini.kernel, 8192, &memory), CAP_OK);
    struct mini_process *process = start_waiting(contract_image(), look);
    TAP_STOP_IF_FAILED();
    port_memory_map(mini.kernel, &process->process, 0, &memory, true);
    TAP_EQ(prlimit(linux_of(process)->pid, RLIMIT_AS, &tight, NULL), 0);
    wake(process);
    mini_wait_gone(process);
    TAP_STOP_IF_FAILED();
    TAP_CHECK(process->faulted);
    TAP_EQ(process->fault.instruction, LINUX_ENTRY_VADDR + LINUX_IP_ORDER_FAILED);
    mini_free(process);
    TAP_EQ(memory.mapped, 0);
    port_memory_destroy(mini.kernel, &memory);
    mini_close();
}

TAP_TEST(a_service_may_die_with_an_order_under_way)
{
    struct port_memory memory;
    mini_open();
    TAP_EQ(port_memory_create(mini.kernel, 8192, &memory), CAP_OK);
    for (int i = 0; i < 200; i++) {
        struct mini_process *process = start_waiting(contract_image(), look);
        TAP_STOP_IF_FAILED();
        port_memory_map(mini.kernel, &process->process, 0, &memory, true);
        wake(process);
        usleep((useconds_t)(i % 20));
        end(process);
        TAP_STOP_IF_FAILED();
    }
    TAP_EQ(memory.mapped, 0);
    port_memory_destroy(mini.kernel, &memory);
    mini_close();
}
