# Program files that no kernel may run.
$(O)/elf/bad-%: tests/spawn/spawn/bad-elf
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$< $* >$@
