#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Numbers of CPUs, queues and devices, and distributions, each with bursts on
# all queues.  Prints TAP.
set -u
lab=$(dirname -- "$(realpath -- "$0")")/../../lab
# shellcheck source=tests/lab/tap.sh
. "$(dirname -- "$lab")/tests/lab/tap.sh"

# every_packet NAME LAB-OPTION... -- LABCTL-ARGUMENT...
every_packet()
{
	local name=$1 out status=0
	shift

	out=$("$lab" exec "$@" 2>&1) || status=$?
	# shellcheck disable=SC2001 # each line
	[[ $status == 0 ]] || sed 's/^/# /' <<<"$out"
	tap "$name" "$status"
}

burst=(labctl burst --queue all --count 1000 --size 64-9000)
every_packet "one CPU serves one queue" --smp 1 --device queues=1 -- "${burst[@]}"
every_packet "one CPU serves eight queues" --smp 1 --device queues=8 -- "${burst[@]}"
every_packet "four CPUs serve eight queues" --smp 4 --device queues=8 -- "${burst[@]}"
every_packet "two devices work side by side" --device queues=2 --device queues=2 -- sh -c \
	'labctl -d 0 burst --queue all --count 1000 & labctl -d 1 burst --queue all --count 1000 && wait $!'
every_packet "heavy-tailed sizes and bursts on and off are verified" -- "${burst[@]}" \
	--sizes pareto --arrivals onoff --burst 20 --gap-ns 20000
every_packet "arrivals as of a Poisson process are verified" -- "${burst[@]}" \
	--arrivals poisson --burst 1 --gap-ns 10000
# The debug kernel wants some for itself
mem=128
[[ ${LAB_KERNEL-} != debug ]] || mem=512
every_packet "$mem MiB of memory are enough" --mem "$mem" --device queues=4 -- "${burst[@]}"
tap_end
