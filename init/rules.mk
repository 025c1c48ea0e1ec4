# What init says of manifests, as a command for the tests.
$(O)/tests/init/check: $(call objects,tests/init/check/main.c) $(addprefix $(O)/,$(LIBS_init))
	@mkdir -p $(@D)
	$(link)

$(O)/suites/init: | $(O)/tests/init/check
