/*
 * The zygote: a tiny program that confines itself and then, on request, makes
 * copies of itself which become services. So what all services of one zygote
 * share (signal handlers, limits, Landlock, the system call filter and its
 * listener) is set up once and inherited.
 *
 * It has no libc and no writable data, and all its code is in the one page at
 * LINUX_ZYGOTE_VADDR: the filter lets that page make any call, and the page is
 * gone from a service before its program runs.
 */
#include "kernel/linux/zygote.h"

#include <asm/prctl.h>
#include <asm/unistd_64.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "kernel/linux/layout.h"
#include "kernel/linux/zygote_filter.h"

enum { KERNEL_SOCKET = 0, SIGNALS = 64, SIGNAL_KILL = 9, SIGNAL_CONTINUE = 18, SIGNAL_STOP = 19 };
enum { SIG_BLOCK_SET = 0, SIG_UNBLOCK_SET = 1 }; /* of rt_sigprocmask */
enum { ERROR_NO_ENTRY = 2, ERROR_INTERRUPTED = 4 };

static inline long call6(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
    long result;
    register uint64_t r10 __asm__("r10") = d;
    register uint64_t r8 __asm__("r8") = e;
    register uint64_t r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#define CALL3(number, a, b, c) call6(number, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), 0, 0, 0)
#define CALL2(number, a, b)    CALL3(number, a, b, 0)
#define CALL1(number, a)       CALL3(number, a, 0, 0)

/* --- Confinement ------------------------------------------------------------------ */

static long install_filter(void)
{
    struct sock_fprog program = {sizeof filter / sizeof filter[0], (struct sock_filter *)filter};
    return CALL3(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
                 SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);
}

static long prctl2(int option, uint64_t value)
{
    return call6(__NR_prctl, (uint64_t)option, value, 0, 0, 0, 0);
}

static void close_from(unsigned first)
{
    CALL3(__NR_close_range, first, ~0u, 0);
}

static void set_limit(int resource, uint64_t value)
{
    struct rlimit limit = {value, value};
    CALL2(__NR_setrlimit, resource, &limit);
}

/* The kernel process is the parent from birth; when it is another one now, the kernel is dead. */
static long follow_parent(int32_t parent)
{
    prctl2(PR_SET_PDEATHSIG, SIGNAL_KILL);
    return CALL1(__NR_getppid, 0) == parent ? 0 : -ERROR_NO_ENTRY;
}

static void prefer_for_oom(void)
{
    long file = call6(__NR_openat, (uint64_t)-100, (uint64_t) "/proc/self/oom_score_adj", 1, 0, 0, 0);
    if (file < 0)
        return;
    CALL3(__NR_write, file, "500", 3);
    CALL1(__NR_close, file);
}

/* Signal numbers whose cause is the program itself. */
static int is_fault(int signal)
{
    return signal == 4 || signal == 5 || signal == 7 || signal == 8 || signal == 11;
}

static long set_signals(const struct linux_zygote_config *config)
{
    struct {
        uint64_t handler, flags, restorer, mask;
    } action;
    enum { INFO = 4, RESTORER = 0x04000000, ON_STACK = 0x08000000 };
    for (int signal = 1; signal <= SIGNALS; signal++) {
        action.handler = is_fault(signal) ? LINUX_ENTRY_VADDR + LINUX_SLOT_FAULT : 0;
        action.flags = is_fault(signal) ? INFO | RESTORER | ON_STACK : 0;
        action.restorer = LINUX_ENTRY_VADDR + LINUX_SLOT_FAULT;
        action.mask = ~UINT64_C(0);
        long result = call6(__NR_rt_sigaction, (uint64_t)signal, (uint64_t)&action, 0, 8, 0, 0);
        if (result < 0 && signal != SIGNAL_KILL && signal != SIGNAL_STOP)
            return result;
    }
    struct {
        uint64_t address, flags, bytes;
    } stack = {config->fault_stack, 0, config->fault_stack_bytes};
    long result = CALL2(__NR_sigaltstack, &stack, 0);
    if (result < 0)
        return result;
    uint64_t none = 0;
    return call6(__NR_rt_sigprocmask, 2, (uint64_t)&none, 0, 8, 0, 0);
}

/* For when root runs the system: its services then are not more than anybody else's. */
static void drop_capabilities(void)
{
    struct {
        uint32_t version, pid;
    } header = {0x20080522, 0};
    uint32_t none[6];
    for (int i = 0; i < 6; i++)
        ((volatile uint32_t *)none)[i] = 0;
    CALL2(__NR_capset, &header, none);
}

/* All that Landlock of this version can take away. */
static long use_landlock(void)
{
    enum { CREATE_RULESET_VERSION = 1 };
    struct {
        uint64_t files, network, scoped;
    } rules;
    long version = CALL3(__NR_landlock_create_ruleset, 0, 0, CREATE_RULESET_VERSION);
    if (version < 1)
        return -1;
    int file_rights = version == 1 ? 13 : version == 2 ? 14 : version < 5 ? 15 : 16;
    rules.files = (UINT64_C(1) << file_rights) - 1;
    rules.network = 3;
    rules.scoped = 3;
    size_t bytes = version < 4 ? 8 : version < 6 ? 16 : 24;
    long set = CALL3(__NR_landlock_create_ruleset, &rules, bytes, 0);
    if (set < 0)
        return set;
    long result = CALL2(__NR_landlock_restrict_self, set, 0);
    CALL1(__NR_close, set);
    return result;
}

static uint32_t put_on_belts(uint32_t wanted)
{
    uint32_t on = 0;
    if ((wanted & LINUX_BELT_TSC_OFF) && prctl2(PR_SET_TSC, PR_TSC_SIGSEGV) == 0)
        on |= LINUX_BELT_TSC_OFF;
    if ((wanted & LINUX_BELT_CPUID_OFF) && CALL2(__NR_arch_prctl, ARCH_SET_CPUID, 0) == 0)
        on |= LINUX_BELT_CPUID_OFF;
    if ((wanted & LINUX_BELT_NO_DUMP) && prctl2(PR_SET_DUMPABLE, 0) == 0)
        on |= LINUX_BELT_NO_DUMP;
    return on;
}

/* Everything up to the filter. Returns the listener or an error, with the step that it is about. */
static long confine(const struct linux_zygote_config *config, struct linux_zygote_ready *ready)
{
    ready->step = LINUX_STEP_PARENT;
    /* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): a system call has filled it in */
    long result = follow_parent(config->kernel_pid);
    if (result < 0)
        return result;
    CALL2(__NR_setpgid, 0, 0);
    CALL1(__NR_chdir, "/");
    prefer_for_oom();
    prctl2(PR_SET_NAME, (uint64_t) "capos-zygote");
    set_limit(RLIMIT_CORE, 0);
    set_limit(RLIMIT_FSIZE, 0);
    set_limit(RLIMIT_MEMLOCK, 0);
    ready->step = LINUX_STEP_SIGNALS;
    result = set_signals(config);
    if (result < 0)
        return result;
    ready->belts = put_on_belts(config->belts);
    drop_capabilities();
    ready->step = LINUX_STEP_NO_NEW_PRIVS;
    result = prctl2(PR_SET_NO_NEW_PRIVS, 1);
    if (result < 0)
        return result;
    if ((config->belts & LINUX_BELT_LANDLOCK) && use_landlock() == 0)
        ready->belts |= LINUX_BELT_LANDLOCK;
    ready->step = LINUX_STEP_FILTER;
    return install_filter();
}

/* --- Messages --------------------------------------------------------------------- */

/* Descriptors that come with a message take the lowest free numbers, in their order. */
static long receive_message(void *message, size_t bytes)
{
    uint64_t control[16];
    struct iovec part = {message, bytes};
    struct msghdr header;
    header.msg_name = 0;
    header.msg_namelen = 0;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    header.msg_flags = 0;
    long got;
    do {
        got = CALL3(__NR_recvmsg, KERNEL_SOCKET, &header, 0);
    } while (got == -ERROR_INTERRUPTED);
    return got;
}

/* descriptor < 0: none goes with it. */
static void send_message(const void *message, size_t bytes, long descriptor)
{
    struct {
        size_t length; /* a struct cmsghdr and its content */
        int32_t level, type, descriptor, zero;
    } control;
    control.length = offsetof(__typeof__(control), zero);
    control.level = SOL_SOCKET;
    control.type = SCM_RIGHTS;
    control.descriptor = (int32_t)descriptor;
    control.zero = 0;
    struct iovec part = {(void *)(uintptr_t)message, bytes};
    struct msghdr header;
    header.msg_name = 0;
    header.msg_namelen = 0;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = descriptor < 0 ? 0 : &control;
    header.msg_controllen = descriptor < 0 ? 0 : sizeof control;
    header.msg_flags = 0;
    CALL3(__NR_sendmsg, KERNEL_SOCKET, &header, MSG_NOSIGNAL);
}

/* --- Services ----------------------------------------------------------------------- */

static _Noreturn void quit(long error)
{
    for (;;)
        CALL1(__NR_exit_group, -error);
}

/*
 * Any process of the same user may attach (Yama lets nobody but parents, unless it is told). A wait for
 * signals ends also when a debugger has stopped it and lets it go on; SIGCONT is for people without one.
 */
static void wait_for_debugger(void)
{
    uint64_t set = UINT64_C(1) << (SIGNAL_CONTINUE - 1);
    prctl2(PR_SET_DUMPABLE, 1);
    prctl2(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    call6(__NR_rt_sigprocmask, SIG_BLOCK_SET, (uint64_t)&set, 0, 8, 0, 0);
    call6(__NR_rt_sigtimedwait, (uint64_t)&set, 0, 0, 8, 0, 0);
    call6(__NR_rt_sigprocmask, SIG_UNBLOCK_SET, (uint64_t)&set, 0, 8, 0, 0);
}

static _Noreturn void start_service(const struct linux_spawn *spawn, int32_t kernel_pid)
{
    if (follow_parent(kernel_pid) < 0)
        quit(-ERROR_NO_ENTRY);
    prctl2(PR_SET_NAME, (uint64_t)spawn->name);
    for (uint32_t i = 0; i < spawn->map_count; i++) {
        const struct linux_map *map = &spawn->maps[i];
        int shared = map->source == LINUX_MAP_ARENA ? MAP_SHARED : MAP_PRIVATE;
        long at = call6(__NR_mmap, map->address, map->bytes, map->protection,
                        (uint64_t)(shared | MAP_FIXED_NOREPLACE), map->source, map->offset);
        if (at != (long)map->address)
            quit(at < 0 ? at : -ERROR_NO_ENTRY);
    }
    if (spawn->fs_base)
        CALL2(__NR_arch_prctl, ARCH_SET_FS, spawn->fs_base);
    close_from(0);
    set_limit(RLIMIT_NPROC, 0);
    set_limit(RLIMIT_NOFILE, 1);
    if (spawn->stop)
        wait_for_debugger();
    __asm__ volatile("mov %0, %%rsp\n\tjmp *%1"
                     :
                     : "r"(spawn->stack_pointer), "r"((uint64_t)(LINUX_ENTRY_VADDR + LINUX_SLOT_SEAL)),
                       "D"((uint64_t)LINUX_LIMIT), "S"((uint64_t)(LINUX_TOP - LINUX_LIMIT))
                     : "memory");
    __builtin_unreachable();
}

/* As the kernel process's child, so that the kernel alone learns of its end. */
static long make_child(void)
{
    struct clone_args args;
    for (size_t i = 0; i < sizeof args / sizeof(uint64_t); i++)
        ((volatile uint64_t *)&args)[i] = 0;
    args.flags = CLONE_PARENT;
    return CALL2(__NR_clone3, &args, sizeof args);
}

static void serve(int32_t kernel_pid)
{
    struct linux_spawn spawn;
    while (receive_message(&spawn, sizeof spawn) == sizeof spawn) {
        long child = make_child();
        if (child == 0)
            start_service(&spawn, kernel_pid);
        int32_t pid = (int32_t)child;
        send_message(&pid, sizeof pid, -1);
        close_from(LINUX_MAP_TEXT);
    }
}

__attribute__((used)) static _Noreturn void zygote_main(void)
{
    struct linux_zygote_config config;
    struct linux_zygote_ready ready;
    ready.step = LINUX_STEP_CONFIG;
    ready.error = 0;
    ready.belts = 0;
    close_from(1);
    if (receive_message(&config, sizeof config) != sizeof config)
        quit(-ERROR_NO_ENTRY);
    long listener = confine(&config, &ready);
    if (listener < 0)
        ready.error = (int32_t)-listener;
    send_message(&ready, sizeof ready, listener);
    if (listener < 0)
        quit(listener);
    CALL1(__NR_close, listener);
    serve(config.kernel_pid);
    quit(0);
}

__attribute__((naked, used)) void zygote_start(void);
__attribute__((naked, used)) void zygote_start(void)
{
    __asm__("xor %ebp, %ebp\n\tand $-16, %rsp\n\tcall zygote_main\n\thlt");
}
