# A schema with every shape, and messages of it, in the suite.
SHAPES := $(O)/tests/trace/shapes
$(SHAPES).request: tests/trace/shapes.capnp
	@mkdir -p $(@D)
	$(Q)capnp compile -o- $< >$@
$(SHAPES).%: tests/trace/shapes.capnp
	@mkdir -p $(@D)
	$(Q)capnp eval -o flat $< $* >$@

$(O)/obj/tests/trace/shapes.o: CPPFLAGS += -DSHAPES_REQUEST='"$(SHAPES).request"' -DSHAPES_SAMPLE='"$(SHAPES).sample"' \
  -DSHAPES_DEFAULTS='"$(SHAPES).defaults"'
$(O)/obj/tests/trace/shapes.o: $(addprefix $(SHAPES).,request sample defaults)
