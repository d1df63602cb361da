#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Two NUMA nodes, the device at the second.  Prints TAP.
set -eu
arguments=(
	-object "memory-backend-ram,id=near,size=256M" -object "memory-backend-ram,id=far,size=256M"
	-numa "node,nodeid=0,memdev=far,cpus=0" -numa "node,nodeid=1,memdev=near,cpus=1"
	-device "pxb-pcie,id=host1,bus_nr=128,bus=pcie.0,numa_node=1"
	-device "pcie-root-port,id=port1,bus=host1,chassis=1" -device "labyrinth,bus=port1"
)
options=(--device none)
for argument in "${arguments[@]}"; do
	options+=(--qemu-arg "$argument")
done
exec "$(dirname -- "$(realpath -- "$0")")"/../../lab exec "${options[@]}" -- /tests/s_numa
