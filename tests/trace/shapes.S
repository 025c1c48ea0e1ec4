/* tests/trace/shapes.capnp, compiled, and its constants as flat messages. */
        .section .rodata, "a", @progbits
        .macro  file name path
        .balign 8
        .globl  \name, \name\()_bytes
\name:  .incbin "\path"
9:      .balign 8
\name\()_bytes:
        .quad   9b - \name
        .endm
        file    shapes_request, SHAPES_REQUEST
        file    shapes_sample, SHAPES_SAMPLE
        file    shapes_defaults, SHAPES_DEFAULTS
        .section .note.GNU-stack, "", @progbits
