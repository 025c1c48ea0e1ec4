/*
 * The names of interfaces and methods, and the types of their payloads.
 */
#include <string.h>

#include "kernel/trace/print.h"
#include "kernel/trace/schema.h"

#define EXCEPTION_STRUCT UINT64_C(0xbd7cd088ca774372) /* CapException of schema/capos.capnp */

static bool find_method(const struct trace_schema *schemas, uint64_t interface_id, uint16_t ordinal,
                        struct method_reader *ret_method)
{
    const struct node_reader *node = trace_find(schemas, interface_id, NODE_WHICH_INTERFACE);
    if (!node)
        return false;
    struct wire_list methods = node_interface_get_methods(node_get_interface(*node));
    *ret_method = node_interface_get_methods_at(methods, ordinal);
    return ordinal < methods.count;
}

/* "Store" of "schema/demo.capnp:Store"; what is nested keeps its scope. */
static void put_interface(struct trace_text *text, const struct trace_schema *schemas, uint64_t interface_id)
{
    const struct node_reader *node = trace_find(schemas, interface_id, NODE_WHICH_INTERFACE);
    if (!node) {
        trace_printf(text, "0x%016llx", (unsigned long long)interface_id);
        return;
    }
    struct wire_text name = node_get_display_name(*node);
    const char *colon = memchr(name.chars, ':', name.size);
    const char *start = colon ? colon + 1 : name.chars;
    trace_put_name(text, start, (size_t)(name.chars + name.size - start));
}

void trace_put_ordinal(struct trace_text *text, const struct trace_schema *schemas, uint64_t interface_id,
                       uint16_t ordinal)
{
    struct method_reader method;
    if (find_method(schemas, interface_id, ordinal, &method)) {
        struct wire_text name = method_get_name(method);
        trace_put_name(text, name.chars, name.size);
    } else {
        trace_printf(text, "%u", ordinal);
    }
}

void trace_put_method(struct trace_text *text, const struct trace_schema *schemas, uint64_t interface_id,
                      uint16_t ordinal)
{
    put_interface(text, schemas, interface_id);
    trace_put(text, ".", 1);
    trace_put_ordinal(text, schemas, interface_id, ordinal);
}

void trace_put_payload(struct trace_text *text, const struct trace_schema *schemas, uint64_t interface_id,
                       uint16_t ordinal, enum trace_payload what, const void *message, size_t bytes)
{
    struct method_reader method;
    uint64_t type = EXCEPTION_STRUCT;
    if (what != TRACE_EXCEPTION) {
        if (!find_method(schemas, interface_id, ordinal, &method)) {
            trace_printf(text, "<unknown>");
            return;
        }
        type = what == TRACE_PARAMS ? method_get_param_struct_type(method)
                                    : method_get_result_struct_type(method);
    }
    const struct node_reader *node = trace_find(schemas, type, NODE_WHICH_STRUCT);
    if (!node)
        trace_printf(text, "<unknown>");
    else
        trace_print_message(text, schemas, *node, message, bytes);
}
