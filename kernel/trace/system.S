/* The compiled system schema. */
        .section .rodata.trace_system_schema, "a", @progbits
        .balign 8
        .globl  trace_system_schema
trace_system_schema:
        .incbin TRACE_SYSTEM_SCHEMA
.Lend:
        .balign 8
        .globl  trace_system_schema_bytes
trace_system_schema_bytes:
        .quad   .Lend - trace_system_schema
        .section .note.GNU-stack, "", @progbits
