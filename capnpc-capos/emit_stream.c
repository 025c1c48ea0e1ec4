/*
 * Streams: a client's functions for a method that is declared with
 * `-> stream`. capos/stream.h has the behaviour.
 */
#include "emit_client.h"

static void begin(struct client *client, const char *tail, const char *params)
{
    gen_begin(client->e, client->node, client->method->schema_name, "capos_status",
              gen_format(client->e->gen, "%s_stream%s", client->name, tail), params);
}

/* The calls lie in the stream. */
void gen_emit_stream(struct client *client)
{
    struct gen_emit *e = client->e;
    const char *type = gen_format(e->gen, "%s_stream", client->name);
    const char *stream = gen_format(e->gen, "struct %s *stream", type);
    gen_claim(e->gen, GEN_TAGS, type, client->node, client->method->schema_name);
    gen_put(
        e->header,
        "struct %s {\n    struct capos_stream stream;\n    struct %s_call calls[CAPOS_STREAM_CALLS];\n};\n\n",
        type, client->name);
    gen_begin(e, client->node, client->method->schema_name, "void", gen_format(e->gen, "%s_start", type),
              gen_format(e->gen, "%s%s", client->head, stream));
    gen_line(e,
             "capos_stream_start(&stream->stream, ring, &%s_interface.methods[%s_METHOD_%s], self.cap, "
             "stream->calls, sizeof stream->calls[0], offsetof(struct %s_call, words), %s_CALL_WORDS);",
             client->method_of->name, client->method_of->upper, client->method->upper, client->name,
             client->upper);
    gen_end(e);
    begin(client, "_next",
          gen_format(e->gen, "%s, uint32_t room_words, struct %s_builder *ret_params", stream,
                     client->method->params->name));
    gen_line(e, "return capos_stream_next(&stream->stream, room_words, &ret_params->s);");
    gen_end(e);
    begin(client, "_submit", stream);
    gen_line(e, "return capos_stream_submit(&stream->stream);");
    gen_end(e);
    begin(client, "_end", stream);
    gen_line(e, "return capos_stream_end(&stream->stream, CAPOS_FOREVER);");
    gen_end(e);
}
