# capos. `make help` lists the goals; mk/ has the rules.
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

# One build folder a variant: build/gcc runs everything, build/asan all but bench.
VARIANT ?= gcc
O       := build/$(VARIANT)

include mk/variants.mk
include mk/modules.mk
include mk/host.mk
include mk/program.mk
include mk/bench.mk
include mk/install.mk
include mk/goals.mk
