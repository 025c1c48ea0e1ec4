/*
 * What this Linux has and what is used of it: for `capos version`, and for the
 * message when it is not enough.
 */
#include "kernel/linux/linux.h"

#include <asm/prctl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char *release(void)
{
    static struct utsname names;
    return uname(&names) == 0 ? names.release : "unknown";
}

static void explain_filter(int error, struct kernel_error *to)
{
    if (error == EBUSY)
        snprintf(to->text, sizeof to->text,
                 "another program already watches the system calls of this one (a container manager, most "
                 "likely), and Linux allows one such listener; run capos outside of it, or turn its "
                 "seccomp notifications off");
    else
        snprintf(to->text, sizeof to->text,
                 "cannot install a system call filter with a listener: %s; Linux 5.19 or newer with "
                 "CONFIG_SECCOMP_FILTER is needed (this is %s)",
                 strerror(error), release());
}

void linux_zygote_explain(const struct linux_zygote_ready *ready, struct kernel_error *error)
{
    static const char *const steps[] = {
        [LINUX_STEP_CONFIG] = "read its configuration",
        [LINUX_STEP_PARENT] = "stay with its parent",
        [LINUX_STEP_SIGNALS] = "set its signal handlers",
        [LINUX_STEP_NO_NEW_PRIVS] = "set no_new_privs",
    };
    if (ready->step == LINUX_STEP_FILTER)
        explain_filter(ready->error, error);
    else
        snprintf(error->text, sizeof error->text, "the confined loader could not %s: %s", steps[ready->step],
                 strerror(ready->error));
}

static const char *yes_no(const struct linux_port *port, enum linux_belt belt)
{
    return (port->belts & belt) ? "yes" : "no";
}

/* A call is two switches; to set by hand what a switch would set costs the same. */
static unsigned long long hidden_cpu_cost(const struct linux_port *port)
{
    enum { TIMES = 50 };
    bool cpuid = port->belts & LINUX_BELT_CPUID_OFF;
    uint64_t before = port_now(NULL);
    for (int i = 0; i < TIMES; i++) {
        prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0);
        prctl(PR_SET_TSC, PR_TSC_ENABLE, 0, 0, 0);
        if (cpuid) {
            syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0);
            syscall(SYS_arch_prctl, ARCH_SET_CPUID, 1);
        }
    }
    return (port_now(NULL) - before) / TIMES;
}

bool linux_probe_print(struct kernel_error *error)
{
    static struct linux_port port;
    const struct linux_options options = {.belts = LINUX_BELTS_ALL, .in = 0, .out = 1, .log = 2};
    if (!linux_port_open(&port, &options, error))
        return false;
    long landlock = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
    printf("  Linux                     %s\n", release());
    printf("  doorbell                  seccomp user notification\n");
    printf("  synchronous wake-up       %s (Linux 6.6 and newer)\n", yes_no(&port, LINUX_BELT_SYNC_WAKE));
    printf("  Landlock                  %s (ABI %ld)\n", yes_no(&port, LINUX_BELT_LANDLOCK),
           landlock > 0 ? landlock : 0);
    printf("  --hide-cpu                rdtsc%s, at a cost of %llu ns a call\n",
           (port.belts & LINUX_BELT_CPUID_OFF) ? " and cpuid"
                                               : "; not cpuid, which this processor cannot stop",
           hidden_cpu_cost(&port));
    printf("  no dumps, no ptrace       %s\n", yes_no(&port, LINUX_BELT_NO_DUMP));
    printf("  services per listener     %d\n", LINUX_ZYGOTE_SERVICES);
    linux_port_close(&port);
    return true;
}
