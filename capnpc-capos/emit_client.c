/*
 * Typed clients: the header that a program includes to call an interface.
 * Each function wraps one step of a call of capos/call.h, which see; all
 * behaviour is there.
 */
#include "emit_client.h"

#define CAPS_AT_ONCE 1 /* capabilities of results that one function returns by itself */

/* --- What a method's params and results allow ---------------------------------------- */

static bool fits_an_argument(const struct gen_field *field, bool bytes)
{
    if (field->group || field->tag != GEN_NO_TAG)
        return false;
    enum gen_kind kind = field->type.kind;
    return kind == GEN_VOID || kind == GEN_INTERFACE || gen_is_scalar(kind) ||
           (bytes && (kind == GEN_TEXT || kind == GEN_DATA));
}

/*
 * Whether a struct's fields can be arguments. One that has a name of its own
 * is passed as what it is. Results with several capabilities stay in their
 * call: if one of them cannot be adopted, none is to be left over.
 */
static bool is_flat(const struct client *client, const struct gen_node *node, bool bytes)
{
    if (!node || node->tag_count > 0 || node->scope != client->method_of || node->scope_id != 0 ||
        (!bytes && node->cap_count > CAPS_AT_ONCE))
        return false;
    for (uint32_t i = 0; i < node->field_count; i++)
        if (!fits_an_argument(&node->fields[i], bytes))
            return false;
    return true;
}

static bool is_empty(const struct gen_node *node)
{
    for (uint32_t i = 0; node && i < node->field_count; i++)
        if (node->fields[i].group || node->fields[i].type.kind != GEN_VOID)
            return false;
    return !node || node->scope_id == 0;
}

/* A name of the schema as an argument's, apart from the functions' own. */
static const char *argument_name(struct gen *gen, const struct gen_field *field)
{
    static const char *const own[] = {"ring",    "self",   "call",       "params",
                                      "results", "status", "room_words", "stream"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(field->name, own[i]) == 0 || strncmp(field->name, "ret_", 4) == 0)
            return gen_format(gen, "%s_", field->name);
    return gen_identifier(gen, field->name);
}

/* "uint32_t max_bytes, " for each field of the params, as they stand in the schema. */
static const char *arguments(struct client *client)
{
    struct gen *gen = client->e->gen;
    const char *list = "";
    const struct gen_node *params = client->method->params;
    for (uint32_t i = 0; i < params->field_count; i++) {
        const struct gen_field *field = params->ordered[i];
        if (field->type.kind != GEN_VOID)
            list = gen_format(gen, "%s%s %s, ", list,
                              field->type.kind == GEN_INTERFACE ? gen_transfer_type(gen, &field->type)
                                                                : gen_layout(field->type.kind)->c_type,
                              argument_name(gen, field));
    }
    return list;
}

/* "max_bytes, ": the same without types. */
static const char *argument_names(struct client *client)
{
    struct gen *gen = client->e->gen;
    const char *list = "";
    const struct gen_node *params = client->method->params;
    for (uint32_t i = 0; i < params->field_count; i++)
        if (params->ordered[i]->type.kind != GEN_VOID)
            list = gen_format(gen, "%s%s, ", list, argument_name(gen, params->ordered[i]));
    return list;
}

static const char *without_comma(struct gen *gen, const char *list)
{
    return gen_copy(gen, list, strlen(list) - 2);
}

/* How many words the params take, where that depends on their values; else they fit the call's own. */
static bool put_room(struct client *client)
{
    struct gen *gen = client->e->gen;
    const struct gen_node *params = client->method->params;
    const char *sum = "";
    for (uint32_t i = 0; i < params->field_count; i++) {
        const struct gen_field *field = params->ordered[i];
        if (gen_layout(field->type.kind)->pointer && field->type.kind != GEN_INTERFACE)
            sum = gen_format(gen, "%s + capos_%s_words(%s)", sum, gen_layout(field->type.kind)->suffix,
                             argument_name(gen, field));
    }
    if (*sum == 0)
        return false;
    gen_line(client->e, "uint32_t room_words = CAPOS_STRUCT_WORDS(%s_DATA_WORDS, %s_POINTER_COUNT)%s;",
             params->upper, params->upper, sum);
    return true;
}

/* --- The steps of a call ----------------------------------------------------------------- */

static void begin(struct client *client, const char *tail, const char *params)
{
    gen_begin(client->e, client->node, client->method->schema_name, "capos_status",
              gen_format(client->e->gen, "%s%s", client->name, tail), params);
}

static void put_call_type(struct client *client)
{
    struct gen_emit *e = client->e;
    const struct gen_node *results = client->method->results;
    const char *type = gen_format(e->gen, "%s_call", client->name);
    const char *words = gen_format(e->gen, "%s_CALL_WORDS", client->upper);
    const char *params = client->method->params->upper;
    gen_claim(e->gen, GEN_TAGS, type, client->node, client->method->schema_name);
    gen_claim(e->gen, GEN_ORDINARY, words, client->node, client->method->schema_name);
    const char *sizes = gen_format(e->gen, "%s_DATA_WORDS, %s_POINTER_COUNT, %s", params, params,
                                   gen_caps_max(e->gen, client->method->params));
    gen_put(e->header, "enum {\n    %s = CAPOS_CALL_WORDS(\n        %s,\n", words, sizes);
    if (results)
        sizes = gen_format(e->gen, "%s_DATA_WORDS, %s_POINTER_COUNT, %s", results->upper, results->upper,
                           gen_caps_max(e->gen, results));
    gen_put(e->header, "        %s)\n};\n\n", results ? sizes : "0, 0, 0");
    gen_put_doc(e->header, "", client->method->doc);
    gen_put(e->header, "struct %s {\n    struct capos_call call;\n    uint64_t words[%s];\n};\n\n", type,
            words);
}

static void put_begin(struct client *client)
{
    struct gen_emit *e = client->e;
    begin(client, "_begin",
          gen_format(e->gen, "%suint32_t room_words, struct %s_call *call, struct %s_builder *ret_params",
                     client->head, client->name, client->method->params->name));
    gen_line(e,
             "return capos_call_begin(ring, &call->call, &%s_interface.methods[%s_METHOD_%s], self.cap, "
             "call->words, %s_CALL_WORDS, room_words, &ret_params->s);",
             client->method_of->name, client->method_of->upper, client->method->upper, client->upper);
    gen_end(e);
}

static void put_submit(struct client *client)
{
    begin(client, "_submit",
          gen_format(client->e->gen, "struct capos_ring *ring, struct %s_call *call", client->name));
    gen_line(client->e, "return capos_call_submit(ring, &call->call);");
    gen_end(client->e);
}

/* Begins a call, as `how` says with its name and room, and fills in the params. */
static void put_filling(struct client *client, const char *how)
{
    struct gen_emit *e = client->e;
    const struct gen_node *params = client->method->params;
    gen_line(e, "struct %s_builder params;", params->name);
    const char *begun = gen_format(e->gen, how, client->name, put_room(client) ? "room_words" : "0");
    gen_line(e, is_empty(params) ? "%s;" : "if (%s == CAP_OK) {", begun);
    for (uint32_t i = 0; i < params->field_count; i++)
        if (params->ordered[i]->type.kind != GEN_VOID)
            gen_line(e, "    %s_%s_%s(params, %s);", params->name,
                     params->ordered[i]->type.kind == GEN_INTERFACE ? "pass" : "set",
                     params->ordered[i]->name, argument_name(e->gen, params->ordered[i]));
    if (!is_empty(params))
        gen_line(e, "}");
}

/* Begins, and fills in the params; for promises that is a step of its own, as not every call is to keep its
 * answer. */
static void put_fill(struct client *client, const char *tail)
{
    begin(client, tail,
          gen_format(client->e->gen, "%s%sstruct %s_call *call", client->head, arguments(client),
                     client->name));
    put_filling(client, "%s_begin(ring, self, %s, call, &params)");
}

static void put_send(struct client *client)
{
    struct gen_emit *e = client->e;
    if (gen_has_promises(client->method)) {
        put_fill(client, "_fill");
        gen_line(e, "return call->call.status;");
        gen_end(e);
        begin(client, "_send",
              gen_format(e->gen, "%s%sstruct %s_call *call", client->head, arguments(client), client->name));
        gen_line(e, "%s_fill(ring, self, %scall);", client->name, argument_names(client));
        gen_line(e, "(%s_promise)(call);", client->name);
    } else {
        put_fill(client, "_send");
    }
    gen_line(e, "return capos_call_submit(ring, &call->call);");
    gen_end(e);
    if (gen_has_promises(client->method))
        gen_put_noted(e, gen_format(e->gen, "%s_send", client->name));
}

static void put_stream_send(struct client *client)
{
    struct gen_emit *e = client->e;
    begin(client, "_stream_send",
          without_comma(e->gen,
                        gen_format(e->gen, "struct %s_stream *stream, %s", client->name, arguments(client))));
    put_filling(client, "%s_stream_next(stream, %s, &params)");
    gen_line(e, "return capos_stream_submit(&stream->stream);");
    gen_end(e);
}

/* Sends a call that is waited for at once: nobody can use a promise of it. */
static void put_send_plainly(struct client *client, const char *call)
{
    struct gen_emit *e = client->e;
    const char *tail = gen_has_promises(client->method) ? "fill" : "send";
    gen_line(e, "%s_%s(ring, self, %s%s);", client->name, tail, argument_names(client), call);
    if (gen_has_promises(client->method))
        gen_line(e, "%s_submit(ring, %s);", client->name, call);
}

/* Results without fields are not asked for. */
static void put_wait(struct client *client)
{
    struct gen_emit *e = client->e;
    const struct gen_node *results = client->method->results;
    bool empty = is_empty(results);
    const char *output = empty ? "" : gen_format(e->gen, ", struct %s_reader *ret_results", results->name);
    begin(client, "_wait",
          gen_format(e->gen, "struct capos_ring *ring, struct %s_call *call%s", client->name, output));
    gen_line(e, "return capos_call_wait(ring, &call->call, CAPOS_FOREVER, %s);",
             empty ? "NULL" : "&ret_results->s");
    gen_end(e);
    begin(client, "_wait_for",
          gen_format(e->gen, "struct capos_ring *ring, struct %s_call *call, uint64_t timeout_ns%s",
                     client->name, output));
    gen_line(e, "return capos_call_wait_for(ring, &call->call, timeout_ns, %s);",
             empty ? "NULL" : "&ret_results->s");
    gen_end(e);
}

static void put_finish(struct client *client)
{
    gen_begin(client->e, client->node, client->method->schema_name, "void",
              gen_format(client->e->gen, "%s_finish", client->name),
              gen_format(client->e->gen, "struct capos_ring *ring, struct %s_call *call", client->name));
    gen_line(client->e, "capos_call_finish(ring, &call->call);");
    gen_end(client->e);
}

/* --- All in one ---------------------------------------------------------------------------- */

/* "uint64_t *ret_ns, " for each field of the results. */
static const char *outputs(struct client *client)
{
    struct gen *gen = client->e->gen;
    const struct gen_node *results = client->method->results;
    const char *list = "";
    for (uint32_t i = 0; results && i < results->field_count; i++) {
        const struct gen_field *field = results->ordered[i];
        if (field->type.kind != GEN_VOID)
            list = gen_format(gen, "%s%s *ret_%s, ", list,
                              field->type.kind == GEN_INTERFACE ? gen_client_type(gen, &field->type)
                                                                : gen_layout(field->type.kind)->c_type,
                              field->name);
    }
    return list;
}

static void put_outputs(struct client *client)
{
    const struct gen_node *results = client->method->results;
    for (uint32_t i = 0; i < results->field_count; i++)
        if (results->ordered[i]->type.kind == GEN_INTERFACE)
            gen_line(client->e, "if (status == CAP_OK)\n        status = (%s_adopt_%s)(results, ret_%s);",
                     results->name, results->ordered[i]->name, results->ordered[i]->name);
    if (results->cap_count == results->field_count)
        return;
    gen_line(client->e, "if (status == CAP_OK) {");
    for (uint32_t i = 0; i < results->field_count; i++)
        if (results->ordered[i]->type.kind != GEN_VOID && results->ordered[i]->type.kind != GEN_INTERFACE)
            gen_line(client->e, "    *ret_%s = %s_get_%s(results);", results->ordered[i]->name, results->name,
                     results->ordered[i]->name);
    gen_line(client->e, "}");
}

/* Numbers, a handle, or nothing, come back by value: the call is over when the function returns. */
static void put_run_whole(struct client *client)
{
    struct gen_emit *e = client->e;
    const struct gen_node *results = client->method->results;
    bool empty = is_empty(results);
    begin(client, "",
          without_comma(e->gen,
                        gen_format(e->gen, "%s%s%s", client->head, arguments(client), outputs(client))));
    gen_line(e, "struct %s_call call;", client->name);
    if (!empty)
        gen_line(e, "struct %s_reader results;", results->name);
    put_send_plainly(client, "&call");
    gen_line(e, "capos_status status = %s_wait(ring, &call%s);", client->name, empty ? "" : ", &results");
    if (!empty)
        put_outputs(client);
    gen_line(e, "%s_finish(ring, &call);", client->name);
    gen_line(e, "return status;");
    gen_end(e);
    if (!empty && results->cap_count > 0)
        gen_put_noted(e, client->name);
}

/* The results lie in the call, which the caller finishes. */
static void put_run_open(struct client *client)
{
    struct gen_emit *e = client->e;
    gen_put(e->header,
            "/* Whatever it returns: the call is to be finished, and the results live until then. */\n");
    begin(client, "",
          gen_format(e->gen, "%s%sstruct %s_call *call, struct %s_reader *ret_results", client->head,
                     arguments(client), client->name, client->method->results->name));
    put_send_plainly(client, "call");
    gen_line(e, "return %s_wait(ring, call, ret_results);", client->name);
    gen_end(e);
}

static void put_method(struct client *client)
{
    const struct gen_node *results = client->method->results;
    put_call_type(client);
    put_begin(client);
    put_submit(client);
    if (gen_has_promises(client->method))
        gen_emit_promises(client);
    if (is_flat(client, client->method->params, true))
        put_send(client);
    put_wait(client);
    put_finish(client);
    if (!results) {
        gen_emit_stream(client);
        if (is_flat(client, client->method->params, true))
            put_stream_send(client);
    }
    if (!is_flat(client, client->method->params, true))
        return;
    if (is_empty(results) || is_flat(client, results, false))
        put_run_whole(client);
    else
        put_run_open(client);
}

/* --- Interfaces ------------------------------------------------------------------------------ */

/* Whether a method of that name is there already: in the interface or in what came before. */
static bool name_is_taken(const struct lineage *lineage, uint32_t upto, const char *name)
{
    for (uint32_t i = 0; i < upto; i++)
        for (uint32_t m = 0; m < lineage->nodes[i]->method_count; m++)
            if (strcmp(lineage->nodes[i]->methods[m].name, name) == 0)
                return true;
    return false;
}

static void put_methods(struct gen_emit *e, struct gen_node *node, const struct lineage *lineage,
                        uint32_t index)
{
    struct gen_node *from = lineage->nodes[index];
    for (uint32_t m = 0; m < from->method_count; m++) {
        const struct gen_method *method = &from->methods[m];
        const char *name = method->name;
        if (index > 0 && name_is_taken(lineage, index, name))
            name = gen_format(e->gen, "%s_%s", from->name, name);
        struct client client = {.e = e, .node = node, .method_of = from, .method = method};
        client.name = gen_format(e->gen, "%s_%s", node->name, name);
        client.upper = gen_upper(e->gen, client.name);
        client.head = gen_format(e->gen, "struct capos_ring *ring, struct %s self, ",
                                 gen_identifier(e->gen, node->name));
        put_method(&client);
    }
}

static void put_upcasts(struct gen_emit *e, struct gen_node *node, const struct lineage *lineage)
{
    for (uint32_t i = 1; i < lineage->count; i++) {
        const char *type = gen_format(e->gen, "struct %s", gen_identifier(e->gen, lineage->nodes[i]->name));
        gen_begin(e, node, NULL, type, gen_format(e->gen, "%s_as_%s", node->name, lineage->nodes[i]->name),
                  gen_format(e->gen, "struct %s self", gen_identifier(e->gen, node->name)));
        gen_line(e, "%s view = {self.cap};", type);
        gen_line(e, "return view;");
        gen_end(e);
    }
}

static void put_from_capset(struct gen_emit *e, struct gen_node *node)
{
    gen_put(e->header, "/* See capos/capset.h: the capability is borrowed. */\n");
    gen_begin(e, node, NULL, "capos_status", gen_format(e->gen, "%s_from_capset", node->name),
              gen_format(e->gen, "struct capos_runtime *runtime, const char *name, struct %s *ret_self",
                         gen_identifier(e->gen, node->name)));
    gen_line(e, "return capos_capset_find(runtime, name, %s_INTERFACE_ID, &ret_self->cap);", node->upper);
    gen_end(e);
}

void gen_emit_client_type(struct gen_emit *e, struct gen_node *node)
{
    const char *name = gen_identifier(e->gen, node->name);
    gen_claim(e->gen, GEN_TAGS, name, node, NULL);
    gen_put_doc(e->header, "", node->doc);
    gen_put(e->header, "struct %s {\n    capos_cap cap;\n};\n", name);
    const char *transfer = gen_format(e->gen, "%s_transfer", node->name);
    gen_claim(e->gen, GEN_TAGS, transfer, node, NULL);
    gen_put(e->header, "struct %s {\n    struct capos_transfer t;\n};\n\n", transfer);
}

/* "file_copied(file)": how a capability goes out. */
static void put_transfer(struct gen_emit *e, struct gen_node *node, const char *tail, const char *mode)
{
    const char *type = gen_format(e->gen, "struct %s_transfer", node->name);
    gen_begin(e, node, NULL, type, gen_format(e->gen, "%s_%s", node->name, tail),
              gen_format(e->gen, "struct %s self", gen_identifier(e->gen, node->name)));
    gen_line(e, "%s transfer = {capos_transfer_%s(self.cap)};", type, mode);
    gen_line(e, "return transfer;");
    gen_end(e);
}

void gen_emit_client(struct gen_emit *e, struct gen_node *node)
{
    struct lineage lineage = {0};
    gen_find_lineage(e->gen, node, &lineage);
    gen_put(e->header, "/* --- %s --- */\n\n", node->name);
    put_from_capset(e, node);
    put_transfer(e, node, "copied", "copy");
    put_transfer(e, node, "moved", "move");
    put_upcasts(e, node, &lineage);
    for (uint32_t i = 0; i < lineage.count; i++)
        put_methods(e, node, &lineage, i);
}
