#!/bin/sh
# What tools/check-elf refuses of a program.
. tests/tools/lib.sh

note='.section .note.capos,"a",@note; .balign 4; .long 6, 8, 1; .asciz "capos"; .balign 4; .long 1, 0'
flags="-nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,max-page-size=4096 -Wl,-z,separate-code
  -Wl,-z,stack-size=65536"

# program NAME TEXT [FLAG...]
program() {
    name=$1 text=$2
    shift 2
    printf '.globl _start\n.text\n_start:\n%b\n%b\n' "$text" "${with-$note}" >x.S
    gcc $flags -Wl,-Ttext-segment=0x400000 "$@" -o "$name" x.S 2>link.log || cat link.log >&2
}

program good 'call *%rax'
accepts "a program" check-elf good
with= program bare 'ret'
refuses "without the note" "no capos note" check-elf bare
for way in syscall sysenter 'int $0x80'; do
    program enters "$way"
    refuses "with $way" "enters a kernel by itself" check-elf enters
done
program low 'ret' -Wl,-Ttext-segment=0x200000
refuses "below its range" "below 0x400000" check-elf low
program high 'ret' -Wl,-Ttext-segment=0x400000000000
refuses "above its range" "above 2^46" check-elf high
program open 'ret' -Wl,-N
refuses "writable and executable" "writable and executable" check-elf open
program stack 'ret' -Wl,-z,execstack
refuses "with an executable stack" "an executable stack" check-elf stack
program hello 'ret\n.fill 40000, 1, 0x90'
refuses "hello, larger than it may be" "at most 32768" check-elf hello
printf 'int main(void) { return 0; }' >y.c
gcc -o dynamic y.c
refuses "an ordinary program" "asks for an interpreter" check-elf dynamic
printf 'void *missing(void); void _start(void) { missing(); }' >z.c
gcc -fno-pic -nostdlib -r -o undefined z.c
refuses "an undefined symbol" "undefined symbols" check-elf undefined
echo text >text
refuses "no program at all" "not an ELF64 file" check-elf text
refuses "a good one and a bad one" "enters" check-elf good enters
finish
