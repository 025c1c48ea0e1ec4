/*
 * Schema names to C names. Nothing here knows about scopes: see scope.c.
 */
#include "gen.h"

#include <stdlib.h>

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool gen_name_ok(const char *name)
{
    if (!is_lower(*name) && !is_upper(*name))
        return false;
    for (; *name; name++)
        if (!is_lower(*name) && !is_upper(*name) && !is_digit(*name) && *name != '_')
            return false;
    return true;
}

/*
 * A word starts at an upper-case letter after a lower-case one or a digit
 * (writeLine, sha256Sum), and at the last of several that a lower-case one
 * follows (HTTPServer).
 */
static bool starts_word(const char *name, size_t i)
{
    if (i == 0 || !is_upper(name[i]))
        return false;
    char before = name[i - 1];
    return is_lower(before) || is_digit(before) || (is_upper(before) && is_lower(name[i + 1]));
}

const char *gen_snake(struct gen *gen, const char *name)
{
    size_t size = strlen(name);
    char *snake = gen_alloc(gen, 2 * size + 1, 1);
    size_t at = 0;
    for (size_t i = 0; i < size; i++) {
        if (starts_word(name, i))
            snake[at++] = '_';
        snake[at++] = is_upper(name[i]) ? (char)(name[i] - 'A' + 'a') : name[i];
    }
    return snake;
}

const char *gen_upper(struct gen *gen, const char *snake)
{
    size_t size = strlen(snake);
    char *upper = gen_alloc(gen, size + 1, 1);
    for (size_t i = 0; i < size; i++)
        upper[i] = is_lower(snake[i]) ? (char)(snake[i] - 'a' + 'A') : snake[i];
    return upper;
}

/* In order. Keywords of C17 and C++20, alternative tokens, macros of the headers that are included. */
static const char *const keywords[] = {
    "alignas",   "alignof",   "and",           "and_eq",       "asm",
    "auto",      "bitand",    "bitor",         "bool",         "break",
    "case",      "catch",     "char",          "char16_t",     "char32_t",
    "char8_t",   "class",     "co_await",      "co_return",    "co_yield",
    "compl",     "concept",   "const",         "const_cast",   "consteval",
    "constexpr", "constinit", "continue",      "decltype",     "default",
    "delete",    "do",        "double",        "dynamic_cast", "else",
    "enum",      "explicit",  "export",        "extern",       "false",
    "float",     "for",       "friend",        "goto",         "if",
    "inline",    "int",       "linux",         "long",         "mutable",
    "namespace", "new",       "noexcept",      "not",          "not_eq",
    "nullptr",   "offsetof",  "operator",      "or",           "or_eq",
    "private",   "protected", "public",        "register",     "reinterpret_cast",
    "requires",  "restrict",  "return",        "short",        "signed",
    "sizeof",    "static",    "static_assert", "static_cast",  "struct",
    "switch",    "template",  "this",          "thread_local", "throw",
    "true",      "try",       "typedef",       "typeid",       "typename",
    "typeof",    "union",     "unix",          "unsigned",     "using",
    "virtual",   "void",      "volatile",      "wchar_t",      "while",
    "xor",       "xor_eq",
};

static int compare_word(const void *name, const void *word)
{
    return strcmp(name, *(const char *const *)word);
}

static bool is_keyword(const char *name)
{
    return bsearch(name, keywords, sizeof keywords / sizeof *keywords, sizeof *keywords, compare_word) !=
           NULL;
}

/* In order. What a constant's name may hit without meaning to; others get a type's name before theirs. */
static const char *const macros[] = {
    "INT16_MAX",   "INT16_MIN",  "INT32_MAX",  "INT32_MIN",  "INT64_MAX",  "INT64_MIN", "INT8_MAX",
    "INT8_MIN",    "INTMAX_MAX", "INTMAX_MIN", "INTPTR_MAX", "INTPTR_MIN", "NULL",      "PTRDIFF_MAX",
    "PTRDIFF_MIN", "SIZE_MAX",   "UINT16_MAX", "UINT32_MAX", "UINT64_MAX", "UINT8_MAX", "UINTMAX_MAX",
    "UINTPTR_MAX", "WCHAR_MAX",  "WCHAR_MIN",  "WINT_MAX",   "WINT_MIN",
};

bool gen_is_macro(const char *name)
{
    return bsearch(name, macros, sizeof macros / sizeof *macros, sizeof *macros, compare_word) != NULL;
}

const char *gen_identifier(struct gen *gen, const char *snake)
{
    return is_keyword(snake) ? gen_format(gen, "%s_", snake) : snake;
}
