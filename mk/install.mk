# What `make install` puts where: SOURCE:FOLDER for each file. `make uninstall` reads the same lines.

PREFIX  ?= /usr/local
VERSION := 0.1

INSTALL_BIN     := $(PREFIX)/bin
INSTALL_LIB     := $(PREFIX)/lib/capos
INSTALL_PC      := $(PREFIX)/lib/pkgconfig
INSTALL_INCLUDE := $(PREFIX)/include/capos
INSTALL_GEN     := $(PREFIX)/include/capos/gen/schema
INSTALL_SCHEMA  := $(PREFIX)/share/capos/schema
INSTALL_MAN     := $(PREFIX)/share/man/man1

INSTALL_COMMANDS := $(foreach f,capos capnpc-capos,$(O)/$(f):$(INSTALL_BIN))
INSTALL_DATA     := $(foreach f,libcapos-rt.a kernel.elf $(if $(filter init,$(PROGRAMS)),elf/init),$(O)/$(f):$(INSTALL_LIB)) \
  $(O)/capos.pc:$(INSTALL_PC) \
  $(patsubst %,%:$(INSTALL_INCLUDE),$(wildcard include/capos/*.h)) \
  $(patsubst %,build/gen/schema/capos.%.h:$(INSTALL_GEN),capos client.capos server.capos) \
  schema/capos.capnp:$(INSTALL_SCHEMA) capnpc-capos/c.capnp:$(INSTALL_SCHEMA)/capnpc-capos \
  $(patsubst %,%:$(INSTALL_MAN),$(wildcard docs/man/*.1))
INSTALLED := $(INSTALL_COMMANDS) $(INSTALL_DATA)

# Innermost first; only those that nobody else has.
INSTALL_FOLDERS := $(INSTALL_LIB) $(INSTALL_GEN) $(INSTALL_INCLUDE)/gen $(INSTALL_INCLUDE) $(INSTALL_SCHEMA)/capnpc-capos \
  $(INSTALL_SCHEMA) $(PREFIX)/share/capos

install_part   = $(word $(2),$(subst :, ,$(1)))
installed_path = $(call install_part,$(1),2)/$(notdir $(call install_part,$(1),1))
install_file   = install -D -m $(2) $(call install_part,$(1),1) '$(DESTDIR)$(call installed_path,$(1))'

# PREFIX is a word of it, so it is made anew each time.
.PHONY: $(O)/capos.pc install-files
$(O)/capos.pc: mk/capos.pc.in
	@sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' -e 's|@CFLAGS@|$(PROGRAM_CODE)|' \
	  -e 's|@LDFLAGS@|$(PROGRAM_LINK)|' $< >$@

install-files: $(foreach f,$(INSTALLED),$(call install_part,$(f),1))
	@set -e; $(foreach f,$(INSTALL_COMMANDS),$(call install_file,$(f),755);) $(foreach f,$(INSTALL_DATA),$(call install_file,$(f),644);)
