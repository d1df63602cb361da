#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Behind a strict IOMMU: all works, and a device that writes late is stopped.  Prints TAP.
set -u
top=$(dirname -- "$(realpath -- "$0")")/../..
# shellcheck source=tests/lab/tap.sh
. "$top/tests/lab/tap.sh"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
guest=("$top/lab" exec --qemu-arg -machine --qemu-arg "q35,kernel-irqchip=split"
	--qemu-arg -device --qemu-arg "intel-iommu,intremap=on"
	--append "intel_iommu=on iommu.strict=1" --dmesg "$log")
echo "# kernel: DMAR: |labyrinth .* refused a completion: slot|labyrinth .* queue 0: stopped by the device: it could not write to a block"

status=0
"${guest[@]}" -- labctl burst --queue all --count 2000 --size 64-9000 >/dev/null || status=$?
tap "bursts arrive whole behind an IOMMU" "$status"
status=0
grep -q 'DMAR: .*fault' "$log" && status=1
tap "none of their DMA is refused" "$status"
status=0
"${guest[@]}" --device fault=late-write,fault-period=1,fault-register=on -- /tests/s_iommu >/dev/null || status=$?
tap "a write to a completed block is stopped and told, a block used twice refused" "$status"
status=0
grep -q 'DMAR: \[DMA Write' "$log" || status=1
tap "it is the IOMMU that stops it" "$status"
status=0
grep -q 'queue 0: stopped by the device: it could not write to a block' "$log" || status=1
tap "the driver's message says so" "$status"
tap_end
