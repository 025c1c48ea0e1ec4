# Compilers and flags of each variant.

CC_gcc     := gcc
FLAGS_gcc  := -O2 -g
CC_asan    := clang
FLAGS_asan := -O1 -g -DCAPOS_DEBUG -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
CC_gcc-O0     := gcc
FLAGS_gcc-O0  := -O0 -g
CC_clang      := clang
FLAGS_clang   := -O2 -g
CC_fuzz       := clang
FLAGS_fuzz    := -O1 -g -Wno-missing-field-initializers -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined

# Every limit of the kernel as small as its tests can bear: what is full is met on every path.
CC_tiny    := gcc
FLAGS_tiny := -O1 -g -DKERNEL_CAP_SLOTS_MAX=14 -DKERNEL_CALLS_MAX=4 -DKERNEL_RECVS_MAX=2 -DKERNEL_QUEUE_MAX=2 \
  -DKERNEL_FACETS_MAX=4 -DKERNEL_CAPS_MAX=2 -DKERNEL_MESSAGE_MAX=8192 -DKERNEL_ENDPOINT_CAPS_DEFAULT=1 -DKERNEL_CYCLE_MAX=2

# Kernels for the bare machine with the sanitizers of a kernel; kernel/x86_64/rules.mk has their flags.
CC_ubsan    := gcc
FLAGS_ubsan := -O2 -g
CC_kasan    := gcc
FLAGS_kasan := -O2 -g

VARIANTS_TESTED   := gcc asan
VARIANTS_COMPILED := gcc-O0 clang
VARIANTS_SANITIZED := ubsan kasan
VARIANTS          := $(VARIANTS_TESTED) $(VARIANTS_COMPILED) $(VARIANTS_SANITIZED) tiny fuzz

# V=1 shows the commands, else what they make.
Q   := $(if $(V),,@)
say  = @$(if $(V),:,echo '  $(1)')

ifeq ($(filter $(VARIANT),$(VARIANTS)),)
$(error VARIANT=$(VARIANT) is not known; there are: $(VARIANTS))
endif

CC       := $(CC_$(VARIANT))
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef
WARNINGS += $(if $(WERROR),-Werror)
CPPFLAGS := -Iinclude -I. -Ibuild/gen -MMD -MP
CFLAGS    = -std=gnu17 $(WARNINGS) $(FLAGS_$(VARIANT))

# The bare-metal kernel, and each program with its runtime, are optimized as a whole. Test images, which put other parts
# together, take the plain code of the same objects; so does base/, which a compiler calls by name. gcc puts a function of up to 15
# of its own instructions in line everywhere; at 40 programs are still no larger than without the first two options.
WHOLE_gcc := -flto -flto-partition=none -ffat-lto-objects --param=max-inline-insns-auto=40 \
  -fno-align-jumps -fno-align-loops

# The same program for every kernel: static, at fixed addresses, without libc, sanitizers or vector extensions. What is
# rare in it is `cold`, which gcc makes small; but not what only calls something hot, which then goes in line there, cold.
PROGRAM_CODE   := -ffreestanding -fno-pic -fno-pie -march=x86-64 -mno-avx -fno-stack-protector -fcf-protection=none \
  -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections
PROGRAM_CFLAGS := -std=gnu17 -O2 -g $(WARNINGS) $(PROGRAM_CODE) $(WHOLE_$(VARIANT))
PROGRAM_LINK   := -nostdlib -static -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,norelro \
  -Wl,-z,max-page-size=4096 -Wl,-z,separate-code -Wl,--gc-sections -Wl,-Ttext-segment=0x400000 \
  -Wl,-z,stack-size=65536 -Wl,--fatal-warnings -Wl,-u,_start
PROGRAM_LDFLAGS := $(if $(WHOLE_$(VARIANT)),$(PROGRAM_CFLAGS)) $(PROGRAM_LINK)
