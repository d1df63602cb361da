#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The guest goes to another QEMU in the middle of verified bursts on all queues,
# while it runs and by way of a file: nothing is lost.  Prints TAP.
set -u
top=$(dirname -- "$(realpath -- "$0")")/../..
# shellcheck source=tests/lab/tap.sh
. "$top/tests/lab/tap.sh"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkfifo "$tmp/moves"
touch "$tmp/moves.moved" "$tmp/out"

# shellcheck disable=SC2016 # for the guest's shell
guest()
{
	LAB_QEMU=$top/tests/guest/moving-qemu LAB_MOVES=$tmp/moves "$top/lab" exec --mem 256 --timeout "${LAB_PATIENCE_S:-120}" -- sh -c '
		labctl burst --queue all --count 150000 --size 64-2000 --burst 20 --gap-ns 1000000 --json &
		until [ "$(cat /sys/class/labyrinth/labyrinth0/queue3/held)" -gt 0 ]; do
			usleep 10000
		done
		echo running
		wait $!'
}

# goes WAY N: the guest has gone N times, now that WAY, and its bursts are not at their end
goes()
{
	local patience=600

	echo "$1" >"$tmp/moves"
	until [[ $(wc -l <"$tmp/moves.moved") == "$2" ]] || ((--patience == 0)); do
		sleep 0.1
	done
	[[ $patience != 0 ]] && ! grep -q generated "$tmp/out"
}

# Of all queues together
value()
{
	grep -o "\"$1\":[0-9]*" "$tmp/out" | head -n 1 | cut -d: -f2
}

guest >"$tmp/out" 2>"$tmp/err" &
until grep -q running "$tmp/out" || ! kill -0 $!; do
	sleep 0.1
done
check "the guest moves in the middle of bursts" goes move 1
check "it goes into a file, and on from there" goes store 2
check "it moves once more" goes move 3
status=0
wait $! || status=$?
[[ $status == 0 ]] || sed 's/^/# /' "$tmp/err"
tap "the bursts end well, every byte verified" "$status"
same "all packets were generated" 600000 "$(value generated)"
same "all packets were delivered" 600000 "$(value delivered)"
same "none is corrupt" 0 "$(value corrupt)"
same "none is out of order" 0 "$(value out_of_order)"
tap_end
