# What the Linux port needs beyond "compile every .c and .S of this folder and link them": the
# zygote is a program of its own, which entry.S embeds. Needs $(O) (the variant's build folder)
# and $(CC). No flags of the variant are used: it must be free of sanitizers, coverage and libc.

LINUX_ZYGOTE        := $(O)/kernel/linux/zygote.elf
LINUX_ZYGOTE_CFLAGS := -std=gnu17 -Os -Wall -Wextra -Werror -ffreestanding -fPIE -fvisibility=hidden \
  -fno-stack-protector -fno-asynchronous-unwind-tables -fno-unwind-tables -fcf-protection=none -fno-builtin \
  -fno-jump-tables -fomit-frame-pointer -mgeneral-regs-only -mno-red-zone -U_FORTIFY_SOURCE -I.
LINUX_ZYGOTE_LDFLAGS := -nostdlib -static -Wl,-T,kernel/linux/zygote.ld -Wl,--build-id=none -Wl,-z,noexecstack \
  -Wl,-z,max-page-size=4096

$(LINUX_ZYGOTE): kernel/linux/zygote.c kernel/linux/zygote.h kernel/linux/layout.h kernel/linux/zygote.ld \
                 kernel/core/limits.h kernel/linux/rules.mk
	@mkdir -p $(@D)
	$(CC) $(LINUX_ZYGOTE_CFLAGS) $(LINUX_ZYGOTE_LDFLAGS) -o $@ kernel/linux/zygote.c

$(O)/kernel/linux/entry.o: $(LINUX_ZYGOTE)
$(O)/kernel/linux/entry.o: CPPFLAGS += -DLINUX_ZYGOTE_ELF='"$(LINUX_ZYGOTE)"'
