/*
 * The command line: parsed, or answered with what is wrong in it, the nearest
 * thing that is right, and where the help is.
 */
#include "kernel/linux/linux.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char usage_all[] =
    "usage: capos run FILE.boot      run the system that a boot package describes\n"
    "       capos check FILE.boot    say whether a boot package is well-formed\n"
    "       capos version            this build, and what it uses of this Linux\n"
    "       capos COMMAND --help     the options of a command\n"
    "\n"
    "A boot package is made with `capnp eval -o flat FILE.capnp NAME`.\n"
    "Exit codes and signals: man capos.\n";

static const char usage_run[] =
    "usage: capos run [--polling=auto|off] [--hide-cpu] [--debug] FILE.boot\n"
    "\n"
    "Runs the system until its first program ends; its exit code is the command's.\n"
    "Standard output and input are the system's console; log lines go to standard error.\n"
    "\n"
    "  --polling=auto\n"
    "              look for calls of busy services for up to 20 us before sleeping, where\n"
    "              there is a processor to spare (the default; not with --hide-cpu)\n"
    "  --polling=off\n"
    "              sleep at once\n"
    "  --hide-cpu  make rdtsc and cpuid fault in services; costs some 100 ns a call,\n"
    "              in virtual machines up to 10 us (`capos version` measures it)\n"
    "  --debug     let debuggers at services: leaves out what keeps other programs\n"
    "              of the same user away from them\n"
    "  --help      this text\n"
    "\n"
    "Exit codes: the first program's & 255; 125 an error of capos itself, or in FILE;\n"
    "128+N the first program died of signal N (159: a forbidden system call);\n"
    "130 after Ctrl-C, 143 after SIGTERM.\n";

static const char usage_check[] =
    "usage: capos check FILE.boot\n"
    "\n"
    "Reads a boot package as `capos run` would, and runs nothing. Says nothing and\n"
    "exits with 0 when it is good; else says what is wrong and exits with 125.\n"
    "\n"
    "  --help      this text\n";

static const char usage_version[] = "usage: capos version\n"
                                    "\n"
                                    "Prints this build's version, and what it finds and uses of this Linux.\n"
                                    "\n"
                                    "  --help      this text\n";

static const char *const verbs[] = {
    [LINUX_RUN] = "run",
    [LINUX_CHECK] = "check",
    [LINUX_VERSION] = "version",
    [LINUX_HELP] = "help",
};
enum { VERBS = sizeof verbs / sizeof verbs[0] };

static const char *const usages[VERBS] = {
    [LINUX_RUN] = usage_run,
    [LINUX_CHECK] = usage_check,
    [LINUX_VERSION] = usage_version,
    [LINUX_HELP] = usage_all,
};

/* --- The nearest match ------------------------------------------------------------ */

enum { WORD_MAX = 24 };

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* How many letters must be added, removed or replaced. */
static size_t distance(const char *from, const char *to)
{
    size_t row[WORD_MAX + 1], width = strlen(to);
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 0; from[i]; i++) {
        size_t corner = row[0];
        row[0] = i + 1;
        for (size_t j = 1; j <= width; j++) {
            size_t above = row[j];
            row[j] = least(above + 1, row[j - 1] + 1, corner + (from[i] != to[j - 1]));
            corner = above;
        }
    }
    return row[width];
}

/* NULL: nothing is near. */
static const char *nearest(const char *word, const char *const *words, size_t count)
{
    const char *best = NULL;
    size_t best_distance = 3;
    if (strlen(word) > WORD_MAX)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t d = distance(word, words[i]);
        if (d < best_distance && d < strlen(words[i])) {
            best = words[i];
            best_distance = d;
        }
    }
    return best;
}

/* --- Parsing ------------------------------------------------------------------------ */

static void suggest(const char *near, const char *help)
{
    if (near)
        fprintf(stderr, "; did you mean '%s'?\n", near);
    else
        fprintf(stderr, "; see `%s`\n", help);
}

static bool refuse_verb(const char *word)
{
    fprintf(stderr, "capos: unknown command '%s'", word);
    suggest(nearest(word, verbs, VERBS), "capos --help");
    return false;
}

static bool find_verb(const char *word, enum linux_verb *ret_verb)
{
    for (size_t i = 0; i < VERBS; i++) {
        if (strcmp(word, verbs[i]) == 0) {
            *ret_verb = (enum linux_verb)i;
            return true;
        }
    }
    return refuse_verb(word);
}

static bool refuse_option(enum linux_verb verb, const char *word)
{
    static const char *const options[] = {"--help", "--debug", "--hide-cpu", "--polling"};
    bool no_verb = verb == LINUX_HELP;
    char help[40];
    snprintf(help, sizeof help, "capos %s%s--help", no_verb ? "" : verbs[verb], no_verb ? "" : " ");
    fprintf(stderr, "capos: %s%sunknown option '%s'", no_verb ? "" : verbs[verb], no_verb ? "" : ": ", word);
    suggest(nearest(word, options, verb == LINUX_RUN ? 4 : 1), help);
    return false;
}

/* The word that getopt_long() has just refused. */
static const char *refused_word(char **argv)
{
    static char letter[] = "-?";
    const char *word = argv[optind - 1];
    if (optopt == 0 || strncmp(word, "--", 2) == 0)
        return word;
    letter[1] = (char)optopt;
    return letter;
}

static bool parse_polling(struct linux_command *command, const char *word)
{
    command->polling_off = strcmp(word, "off") == 0;
    if (command->polling_off || strcmp(word, "auto") == 0)
        return true;
    fprintf(stderr, "capos: run: --polling is auto or off, not '%s'\n", word);
    return false;
}

/* False: *ret_exit is set. argv[0] is the command's name. */
static bool parse_options(int argc, char **argv, struct linux_command *command, int *ret_exit)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'},
        {"debug", no_argument, NULL, 'd'},
        {"hide-cpu", no_argument, NULL, 'c'},
        {"polling", required_argument, NULL, 'p'},
        {NULL, 0, NULL, 0},
    };
    int option;
    opterr = 0;
    optind = 1;
    while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
        if (option == 'h') {
            fputs(usages[command->verb], stdout);
            *ret_exit = 0;
            return false;
        }
        if (option == ':')
            return parse_polling(command, "");
        if (option == '?' || command->verb != LINUX_RUN)
            return refuse_option(command->verb, refused_word(argv));
        if (option == 'p' && !parse_polling(command, optarg))
            return false;
        command->debug |= option == 'd';
        command->hide_cpu |= option == 'c';
    }
    return true;
}

/* The first line of a command's help. */
static void print_usage(enum linux_verb verb)
{
    const char *usage = usages[verb];
    fprintf(stderr, "%.*s\n", (int)strcspn(usage, "\n"), usage);
}

static bool parse_file(int argc, char **argv, struct linux_command *command)
{
    int wanted = command->verb == LINUX_RUN || command->verb == LINUX_CHECK;
    if (argc - optind > wanted) {
        fprintf(stderr, "capos: %s: one argument too many: '%s'\n", verbs[command->verb],
                argv[optind + wanted]);
        print_usage(command->verb);
        return false;
    }
    if (argc - optind < wanted) {
        fprintf(stderr, "capos: %s: the boot package's name is missing\n", verbs[command->verb]);
        print_usage(command->verb);
        return false;
    }
    command->file = wanted ? argv[optind] : NULL;
    return true;
}

bool linux_options_parse(int argc, char **argv, struct linux_command *ret_command, int *ret_exit)
{
    struct linux_command command = {0};
    *ret_exit = LINUX_EXIT_OWN_ERROR;
    if (argc < 2) {
        fputs(usage_all, stderr);
        return false;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        command.verb = LINUX_HELP;
    else if (strcmp(argv[1], "--version") == 0)
        command.verb = LINUX_VERSION;
    else if (argv[1][0] == '-')
        return refuse_option(LINUX_HELP, argv[1]);
    else if (!find_verb(argv[1], &command.verb))
        return false;
    if (!parse_options(argc - 1, argv + 1, &command, ret_exit) || !parse_file(argc - 1, argv + 1, &command))
        return false;
    if (command.verb == LINUX_HELP) {
        fputs(usage_all, stdout);
        *ret_exit = 0;
        return false;
    }
    *ret_command = command;
    return true;
}
