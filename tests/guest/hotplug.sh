#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The device behind a hot-plug port, with bursts on all queues: pulled out, and
# removed in good order; plugged in again.  Prints TAP.
set -u
top=$(dirname -- "$(realpath -- "$0")")/../..
# shellcheck source=tests/lab/tap.sh
. "$top/tests/lab/tap.sh"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# In the guest.  QEMU's port takes the device out at once when power and its
# indicator are switched off.  That is done behind the back of the port's driver,
# which is told afterwards that the card is not present.
cat >"$tmp/guest" <<'EOS'
port=/sys/bus/pci/devices/0000:00:10.0
held=/sys/class/labyrinth/labyrinth0/queue3/held

# SIGBUS: it was reading a block, which is the kernel's again
reasons='device is gone|No such device|no device|ended by signal 7'

# Until COMMAND succeeds, 20 s at most
wait_for()
{
	tries=2000
	until "$@" 2>/dev/null; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return
		usleep 10000
	done
}

busy() { [ "$(cat "$held")" -gt 40 ]; }
there() { [ -c /dev/labyrinth0 ]; }
gone() { [ ! -e /dev/labyrinth0 ] && [ ! -e "$port"/0000:01:00.0 ]; }
# A card that is plugged in before that is thrown out again
slot_off() { [ $(($(od -A n -t u1 -j 109 -N 1 "$port/config") & 7)) = 7 ]; }
burst() { labctl burst --queue all --count 0 --gap-ns 100000 --burst 20; }
slot_control() { printf "$1" | dd of="$port/config" bs=2 count=1 seek=54 conv=notrunc; }
pull() { slot_control '\321\007' && slot_control '\371\001'; }

# removal NAME COMMAND...: bursts run, the device goes, comes again and works
removal()
{
	burst >/tmp/out 2>&1 &
	burst=$!
	wait_for busy || echo "$1: no burst"
	"$1" 2>/dev/null
	wait "$burst"
	echo "$1: burst $? $(grep -cE "$reasons" /tmp/out)"
	wait_for gone && echo "$1: gone"
	wait_for slot_off
	echo plug
	wait_for there && labctl burst --queue all --count 1000 >/dev/null 2>&1 && echo "$1: works again"
}

ask() { echo unplug; }
for way in "$@"; do
	removal "$way"
	cat /tmp/out >&2
done
EOS

mkfifo "$tmp/monitor.in" "$tmp/monitor.out"
options=(--device none --copy "$tmp/guest")
for argument in -global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off \
	-chardev "pipe,id=monitor,path=$tmp/monitor" -mon monitor \
	-device pcie-root-port,id=port1,addr=10.0,chassis=1,slot=1 -device labyrinth,bus=port1,id=lab; do
	options+=(--qemu-arg "$argument")
done

# What the guest asks for, the monitor does
serve()
{
	local line

	while read -r line; do
		case $line in
		unplug) echo "device_del lab" ;;
		plug) echo "device_add labyrinth,bus=port1,id=lab" ;;
		*) echo "$line" >>"$tmp/out" ;;
		esac
	done >"$tmp/monitor.in"
}

touch "$tmp/out"
cat "$tmp/monitor.out" >/dev/null &
"$top/lab" exec "${options[@]}" -- sh guest pull ask 2>"$tmp/err" | serve
for way in "pull pulled out" "ask removed in good order"; do
	check "${way#* } in a burst: the tool ends with status 1" grep -q "^${way%% *}: burst 1 " "$tmp/out"
	check "${way#* }: it says why" grep -q "^${way%% *}: burst . [1-9]" "$tmp/out"
	check "${way#* }: nothing of it is left" grep -qx "${way%% *}: gone" "$tmp/out"
	check "${way#* }: plugged in again it works" grep -qx "${way%% *}: works again" "$tmp/out"
done
[[ $tap_failed == 0 ]] || sed 's/^/# /' "$tmp/out" "$tmp/err"
tap_end
