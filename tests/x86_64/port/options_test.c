/* kernel/x86_64/options.c: the kernel's command line, and what is said to a wrong one. */
#include <string.h>

#include "kernel/x86_64/x86_64.h"
#include "tests/tap.h"

enum { QUANTUM_NS_DEFAULT = 10000000 };

#define NOT_AN_OPTION ": not an option; there are quantum=NS (1000 and up), hide-cpu, echo, fail-frame=N"

TAP_TEST(options_have_defaults)
{
    static const char *const lines[] = {"", " ", "     "};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct x86_options options;
        struct kernel_error error = {""};
        memset(&options, 0xff, sizeof options);
        TAP_CHECK(x86_options_parse(lines[i], &options, &error));
        TAP_EQ(options.quantum_ns, QUANTUM_NS_DEFAULT);
        TAP_EQ(options.fail_take, 0);
        TAP_CHECK(!options.hide_cpu && !options.echo);
    }
}

TAP_TEST(options_are_words_in_any_order_the_last_of_a_name_counts)
{
    struct x86_options options;
    struct kernel_error error = {""};
    TAP_CHECK(x86_options_parse("  fail-frame=17 echo quantum=1000  hide-cpu ", &options, &error));
    TAP_EQ(options.quantum_ns, 1000);
    TAP_EQ(options.fail_take, 17);
    TAP_CHECK(options.hide_cpu && options.echo);
    TAP_CHECK(x86_options_parse("quantum=5000 quantum=999999999999999", &options, &error));
    TAP_EQ(options.quantum_ns, 999999999999999);
    TAP_CHECK(!options.hide_cpu && !options.echo);
}

TAP_TEST(options_pass_over_what_qemu_adds)
{
    struct x86_options options;
    struct kernel_error error = {""};
    TAP_CHECK(x86_options_parse("virtio_mmio.device=512@0xfeb02e00:12 echo", &options, &error));
    TAP_CHECK(options.echo);
    TAP_STR_EQ(error.text, "");
}

TAP_TEST(options_that_are_wrong_are_named)
{
    static const struct {
        const char *line, *text;
    } wrong[] = {
        {"quantums=5", "command line: \"quantums=5\"" NOT_AN_OPTION},
        {"echo quantum=999", "command line: \"quantum=999\"" NOT_AN_OPTION},
        {"quantum=", "command line: \"quantum=\"" NOT_AN_OPTION},
        {"quantum=10us", "command line: \"quantum=10us\"" NOT_AN_OPTION},
        {"quantum=-1", "command line: \"quantum=-1\"" NOT_AN_OPTION},
        {"quantum=1000000000000000", "command line: \"quantum=1000000000000000\"" NOT_AN_OPTION},
        {"fail-frame", "command line: \"fail-frame\"" NOT_AN_OPTION},
        {"fail-frame= 3", "command line: \"fail-frame=\"" NOT_AN_OPTION},
        {"hide-cp", "command line: \"hide-cp\"" NOT_AN_OPTION},
        {"hide-cpus also=bad", "command line: \"hide-cpus\"" NOT_AN_OPTION},
        {"\techo", "command line: \"?echo\"" NOT_AN_OPTION},
        {"0123456789012345678901234567890123456789012345678901234567890123456789",
         "command line: \"012345678901234567890123456789012345678901234567890123456789...\"" NOT_AN_OPTION},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct x86_options options = {.quantum_ns = 77};
        struct kernel_error error = {""};
        TAP_CHECK(!x86_options_parse(wrong[i].line, &options, &error));
        TAP_STR_EQ(error.text, wrong[i].text);
        TAP_EQ(options.quantum_ns, 77); /* untouched */
    }
}
