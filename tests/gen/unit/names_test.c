/*
 * Names, literals, comments, paths: the generator's functions that need no
 * schema.
 */
#include "capnpc-capos/gen.h"
#include "tests/tap.h"

#include <stdlib.h>

static struct gen gen;

TAP_TEST(snake_case)
{
    static const char *const cases[][2] = {
        {"a", "a"},
        {"A", "a"},
        {"writeLine", "write_line"},
        {"BootPackage", "boot_package"},
        {"HTTPServer", "http_server"},
        {"aURL", "a_url"},
        {"URLOf", "url_of"},
        {"sha256Sum", "sha256_sum"},
        {"utf8", "utf8"},
        {"uInt8", "u_int8"},
        {"HTTP2Server", "http2_server"},
        {"A1B2", "a1_b2"},
        {"ABC", "abc"},
        {"AbC", "ab_c"},
        {"already_snake", "already_snake"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        TAP_STR_EQ(gen_snake(&gen, cases[i][0]), cases[i][1]);
    gen_fini(&gen);
}

TAP_TEST(upper_case)
{
    TAP_STR_EQ(gen_upper(&gen, "sha256_sum"), "SHA256_SUM");
    TAP_STR_EQ(gen_upper(&gen, ""), "");
    gen_fini(&gen);
}

/* Every word, so that one out of order is found. */
TAP_TEST(keywords_step_back)
{
    static const char words[] =
        "alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t "
        "char8_t "
        "class co_await co_return co_yield compl concept const const_cast consteval constexpr constinit "
        "continue decltype default delete do double dynamic_cast else enum explicit export extern false "
        "float "
        "for friend goto if inline int linux long mutable namespace new noexcept not not_eq nullptr offsetof "
        "operator or or_eq private protected public register reinterpret_cast requires restrict return short "
        "signed sizeof static static_assert static_cast struct switch template this thread_local throw true "
        "try typedef typeid typename typeof union unix unsigned using virtual void volatile wchar_t while "
        "xor "
        "xor_eq";
    for (const char *word = words; *word;) {
        size_t size = strcspn(word, " ");
        const char *name = gen_copy(&gen, word, size);
        TAP_STR_EQ(gen_identifier(&gen, name), gen_format(&gen, "%s_", name));
        word += size + (word[size] == ' ');
    }
    TAP_STR_EQ(gen_identifier(&gen, "console"), "console");
    TAP_STR_EQ(gen_identifier(&gen, "int_"), "int_");
    gen_fini(&gen);
}

TAP_TEST(macros_are_known)
{
    static const char *const known[] = {"INT16_MAX",  "NULL",     "SIZE_MAX",
                                        "UINT64_MAX", "WINT_MIN", "INT8_MIN"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        TAP_CHECK(gen_is_macro(known[i]));
    TAP_CHECK(!gen_is_macro("LIMIT"));
}

TAP_TEST(what_is_a_name)
{
    TAP_CHECK(gen_name_ok("a") && gen_name_ok("A9") && gen_name_ok("a_b"));
    TAP_CHECK(!gen_name_ok("") && !gen_name_ok("9a") && !gen_name_ok("_a") && !gen_name_ok("a b"));
    TAP_CHECK(!gen_name_ok("a;") && !gen_name_ok("\xc3\xa9") && !gen_name_ok("a$Params"));
}

TAP_TEST(paths_stay_below)
{
    TAP_CHECK(gen_path_is_safe("a") && gen_path_is_safe("a/b.capnp") && gen_path_is_safe("..a/b..capnp"));
    TAP_CHECK(!gen_path_is_safe("") && !gen_path_is_safe("/a") && !gen_path_is_safe(".."));
    TAP_CHECK(!gen_path_is_safe("../a") && !gen_path_is_safe("a/..") && !gen_path_is_safe("a/../b"));
    TAP_CHECK(!gen_path_is_safe("a//b") && !gen_path_is_safe("a/") && !gen_path_is_safe("./a"));
}

TAP_TEST(paths_can_be_included)
{
    TAP_CHECK(gen_path_is_plain("dir/a-b c.capnp"));
    TAP_CHECK(!gen_path_is_plain("a\"b") && !gen_path_is_plain("a\nb") && !gen_path_is_plain("a*b"));
    TAP_CHECK(!gen_path_is_plain("a\\b") && !gen_path_is_plain("a?b") && !gen_path_is_plain("a>b"));
}

static const char *doc(const char *text)
{
    struct gen_text out = {0};
    gen_put_doc(&out, "  ", text);
    const char *copy = gen_copy(&gen, out.bytes ? out.bytes : "", out.size);
    gen_text_free(&out);
    return copy;
}

TAP_TEST(comments_cannot_end_early)
{
    TAP_STR_EQ(doc(NULL), "");
    TAP_STR_EQ(doc("One line.\n"), "  /* One line. */\n");
    TAP_STR_EQ(doc("Two\nlines.\n"), "  /*\n   * Two\n   * lines.\n   */\n");
    TAP_STR_EQ(doc("a\n\n b\n"), "  /*\n   * a\n   *\n   *  b\n   */\n");
    TAP_STR_EQ(doc("*/ int x; /*\n"), "  /* * / int x; / * */\n");
    TAP_STR_EQ(doc("**//**\n"), "  /* ** // ** */\n");
    TAP_STR_EQ(doc("x *\n/ y\n"), "  /*\n   * x *\n   * / y\n   */\n");
    TAP_STR_EQ(doc("end *\n"), "  /* end * */\n");
    TAP_STR_EQ(doc("end /\n"), "  /* end / */\n");
    gen_fini(&gen);
}

TAP_TEST(comments_hold_no_tricks)
{
    TAP_STR_EQ(doc("a \\\nb\n"), "  /*\n   * a\n   * b\n   */\n");
    TAP_STR_EQ(doc("a ?\?/\n"), "  /* a ? ?/ */\n");
    TAP_STR_EQ(doc("a\rb\x01\x7f\n"), "  /* a?b?\? */\n");
    TAP_STR_EQ(doc("\xe2\x80\xae"
                   "abc\xe2\x81\xa9\n"),
               "  /* ?abc? */\n");
    TAP_STR_EQ(doc("\xff\xc3(\xc0\x80\n"), "  /* ?\?(?\? */\n");
    TAP_STR_EQ(doc("\xed\xa0\x80\n"), "  /* ?\?? */\n");
    TAP_STR_EQ(doc("caf\xc3\xa9 \xf0\x9f\x98\x80\n"), "  /* caf\xc3\xa9 \xf0\x9f\x98\x80 */\n");
    gen_fini(&gen);
}

TAP_TEST(literals)
{
    TAP_STR_EQ(gen_literal(&gen, "plain", 5), "\"plain\"");
    TAP_STR_EQ(gen_literal(&gen, "a\"b\\c?", 6), "\"a\\042b\\134c\\077\"");
    TAP_STR_EQ(gen_literal(&gen,
                           "\0"
                           "7\xff",
                           3),
               "\"\\0007\\377\"");
    TAP_STR_EQ(gen_literal(&gen, "", 0), "\"\"");
    gen_fini(&gen);
}

static const char *scalar(enum gen_kind kind, uint64_t bits)
{
    struct gen_type type = {.kind = kind};
    return gen_scalar(&gen, &type, bits);
}

TAP_TEST(scalars)
{
    TAP_STR_EQ(scalar(GEN_BOOL, 1), "true");
    TAP_STR_EQ(scalar(GEN_I8, (uint64_t)-5), "(-5)");
    TAP_STR_EQ(scalar(GEN_U16, 65535), "65535");
    TAP_STR_EQ(scalar(GEN_I32, (uint64_t)(int64_t)INT32_MIN), "(-INT32_C(2147483647) - 1)");
    TAP_STR_EQ(scalar(GEN_U32, UINT32_MAX), "UINT32_C(4294967295)");
    TAP_STR_EQ(scalar(GEN_I64, (uint64_t)INT64_MIN), "(-INT64_C(9223372036854775807) - 1)");
    TAP_STR_EQ(scalar(GEN_I64, (uint64_t)-7), "(-INT64_C(7))");
    TAP_STR_EQ(scalar(GEN_U64, UINT64_MAX), "UINT64_C(18446744073709551615)");
    TAP_STR_EQ(scalar(GEN_F32, wire_f32_bits(1)), "1.0f");
    TAP_STR_EQ(scalar(GEN_F32, wire_f32_bits(-0.5f)), "(-0.5f)");
    TAP_STR_EQ(scalar(GEN_F64, wire_f64_bits(1e300)), "1.0000000000000001e+300");
    TAP_STR_EQ(scalar(GEN_F64, wire_f64_bits(-__builtin_inf())), "(-__builtin_inf())");
    TAP_STR_EQ(scalar(GEN_F32, 0x7fc00000), "__builtin_nanf(\"\")");
    gen_fini(&gen);
}
