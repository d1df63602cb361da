#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# lab run: real captures through wire, device and driver, byte for byte.  Prints TAP.
set -u
here=$(dirname -- "$(realpath -- "$0")")
# shellcheck source=tests/lab/common.sh
. "$here/common.sh"
# shellcheck source=tests/lab/tap.sh
. "$here/tap.sh"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

replay()
{
	local name

	name=$(basename "$1")
	rm -f "$TOP/out/capture.pcapng"
	timeout 300 "$TOP/lab" run --capture "$1" --dmesg "$tmp/log" >"$tmp/out" 2>"$tmp/err"
	tap "lab run with $name ends well" $?
	sed 's/^/# /' "$tmp/err" "$tmp/out"
	check "$name arrives byte for byte" "$BUILD/labreplay" compare "$1" "$TOP/out/capture.pcapng"
	same "$name leaves no warning in the kernel's log" "" "$(grep -iE 'warn|bug|oops' "$tmp/log")"
}

for capture in "$TOP"/tests/captures/*.pcap; do
	replay "$capture"
done
tap_end
