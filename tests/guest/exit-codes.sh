#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# labctl's exit statuses, and that it says why: in one line, on stderr.  Prints TAP.
set -u
lab=$(dirname -- "$(realpath -- "$0")")/../../lab
# shellcheck source=tests/lab/tap.sh
. "$(dirname -- "$lab")/tests/lab/tap.sh"

# In the guest, which has no user but root: the status of each command line, and how many lines it complained in
# shellcheck disable=SC2016 # for the guest's shell
readonly each='echo nobody:x:65534:65534::/:/bin/sh >>/etc/passwd; for line; do sh -c "$line" >/dev/null 2>err </dev/null; echo "$? $(wc -l <err)"; done'

# statuses LAB-OPTION... -- 'STATUS COMMAND LINE'...
statuses()
{
	local options=() want=() number=0 status lines

	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	for number in "$@"; do
		want+=("${number#* }")
	done
	mapfile -t seen < <("$lab" exec "${options[@]}" -- sh -c "$each" sh "${want[@]}" 2>/dev/null)
	for ((number = 0; number < $#; number++)); do
		read -r status lines <<<"${seen[number]:-none 0}"
		same "status ${*:number + 1:1}" "$(cut -d' ' -f1 <<<"${*:number + 1:1}")" "$status"
		[[ $status == 0 ]] || same "one line says why: ${want[number]}" 1 "$lines"
	done
}

statuses --device queues=2 --copy "$(dirname -- "$lab")/tests/captures/afs.pcap:/afs.pcap" -- \
	"0 labctl --help" \
	"0 labctl --version" \
	"0 labctl burst --help" \
	"0 labctl burst --count 100" \
	"0 labctl burst --queue all --count 100 --json" \
	"0 labctl -d 0 burst --count 100" \
	"2 labctl" \
	"2 labctl nonsense" \
	"2 labctl burst --nonsense" \
	"2 labctl burst --count many" \
	"2 labctl burst --count" \
	"2 labctl burst --size 0" \
	"2 labctl burst --queue 2" \
	"2 labctl burst --policy magic" \
	"2 labctl burst superfluous" \
	"2 labctl send" \
	"2 labctl send /nowhere" \
	"2 labctl send /bin/labctl" \
	"4 labctl send /afs.pcap" \
	"0 labctl send --count 3 /afs.pcap --loopback" \
	"0 labctl inject --list" \
	"2 labctl inject nonsense" \
	"2 labctl inject stall superfluous" \
	"2 labctl inject stall --period 0" \
	"4 labctl inject stall" \
	"3 labctl -d 1 burst" \
	"4 su nobody -c 'labctl burst --count 100'"
statuses --device none -- \
	"0 labctl --help" \
	"2 labctl burst --nonsense" \
	"3 labctl burst --count 100" \
	"3 labctl capture --count 1"
tap_end
