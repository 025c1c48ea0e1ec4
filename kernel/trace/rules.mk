# What the trace knows without being told.
TRACE_SCHEMA := build/gen/schema/capos.request
$(TRACE_SCHEMA): schema/capos.capnp
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)capnp compile -o- $< >$@

$(O)/obj/kernel/trace/system.o: CPPFLAGS += -DTRACE_SYSTEM_SCHEMA='"$(TRACE_SCHEMA)"'
$(O)/obj/kernel/trace/system.o: $(TRACE_SCHEMA)
