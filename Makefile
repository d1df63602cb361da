# SPDX-License-Identifier: MIT
# Recursion only: each directory builds its own.  make help says what there is.
include Makefile.quiet

FLAVOUR ?= stock
sub = $(Q)[ ! -e $(1)/Makefile ] || $(MAKE) -C $(1) || echo "$(1) does not build"

all: device userspace guest

# What the machine lacks is installed first, and said so
deps:
	$(Q)tests/lab/deps build

device: deps
	$(call sub,qemu-device)

userspace: deps
	$(call sub,userspace)

guest-tests: userspace
	$(call sub,tests/guest)

# What a guest boots: kernel, driver, initramfs
guest: device userspace guest-tests
	$(Q)$(MAKE) -C tests/lab image FLAVOUR=$(FLAVOUR)

.PHONY: all deps device userspace guest-tests guest
