#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Without MSI-X, without MSI, with addresses of 32 bits: all works.  Prints TAP.
set -u
top=$(dirname -- "$(realpath -- "$0")")/../..
# shellcheck source=tests/lab/tap.sh
. "$top/tests/lab/tap.sh"

# guest NAME LAB-OPTION... -- COMMAND...: ok if it ends well; leaves $out
guest()
{
	local status=0

	out=$("$top/lab" exec "${@:2}" 2>&1) || status=$?
	# shellcheck disable=SC2001 # each line
	[[ $status == 0 ]] || sed 's/^/# /' <<<"$out"
	tap "$1" "$status"
}

job='labctl burst --queue all --count 20000 --size 64-2000 >/dev/null &&
	labctl burst --queue all --count 5000 --refill threaded >/dev/null &&
	/tests/t_burst >/dev/null && /tests/t_wait >/dev/null &&
	grep labyrinth /proc/interrupts'
guest "bursts and waits with one MSI for all queues" --device msix=off -- sh -c "$job"
same "it is an MSI" 1 "$(grep -c 'PCI-MSI.*labyrinth0$' <<<"$out")"
guest "bursts and waits with the pin" --device msix=off,msi=off -- sh -c "$job"
same "it is the pin" 1 "$(grep -c 'IO-APIC.*labyrinth0$' <<<"$out")"
guest "interrupts of the pin are lost, with threads, and all is received" \
	--device msix=off,msi=off,fault-register=on -- sh -c \
	'labctl inject irq-lost --period 3 && labctl burst --refill threaded --count 2000 --records-per-block 1'
guest "two devices share a pin" --device msix=off,msi=off,addr=8.0 --device msix=off,msi=off,addr=c.0 -- sh -c \
	'labctl -d 0 burst --queue all --count 10000 & labctl -d 1 burst --queue all --count 10000 && wait $! &&
	grep -c "labyrinth0, *labyrinth1" /proc/interrupts'
guest "a device of 32 bits in a machine with more memory" --mem 6144 --device dma-bits=32 -- \
	labctl burst --queue all --count 20000 --depth 1024
tap_end
