# kernel.elf: the port with the core, the objects and the wire library, compiled for the bare processor. The variant gives
# the compiler only: its sanitizers need a host. ubsan and kasan are the sanitizers of a kernel; what they call is
# tests/x86_64/sanitizer/VARIANT.c.
X86_SAN_ubsan := -fsanitize=undefined -fno-sanitize-recover=undefined
X86_SAN_kasan := -fsanitize=kernel-address -fasan-shadow-offset=0xdffffc0000000000 --param=asan-stack=1 \
  --param=asan-globals=1 --param=asan-instrumentation-with-call-threshold=0
X86_DEFINES_kasan := -DKERNEL_POISONS
X86_WRAPS_kasan   := --wrap=x86_main --wrap=x86_map_kernel --wrap=x86_space_make

X86_FLAGS := -std=gnu17 -O2 -g -ffreestanding -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -fno-pic -fno-pie \
  -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections \
  $(X86_DEFINES_$(VARIANT)) $(X86_SAN_$(VARIANT)) $(WHOLE_$(VARIANT))
X86_LDFLAGS := -nostdlib -static -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,max-page-size=4096 \
  -Wl,--gc-sections -Wl,--no-warn-rwx-segments -Wl,--fatal-warnings -Wl,-T,kernel/x86_64/kernel.ld \
  $(X86_WRAPS_$(VARIANT):%=-Wl,%)

X86 := $(O)/x86_64
x86_objects = $(patsubst %.S,$(X86)/%.o,$(patsubst %.c,$(X86)/%.o,$(1)))

$(X86)/%.o: %.c mk/variants.mk kernel/x86_64/rules.mk | $(GENERATED_H)
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(CPPFLAGS) $(WARNINGS) $(X86_FLAGS) -c -o $@ $<

$(X86)/%.o: %.S mk/variants.mk
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(CPPFLAGS) -c -o $@ $<

$(X86)/gen/%.o: build/gen/%.c mk/variants.mk kernel/x86_64/rules.mk
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(CPPFLAGS) $(WARNINGS) $(X86_FLAGS) -c -o $@ $<

X86_SANITIZER := $(call x86_objects,$(wildcard tests/x86_64/sanitizer/$(filter ubsan kasan,$(VARIANT)).c))
$(X86_SANITIZER): private X86_FLAGS := $(filter-out $(X86_SAN_$(VARIANT)),$(X86_FLAGS))

X86_SOURCES := $(call sources,kernel/x86_64)
X86_CORE    := $(call x86_objects,$(call sources,kernel/core kernel/objects wire base)) $(GENERATED_C:build/gen/%.c=$(X86)/gen/%.o)

$(X86)/base/%.o: private X86_FLAGS += -fno-lto

define x86_link
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(if $(WHOLE_$(VARIANT)),$(X86_FLAGS)) $(X86_LDFLAGS) -o $@ $(filter %.o,$^)
endef

$(O)/kernel.elf: $(call x86_objects,$(X86_SOURCES)) $(X86_CORE) $(X86_SANITIZER) kernel/x86_64/kernel.ld
	$(x86_link)
