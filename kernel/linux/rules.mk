# What the Linux port needs beyond the common rules: the zygote, a program of its own that entry.S
# embeds, and the confined programs of its tests. The variant's flags are not used for them: they
# must be free of sanitizers, coverage and libc.

LINUX_BARE_FLAGS := -std=gnu17 -Wall -Wextra -Werror -ffreestanding -fno-builtin -fno-stack-protector \
  -fno-asynchronous-unwind-tables -fcf-protection=none -mno-red-zone -U_FORTIFY_SOURCE -Iinclude -I. \
  -nostdlib -static -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,max-page-size=4096

LINUX_ZYGOTE := $(O)/kernel/linux/zygote.elf
$(LINUX_ZYGOTE): kernel/linux/zygote.c kernel/linux/zygote.ld $(wildcard kernel/linux/*.h) kernel/core/limits.h
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(LINUX_BARE_FLAGS) -Os -fPIE -fvisibility=hidden -fno-jump-tables -fomit-frame-pointer \
	  -mgeneral-regs-only -Wl,-T,kernel/linux/zygote.ld -o $@ $<

# -D_GNU_SOURCE: the port is made of what only Linux has.
$(O)/obj/kernel/linux/%.o $(O)/obj/tests/linux/%.o: MODULE_CFLAGS := -D_GNU_SOURCE
$(O)/obj/kernel/linux/entry.o $(O)/traced/kernel/linux/entry.o: CPPFLAGS += -DLINUX_ZYGOTE_ELF='"$(LINUX_ZYGOTE)"'
$(O)/obj/kernel/linux/entry.o $(O)/traced/kernel/linux/entry.o: $(LINUX_ZYGOTE)

# --- Tests: what the suite links beside tests/linux, and the programs that it embeds ---

EXTRA_linux := $(addprefix tests/port/,mini_core.c contract.c memory_contract.c contract_image.c contract_program.S) \
  tests/linux/door/door_program.S

LINUX_PROBES := $(O)/tests/port/program.elf $(O)/tests/linux/door/door.elf $(O)/tests/linux/ends/ends.elf
$(LINUX_PROBES): $(O)/%.elf: %.c tests/port/start.S tests/port/program.ld tests/port/program.h \
                 tests/linux/door/door.h tests/port/instructions.h kernel/linux/layout.h include/capos/abi.h
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(LINUX_BARE_FLAGS) -O2 -fno-pic -fno-pie -ftls-model=local-exec \
	  -Wl,-T,tests/port/program.ld -o $@ $< tests/port/start.S

$(O)/obj/tests/port/contract_program.o: CPPFLAGS += -DCONTRACT_PROGRAM_ELF='"$(O)/tests/port/program.elf"'
$(O)/obj/tests/linux/door/door_program.o: CPPFLAGS += -DDOOR_PROGRAM_ELF='"$(O)/tests/linux/door/door.elf"'
$(O)/obj/tests/port/contract_program.o $(O)/obj/tests/linux/door/door_program.o: $(LINUX_PROBES)
$(O)/suites/linux: | $(O)/capos $(O)/tests/linux/ends/ends.elf

# Whole systems: the port and the core as they are.
EXTRA_kill := tests/linux/linux_runner.c
$(O)/obj/tests/kill/%.o: MODULE_CFLAGS := -D_GNU_SOURCE
$(O)/obj/tests/kill/package.o: CPPFLAGS += -DCROWD_BOOT='"$(O)/boot/crowd.boot"' -DFAMILY_BOOT='"$(O)/boot/family.boot"'
$(O)/obj/tests/kill/package.o: $(O)/boot/crowd.boot $(O)/boot/family.boot
