/*
 * The graph of a manifest: what is in it when it is good, and what a message
 * that is no manifest gets; golden has what wrong manifests get.
 * docs/security.md, clause 24.
 */
#include "init/graph.h"

#include <string.h>

#include <capos/wire.h>

#include "init/check.h"
#include "tests/tap.h"

static struct {
    uint64_t words[8192];
    struct wire_build build;
    struct manifest_builder manifest;
    struct wire_list_builder services;
    struct wire_message message;
    struct init_graph graph;
    struct init_error error;
} m;

static struct wire_text text_of(const char *chars)
{
    return wire_text_make(chars, (uint32_t)strlen(chars));
}

/* "s7" */
static struct wire_text numbered(char *chars, uint32_t number)
{
    struct capos_line line;
    capos_line_begin(&line, chars, 8);
    capos_line_string(&line, "s");
    capos_line_u64(&line, number);
    return capos_line_text(&line);
}

static struct service_builder service_at(uint32_t index)
{
    return manifest_edit_services_at(m.services, index);
}

/* `count` services, each of which exports "x", and has room for `grants`. */
static void begin(uint32_t count, uint32_t grants)
{
    char name[8];
    wire_build_init(&m.build, m.words, sizeof m.words / 8);
    m.manifest = manifest_build_root(&m.build);
    manifest_set_schema_version(m.manifest, 1);
    binary_set_name(manifest_edit_binaries_at(manifest_init_binaries(m.manifest, 1), 0), text_of("one"));
    struct program_builder init = manifest_init_init(m.manifest);
    program_set_binary(init, text_of("one"));
    struct wire_list_builder needed = program_init_grants(init, INIT_NEEDS);
    for (uint32_t i = 0; i < INIT_NEEDS; i++) {
        struct grant_builder grant = program_edit_grants_at(needed, i);
        grant_set_name(grant, text_of(init_needs[i].name));
        grant_set_kernel(grant, init_needs[i].kernel);
    }
    m.services = manifest_init_services(m.manifest, count);
    for (uint32_t i = 0; i < count; i++) {
        struct program_builder program = service_init_program(service_at(i));
        service_set_name(service_at(i), numbered(name, i));
        program_set_binary(program, text_of("one"));
        program_init_grants(program, grants);
        struct export_builder export = service_edit_exports_at(service_init_exports(service_at(i), 1), 0);
        export_set_name(export, text_of("x"));
        export_set_interface_id(export, 0x11);
    }
}

/* Lets one service import from another. */
static void import(uint32_t who, uint32_t grant, uint32_t from)
{
    char name[8];
    struct wire_list_builder grants = program_edit_grants(service_edit_program(service_at(who)));
    struct grant_builder at = program_edit_grants_at(grants, grant);
    grant_set_name(at, numbered(name, from));
    struct grant_export_builder export = grant_init_export(at);
    grant_export_set_service(export, numbered(name, from));
    grant_export_set_name(export, text_of("x"));
}

static bool read_manifest(void)
{
    uint64_t size;
    const void *bytes = wire_build_flat(&m.build, &size);
    memset(&m.graph, 0xa5, sizeof m.graph);
    m.error.text[0] = 0;
    wire_open_flat(&m.message, WIRE_PRIVATE, bytes, size);
    return init_graph_read(&m.message, manifest_read_root(&m.message), &m.graph, &m.error);
}

TAP_TEST(a_graph_has_what_the_manifest_says)
{
    begin(2, 1);
    import(0, 0, 1);
    struct restart_policy_builder restart = service_init_restart(service_at(1));
    restart_policy_set_mode(restart, RESTART_MODE_ON_FAILURE);
    restart_policy_set_limit(restart, 3);
    restart_policy_set_backoff_ns(restart, 5000);
    grant_set_name(program_edit_grants_at(program_init_grants(service_edit_program(service_at(1)), 1), 0),
                   text_of("clock"));
    grant_set_kernel(program_edit_grants_at(program_edit_grants(service_edit_program(service_at(1))), 0),
                     KERNEL_CAPABILITY_TIMER);
    TAP_CHECK(read_manifest());
    const struct init_service *s = m.graph.services;
    TAP_EQ(m.graph.service_count, 2);
    TAP_EQ(m.graph.order[0], 1);
    TAP_EQ(m.graph.order[1], 0);
    TAP_EQ(s[0].needs, 2);
    TAP_EQ(s[1].needs, 0);
    TAP_EQ(s[0].mode, RESTART_MODE_NEVER);
    TAP_EQ(s[1].mode, RESTART_MODE_ON_FAILURE);
    TAP_EQ(s[1].restarts_max, 3);
    TAP_EQ(s[1].backoff_ns, 5000);
    TAP_EQ(m.graph.exports[s[1].first_export].service, 1);
    TAP_EQ(m.graph.exports[s[1].first_export].interface_id, 0x11);
    TAP_EQ(m.graph.grants[s[0].program.first_grant].export_index, s[1].first_export);
    TAP_EQ(m.graph.grants[s[1].program.first_grant].kernel, KERNEL_CAPABILITY_TIMER);
    TAP_EQ(m.graph.init.grant_count, INIT_NEEDS);
    TAP_EQ(m.graph.grants[m.graph.init.first_grant + 1].kernel, KERNEL_CAPABILITY_TIMER);
}

TAP_TEST(a_service_starts_after_all_that_it_imports_from_and_else_in_the_manifests_order)
{
    static const uint16_t order[] = {1, 3, 4, 2, 0};
    begin(5, 0);
    program_init_grants(service_edit_program(service_at(0)), 2);
    import(0, 0, 2);
    import(0, 1, 3);
    program_init_grants(service_edit_program(service_at(2)), 1);
    import(2, 0, 4);
    TAP_CHECK(read_manifest());
    TAP_MEM_EQ(m.graph.order, order, sizeof order);
}

TAP_TEST(a_chain_of_as_many_services_as_there_may_be_starts_from_its_end)
{
    begin(INIT_SERVICES_MAX, 1);
    for (uint32_t i = 0; i + 1 < INIT_SERVICES_MAX; i++)
        import(i, 0, i + 1);
    struct grant_builder last = program_edit_grants_at(
        program_edit_grants(service_edit_program(service_at(INIT_SERVICES_MAX - 1))), 0);
    grant_set_name(last, text_of("s0"));
    grant_set_kernel(last, KERNEL_CAPABILITY_TIMER);
    TAP_CHECK(read_manifest());
    for (uint32_t i = 0; i < INIT_SERVICES_MAX; i++)
        TAP_EQ(m.graph.order[i], INIT_SERVICES_MAX - 1 - i);

    import(INIT_SERVICES_MAX - 1, 0, 0);
    TAP_CHECK(!read_manifest());
    TAP_CHECK(strstr(m.error.text, "services[0] \"s0\".grants[0] \"s1\": a cycle: \"s0\" needs \"s1\"") ==
              m.error.text);
}

TAP_TEST(more_than_init_has_room_for_is_refused)
{
    begin(INIT_SERVICES_MAX + 1, 0);
    TAP_CHECK(!read_manifest());
    TAP_STR_EQ(m.error.text, "services: more than 60 services");
    begin(1, INIT_PROGRAM_GRANTS_MAX + 1);
    TAP_CHECK(!read_manifest());
    TAP_STR_EQ(m.error.text, "services[0] \"s0\".grants: more than 32 grants");
    begin(1, INIT_SERVICE_GRANTS_MAX + 1);
    TAP_CHECK(!read_manifest());
    TAP_STR_EQ(m.error.text, "services[0] \"s0\".grants: more than 16 grants");
    begin(1, 0);
    service_init_exports(service_at(0), INIT_SERVICE_GRANTS_MAX + 1);
    TAP_CHECK(!read_manifest());
    TAP_STR_EQ(m.error.text, "services[0] \"s0\".exports: more than 16 grants and exports");
    begin(INIT_SERVICES_MAX, 8);
    for (uint32_t i = 0; i < INIT_SERVICES_MAX; i++)
        for (uint32_t j = 0; j < 8; j++)
            import(i, j, (i + 1 + j) % (INIT_SERVICES_MAX));
    TAP_CHECK(!read_manifest());
    TAP_CHECK(strstr(m.error.text, "a cycle") != NULL);
}

TAP_TEST(words_that_this_version_does_not_know_are_refused)
{
    begin(1, 1);
    import(0, 0, 0);
    wire_set_u16(program_edit_grants_at(program_edit_grants(service_edit_program(service_at(0))), 0).s, 2, 7);
    wire_set_u16(program_edit_grants_at(program_edit_grants(service_edit_program(service_at(0))), 0).s, 0, 7);
    TAP_CHECK(!read_manifest());
    TAP_STR_EQ(m.error.text, "services[0] \"s0\".grants[0] \"s0\": a source that this version does not know; "
                             "it knows kernel and export");
    begin(1, 0);
    restart_policy_set_mode(service_init_restart(service_at(0)), 3);
    TAP_CHECK(!read_manifest());
    TAP_STR_EQ(m.error.text, "services[0] \"s0\".restart: a mode that this version does not know; "
                             "it knows never, onFailure and always");
    begin(1, 0);
    wire_set_u16(m.manifest.s, 4, 1);
    TAP_CHECK(!read_manifest());
    TAP_STR_EQ(m.error.text, "manifest: a field that this version does not know; it knows schemaVersion 1");
}

TAP_TEST(what_is_no_manifest_is_refused)
{
    uint64_t size;
    begin(3, 0);
    TAP_CHECK(read_manifest());
    TAP_CHECK(wire_build_flat(&m.build, &size) == m.words);
    for (uint32_t word = 0; word < 5; word++) {
        uint64_t was = m.words[word];
        m.words[word] = ~was;
        m.error.text[0] = 0;
        wire_open_flat(&m.message, WIRE_PRIVATE, m.words, size);
        TAP_CHECK(!init_graph_read(&m.message, manifest_read_root(&m.message), &m.graph, &m.error));
        TAP_CHECK(m.error.text[0] != 0);
        m.words[word] = was;
    }
    m.words[0] = 0;
    wire_open_flat(&m.message, WIRE_PRIVATE, m.words, 8);
    TAP_CHECK(!init_graph_read(&m.message, manifest_read_root(&m.message), &m.graph, &m.error));
    TAP_STR_EQ(m.error.text, "manifest: empty; a Manifest of schema/capos.capnp is needed");
}

TAP_TEST(names_are_utf8_without_control_characters)
{
    TAP_CHECK(!init_check_name(text_of("gr\xc3\xbc\xc3\x9f dich \xe2\x82\xac \xf0\x9f\x98\x80")));
    static const char *const bad[] = {
        "a\tb",     "\x7f",     "\xc0\x80", "\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80",
        "\xc2\x85", "\xe2\x82", "\x80",     "\xff"};
    for (uint32_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        TAP_STR_EQ(init_check_name(text_of(bad[i])), "a name that is not printable UTF-8");
}
