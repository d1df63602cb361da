# SPDX-License-Identifier: MIT
# Recursion only: each directory knows how to build itself.
include Makefile.quiet

FLAVOUR ?= stock
ifeq ($(V),0)
MAKEFLAGS += -s
endif

##make               build all: device, tools, driver, guest
##make run           the main job, ./lab run
##make tests         build the tests, too: then a guest has its own in /tests
##make test          every test that needs no long build
##make test-debug    the guest's tests on a kernel with KASAN, lockdep and more
##make test-asan     the device's and the guest's tests on a QEMU with sanitizers (built first: 6 minutes)
##make fuzz          the device under QEMU's fuzzer for SECONDS=60
##make coverage      lines of the device that the tests and the fuzzer's corpus reach
##make test-qemu     qtests and a burst on QEMU of bookworm-backports, or QEMU_SUITE=..., or QEMU=PATH
##make check         static checks
##make bench          this driver against its peers; BENCH=quick: 2 minutes
##make debug-kernel  build that kernel (8 minutes the first time)
##make -C userspace install    library, labctl, man pages, into PREFIX=/usr/local
##make clean         remove build/ and out/; downloads stay in the cache
##V=1                show the commands
all: guest

help:
	@sed -n 's/^##//p' $(firstword $(MAKEFILE_LIST))

# What the machine lacks is installed first, and said so
deps:
	$(Q)tests/lab/deps build

test-deps:
	$(Q)tests/lab/deps build test

check-deps:
	$(Q)tests/lab/deps build test check

device: deps
	$(Q)$(MAKE) -C qemu-device

tools: deps
	$(Q)$(MAKE) -C userspace

# What ./lab boots: kernel, driver, initramfs, on the device; the guest's
# tests too once somebody has built them
guest: device tools
	$(Q)[ ! -d $(BUILD)/tests/guest ] || $(MAKE) -C tests/guest
	$(Q)$(MAKE) -C tests/lab image FLAVOUR=$(FLAVOUR)

tests: test-deps device tools
	$(Q)$(MAKE) -C tests/unit
	$(Q)$(MAKE) -C tests/qtest
	$(Q)$(MAKE) -C tests/guest

run: all
	$(Q)./lab run

test: tests all
	$(Q)tests/run

test-debug: tests all debug-kernel
	$(Q)tests/run --debug

# The QEMU for these three is built with clang, once, then only the device
asan-qemu:
	$(Q)tests/lab/deps build test asan
	$(Q)tests/asan/build-qemu

test-asan: tests all asan-qemu
	$(Q)tests/run --asan

SECONDS ?= 60
fuzz: asan-qemu
	$(Q)tests/fuzz/run $(SECONDS)

coverage: tests asan-qemu
	$(Q)tests/coverage/run

# Another of Debian's QEMUs, the device compiled for it, beside the usual build
QEMU_SUITE ?= bookworm-backports
test-qemu: tests all
	$(Q)tests/qemu/run $(QEMU_SUITE)

check: check-deps tests all
	$(Q)tests/check/run

bench: all
	$(Q)tests/lab/deps build bench
	$(Q)tests/bench/run

debug-kernel:
	$(Q)$(MAKE) -C tests/lab kernel FLAVOUR=debug

clean:
	$(call say,CLEAN,build out)
	$(Q)rm -rf $(BUILD) $(TOP)/out

.PHONY: all help deps test-deps check-deps device tools guest tests run test test-debug test-qemu asan-qemu test-asan fuzz coverage check bench debug-kernel clean
