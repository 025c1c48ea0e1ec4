# kernel.elf: the port with the core, the objects and the wire library, compiled for the bare processor. The variant gives
# the compiler only: its sanitizers need a host. SAN=ubsan or SAN=kasan in X86_SAN builds kernels with their own.

X86_FLAGS := -std=gnu17 -O2 -g -ffreestanding -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -fno-pic -fno-pie \
  -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections
X86_LDFLAGS := -nostdlib -static -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,max-page-size=4096 \
  -Wl,--gc-sections -Wl,--no-warn-rwx-segments -Wl,--fatal-warnings -Wl,-T,kernel/x86_64/kernel.ld

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

X86_SOURCES := $(call sources,kernel/x86_64)
X86_CORE    := $(call x86_objects,$(call sources,kernel/core kernel/objects wire base)) $(GENERATED_C:build/gen/%.c=$(X86)/gen/%.o)

define x86_link
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(X86_LDFLAGS) -o $@ $(filter %.o,$^)
endef

$(O)/kernel.elf: $(call x86_objects,$(X86_SOURCES)) $(X86_CORE) kernel/x86_64/kernel.ld
	$(x86_link)
