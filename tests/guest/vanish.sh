#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A device that reports errors, and vanishes, behind a root port.  Prints TAP.
# The port is QEMU's own hot-plug port: with ACPI's it never says that its link is up.
set -eu
top=$(dirname -- "$(realpath -- "$0")")/../..
echo "# kernel: labyrinth .*: (AER: )?PCIe Bus Error|labyrinth .*: +(device .1234:1ab0. error status|.14. CmpltTO)"
exec "$top/lab" exec --qemu-arg -global --qemu-arg ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off \
	--qemu-arg -device --qemu-arg pcie-root-port,id=rp1,chassis=1 \
	--device bus=rp1,fault-register=on -- /tests/s_vanish
