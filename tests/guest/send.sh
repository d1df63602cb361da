#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# labctl send: captures go out to a netdev, and through the device's loop, byte for byte.  Prints TAP.
set -u
top=$(dirname -- "$(realpath -- "$0")")/../..
# shellcheck source=tests/lab/tap.sh
. "$top/tests/lab/tap.sh"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# sends NAME LAB-OPTION... -- COMMAND...
sends()
{
	local name=$1 status=0
	shift

	"$top/lab" exec "$@" >"$tmp/log" 2>&1 || status=$?
	# shellcheck disable=SC2001 # each line
	[[ $status == 0 ]] || sed 's/^/# /' "$tmp/log"
	tap "$name" "$status"
}

# A hub without anybody else takes all; and a file of what it took
wire=(--device netdev=n --qemu-arg -netdev --qemu-arg "hubport,id=n,hubid=0"
	--qemu-arg -netdev --qemu-arg "hubport,id=other,hubid=0"
	--qemu-arg -object --qemu-arg "filter-dump,id=dump,netdev=n,queue=rx,file=$tmp/out.pcap")

for capture in "$top"/tests/captures/*.pcap; do
	name=$(basename "$capture")
	sends "$name goes out" "${wire[@]}" --copy "$capture:/tmp/in.pcap" -- labctl send /tmp/in.pcap
	"$top/build/labreplay" compare "$capture" "$tmp/out.pcap" >"$tmp/log" 2>&1
	tap "$name went out byte for byte" $?
	sends "$name comes back through the loop, ten times" --copy "$capture:/tmp/in.pcap" \
		-- labctl send --repeat 10 /tmp/in.pcap --loopback
done
sends "a burst comes while the queue beside it sends" --copy "$capture:/tmp/in.pcap" -- sh -c \
	'labctl send --repeat 20 /tmp/in.pcap --loopback & labctl burst --count 10000 --size 64-1500 && wait $!'
sends "what was sent before Ctrl-C is compared, and right" --copy "$capture:/tmp/in.pcap" -- sh -c \
	'labctl send --repeat 100000 /tmp/in.pcap --loopback & sleep 2; kill -INT $!; wait $!'
sends "a round of stress that Ctrl-C cut off is neither passed nor failed" -- sh -c \
	'labctl stress --seconds 100 >/tmp/out & sleep 2; kill -INT $!; wait $! && grep "cut off" /tmp/out'
tap_end
