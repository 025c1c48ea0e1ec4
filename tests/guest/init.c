/*
 * The first process of a Linux guest that runs one system and powers off:
 * tools/test-debian-kernel. It prints the exit code on a line of its own.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int run(const char *const arguments[])
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        static char *const environment[] = {NULL};
        execve(arguments[0], (char *const *)arguments, environment);
        perror(arguments[0]);
        _exit(126);
    }
    while (waitpid(pid, &status, 0) < 0)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(void)
{
    mkdir("/proc", 0755);
    mkdir("/dev", 0755);
    mount("proc", "/proc", "proc", 0, NULL);
    mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
    int console = open("/dev/ttyS0", O_RDWR);
    for (int fd = 0; fd < 3; fd++)
        dup2(console, fd);
    run((const char *const[]){"/capos", "version", NULL});
    printf("guest: begin\n");
    fflush(stdout);
    int code = run((const char *const[]){"/capos", "run", "/smoke.boot", NULL});
    printf("guest: exit code %d\n", code);
    fflush(stdout);
    sync();
    reboot(RB_POWER_OFF);
    return 0;
}
