# Test images: kernels that run unit tests. NAME.elf is the runner, the sources TARGET_NAME, the archives
# TARGET_LIBS_NAME, and one of two:
# - the machine: port and core as one object that shows x86_* names only, for suites with a core or a port of their own;
# - the port itself (NAME is in TARGETS_ON_PORT), for the tests of it.
# A runner of one's own and its power.c go into TARGET_RUNNER_NAME. What needs a host is left out: TARGET_NOT.

# Only sanitizers see what is planted.
TARGETS         := base wire kernel rt contract port door system kill $(if $(filter $(VARIANT),$(VARIANTS_SANITIZED)),planted)
TARGETS_ON_PORT := contract port door system kill planted
# As target.t says.
TARGET_NOT      := $(addprefix tests/wire/,shared_test.c oracle_test.c flip_test.c) $(wildcard tests/kernel/soak_*.c tests/kernel/small_world*.c)

TARGET_base     := $(wildcard tests/base/*.c)
TARGET_wire     := $(filter-out $(TARGET_NOT),$(wildcard tests/wire/*.c))
TARGET_kernel   := $(filter-out $(TARGET_NOT),$(wildcard tests/kernel/*.c))
TARGET_rt       := $(wildcard tests/rt/*.c)
TARGET_contract := $(addprefix tests/port/,contract.c memory_contract.c contract_image.c contract_program.S mini_core.c) \
                   tests/x86_64/target/mini_port.c
TARGET_port     := $(filter-out %/contract.c %/memory_contract.c,$(TARGET_contract)) $(wildcard tests/x86_64/port/*.c)
TARGET_door     := $(addprefix tests/x86_64/door/,door_test.c state_test.c leak_test.c probe.c door_program.S) \
                   tests/port/mini_core.c tests/x86_64/target/mini_port.c
TARGET_system   := $(wildcard tests/x86_64/system/*.c) tests/x86_64/door/door_program.S
TARGET_planted  := tests/x86_64/sanitizer/planted.c
TARGET_kill     := $(addprefix tests/kill/,crowd.c kill_test.c family_test.c package.S) $(addprefix tests/x86_64/target/,mini_port.c crowd_port.c)
TARGET_LIBS_rt  := libcapos-rt.a
# The log of thousands of deaths is not printed.
TARGET_LDFLAGS_door   := -Wl,--wrap=port_log
TARGET_LDFLAGS_system := $(TARGET_LDFLAGS_door)

TARGET_RUNNER := tests/x86_64/target/runner.c tests/tap.c $(call sources,tests/x86_64/libc)
TARGET_PORT   := $(call x86_objects,$(filter-out $(addprefix kernel/x86_64/,boot.S main.c power.c),$(X86_SOURCES)) \
                 tests/x86_64/target/boot.S)

$(X86)/tests/%.o: private CPPFLAGS += -Itests/x86_64/libc
# Messages have doubles. No process runs in that image whose vector registers could be lost.
$(X86)/tests/wire/%.o: private X86_FLAGS := $(filter-out -mgeneral-regs-only,$(X86_FLAGS))
$(X86)/tests/port/contract_program.o: private CPPFLAGS += -DCONTRACT_PROGRAM_ELF='"$(O)/tests/port/program.elf"'
$(X86)/tests/port/contract_program.o: $(O)/tests/port/program.elf
$(X86)/tests/kill/package.o: private CPPFLAGS += -DCROWD_BOOT='"$(O)/boot/crowd.boot"' -DFAMILY_BOOT='"$(O)/boot/family.boot"'
$(X86)/tests/kill/package.o: $(O)/boot/crowd.boot $(O)/boot/family.boot

# The hostile program, built as the Linux port's tests build theirs.
X86_DOOR := $(O)/tests/x86_64/door/door.elf
$(X86_DOOR): $(addprefix tests/x86_64/door/,door.c door.h layout.h registers.S) tests/port/start.S tests/port/program.ld \
             tests/port/program.h tests/port/instructions.h include/capos/abi.h
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(LINUX_BARE_FLAGS) -O2 -fno-pic -fno-pie -ftls-model=local-exec -Wl,-T,tests/port/program.ld -o $@ \
	  $(filter %.c %.S,$^)

$(X86)/tests/x86_64/door/door_program.o: private CPPFLAGS += -DDOOR_PROGRAM_ELF='"$(X86_DOOR)"'
$(X86)/tests/x86_64/door/door_program.o: $(X86_DOOR)

define x86_archive
	@rm -f $@
	$(Q)ar rcs $@ $^
endef

$(X86)/libkernel.a: $(X86_CORE)
	$(x86_archive)

$(X86)/libcapos-rt.a: $(call x86_objects,$(filter-out %.S,$(call sources,capos-rt)))
	$(x86_archive)

$(X86)/machine.o: $(TARGET_PORT) $(X86_CORE)
	$(call say,$@)
	$(Q)ld -r $(X86_WRAPS_$(VARIANT)) -o $@ $^
	$(Q)objcopy --wildcard --keep-global-symbol='x86_*' $@

define target_image
$(X86)/tests/$(1).elf: $$(call x86_objects,$$(TARGET_$(1)) $$(or $$(TARGET_RUNNER_$(1)),$$(TARGET_RUNNER))) \
                       $(if $(filter $(1),$(TARGETS_ON_PORT)),$(TARGET_PORT),$(X86)/machine.o) \
                       $$(addprefix $(X86)/,$$(TARGET_LIBS_$(1)) libkernel.a) $$(X86_SANITIZER) kernel/x86_64/kernel.ld
	@mkdir -p $$(@D)
	$$(call say,$$@)
	$$(Q)$$(CC) -fno-lto $$(X86_LDFLAGS) $$(TARGET_LDFLAGS_$(1)) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group
endef
$(foreach t,$(TARGETS),$(eval $(call target_image,$(t))))

# The images depend on the compiler alone.
TARGET_IMAGES := $(if $(filter $(VARIANT),$(VARIANTS_TESTED) $(VARIANTS_SANITIZED)),$(TARGETS:%=$(X86)/tests/%.elf))
