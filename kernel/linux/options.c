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
    "       capos check FILE.boot    say what is wrong with a boot package, if anything is\n"
    "       capos version            this build, and what it uses of this Linux\n"
    "       capos COMMAND --help     the options of a command\n"
    "\n"
    "A boot package is made with `capnp eval -o flat FILE.capnp NAME`.\n"
    "Exit codes and signals: man capos.\n";

static const char usage_run[] =
    "usage: capos run [OPTION...] FILE.boot\n"
    "\n"
    "Runs the system until its first program ends; its exit code is the command's.\n"
    "Standard output and input are the system's console; log lines go to standard error.\n"
    "\n"
    "  --trace[=FILE]   write a line for each call to FILE, or to standard error: time,\n"
    "                   process, capability, Interface.method, bytes, status, nanoseconds\n"
    "  --trace-args     a trace that shows what calls ask and are answered, too\n"
    "  --schema FILE    names and types, for the trace, of interfaces that are not the\n"
    "                   system's own: what `capnp compile -o- FILE.capnp` writes; up to 16\n"
    "  --debug SERVICE  let the service of that name (of the first program: its binary's)\n"
    "                   wait for a debugger before its first instruction; says how to attach\n"
    "  --polling=auto   look for calls of busy services for up to 20 us before sleeping, where\n"
    "                   there is a processor to spare (the default; not with --hide-cpu)\n"
    "  --polling=off    sleep at once\n"
    "  --hide-cpu       make rdtsc and cpuid fault in services; costs some 100 ns a call,\n"
    "                   in virtual machines up to 10 us (`capos version` measures it)\n"
    "  --help           this text\n"
    "\n"
    "Exit codes: the first program's & 255; 125 an error of capos itself, or in FILE;\n"
    "128+N the first program died of signal N (159: a forbidden system call);\n"
    "130 after Ctrl-C, 143 after SIGTERM.\n";

static const char usage_check[] =
    "usage: capos check FILE.boot\n"
    "\n"
    "Reads a boot package as the kernel and init would, and runs nothing. Says nothing\n"
    "and exits with 0 when it is good; else says what is wrong, as they would when the\n"
    "system starts, and exits with 125. If there are services they are checked as those\n"
    "of the program init: names, binaries, imports, cycles, restarts and profiles.\n"
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
    static const char *const options[] = {"--help",       "--debug",  "--hide-cpu", "--trace",
                                          "--trace-args", "--schema", "--polling"};
    const size_t count = verb == LINUX_RUN ? sizeof options / sizeof options[0] : 1;
    bool no_verb = verb == LINUX_HELP;
    char help[40];
    snprintf(help, sizeof help, "capos %s%s--help", no_verb ? "" : verbs[verb], no_verb ? "" : " ");
    fprintf(stderr, "capos: %s%sunknown option '%s'", no_verb ? "" : verbs[verb], no_verb ? "" : ": ", word);
    suggest(nearest(word, options, count), help);
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

/* An option that the command does not have, by its whole name. */
static const char *long_word(const char *name)
{
    static char word[20];
    snprintf(word, sizeof word, "--%s", name);
    return word;
}

static bool refuse_missing(enum linux_verb verb, const char *word)
{
    fprintf(stderr, "capos: %s: %s needs an argument; see `capos %s --help`\n", verbs[verb], word,
            verbs[verb]);
    return false;
}

static bool add_schema(struct linux_trace_options *trace, const char *file)
{
    if (trace->schema_count == LINUX_SCHEMAS_MAX) {
        fprintf(stderr, "capos: run: more than %d schemas\n", LINUX_SCHEMAS_MAX);
        return false;
    }
    trace->schema_files[trace->schema_count++] = file;
    return true;
}

static bool parse_polling(struct linux_command *command, const char *word)
{
    command->polling_off = strcmp(word, "off") == 0;
    if (command->polling_off || strcmp(word, "auto") == 0)
        return true;
    fprintf(stderr, "capos: run: --polling is auto or off, not '%s'\n", word);
    return false;
}

/* One option of `run`. False: it has said what is wrong. */
static bool take_option(struct linux_command *command, int option, char **argv)
{
    switch (option) {
    case 'a':
        command->trace.args = true;
        return true;
    case 'c':
        command->hide_cpu = true;
        return true;
    case 'd':
        command->debug = optarg;
        return true;
    case 'p':
        return parse_polling(command, optarg);
    case 's':
        return add_schema(&command->trace, optarg);
    case 't':
        command->trace.file = optarg ? optarg : "";
        return true;
    default:
        return refuse_option(command->verb, refused_word(argv));
    }
}

/* What only a trace uses asks for one; a schema without a trace would go unused. */
static bool check_trace(struct linux_trace_options *trace)
{
    if (trace->args && !trace->file)
        trace->file = "";
    if (trace->schema_count == 0 || trace->file)
        return true;
    fprintf(stderr, "capos: run: --schema is for a trace; give --trace or --trace-args, too\n");
    return false;
}

/* False: *ret_exit is set. argv[0] is the command's name. */
static bool parse_options(int argc, char **argv, struct linux_command *command, int *ret_exit)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'},          {"debug", required_argument, NULL, 'd'},
        {"hide-cpu", no_argument, NULL, 'c'},      {"trace", optional_argument, NULL, 't'},
        {"trace-args", no_argument, NULL, 'a'},    {"schema", required_argument, NULL, 's'},
        {"polling", required_argument, NULL, 'p'}, {NULL, 0, NULL, 0},
    };
    int option, index = 0;
    opterr = 0;
    optind = 1;
    while ((option = getopt_long(argc, argv, ":h", options, &index)) != -1) {
        if (option == 'h') {
            fputs(usages[command->verb], stdout);
            *ret_exit = 0;
            return false;
        }
        if (option == '?')
            return refuse_option(command->verb, refused_word(argv));
        if (command->verb != LINUX_RUN)
            return refuse_option(command->verb,
                                 option == ':' ? argv[optind - 1] : long_word(options[index].name));
        if (option == ':')
            return refuse_missing(command->verb, argv[optind - 1]);
        if (!take_option(command, option, argv))
            return false;
    }
    return check_trace(&command->trace);
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
