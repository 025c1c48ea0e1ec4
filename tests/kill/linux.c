/*
 * What the tests of whole systems ask of the port to Linux. CAPOS_SEED is the first seed; CAPOS_LONG kills
 * more.
 */
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>

#include "kernel/linux/linux.h"
#include "tests/kill/crowd.h"

uint64_t crowd_port_resources(void)
{
    uint64_t count = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (directory && readdir(directory))
        count++;
    if (directory)
        closedir(directory);
    return count;
}

void crowd_port_kill(struct process *process)
{
    kill(linux_process_of(process)->pid, SIGKILL);
}

uint64_t crowd_port_seed(void)
{
    const char *wanted = getenv("CAPOS_SEED");
    return wanted ? strtoull(wanted, NULL, 10) : 1;
}

uint32_t crowd_port_kills(void)
{
    return getenv("CAPOS_LONG") ? 1000 : 50;
}
