#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# usage: soak.sh [SECONDS [SEED]]
# Faults of all kinds, mixed.  Behind an IOMMU, as some of them write where they
# must not, and behind a root port, which hears of errors.  Prints TAP.
set -eu
top=$(dirname -- "$(realpath -- "$0")")/../..
echo "# kernel: labyrinth .* refused a completion: slot|lab_slot_refuse: [0-9]+ callbacks suppressed"
echo "# kernel: labyrinth .* stopped by the device: it could not write to a block|DMAR: |dmar_fault: [0-9]+ callbacks"
echo "# kernel: labyrinth .*: (AER: )?PCIe Bus Error|labyrinth .*: +(device .1234:1ab0. error status|.14. CmpltTO)"
exec "$top/lab" exec --qemu-arg -machine --qemu-arg "q35,kernel-irqchip=split" \
	--qemu-arg -device --qemu-arg "intel-iommu,intremap=on" \
	--append "intel_iommu=on iommu.strict=1" \
	--qemu-arg -global --qemu-arg ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off \
	--qemu-arg -device --qemu-arg pcie-root-port,id=rp1,chassis=1 \
	--device bus=rp1,fault-register=on ${LAB_SOAK_DMESG:+--dmesg "$LAB_SOAK_DMESG"} \
	-- /tests/s_soak "${1:-5}" "${2:-1}"
