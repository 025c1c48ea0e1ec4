/*
 * Values in text form.
 */
#ifndef CAPOS_KERNEL_TRACE_PRINT_H
#define CAPOS_KERNEL_TRACE_PRINT_H

#include "kernel/trace/schema.h"

/* A flat message whose root is a struct of that type. */
void trace_print_message(struct trace_text *text, const struct trace_schema *schemas, struct node_reader type,
                         const void *message, size_t bytes);

#endif
