#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# All DMA through a small bounce buffer: it works, and a block that cannot be
# mapped is a clean failure.  Prints TAP.
set -u
top=$(dirname -- "$(realpath -- "$0")")/../..
# shellcheck source=tests/lab/tap.sh
. "$top/tests/lab/tap.sh"
echo "# kernel: swiotlb buffer is full"

# 1024 slots of 2 KiB; then the status of each burst, and what its queue still holds
# shellcheck disable=SC2016 # for the guest's shell
mapfile -t seen < <("$top/lab" exec --append "swiotlb=1024,force" -- sh -c '
	held() { cd /sys/class/labyrinth/labyrinth0/queue0 && echo $(($(cat held) - $(cat released))); }
	labctl burst --count 2000 --size 64-1500 --order 0 --depth 64 >/dev/null; echo $?; held
	labctl burst --count 2000 --size 64-1500 --order 0 --depth 4096 2>&1 >/dev/null | grep -c memory; held
	labctl burst --count 2000 --size 64-1500 --order 0 --depth 64 >/dev/null; echo $?; held' 2>/dev/null)
same "a burst arrives whole through bounce buffers" 0 "${seen[0]-}"
same "nothing is held after it" 0 "${seen[1]-}"
same "a block that cannot be mapped is out of memory" 1 "${seen[2]-}"
same "nothing is held after that" 0 "${seen[3]-}"
same "the next burst arrives whole" 0 "${seen[4]-}"
same "nothing is held in the end" 0 "${seen[5]-}"
tap_end
