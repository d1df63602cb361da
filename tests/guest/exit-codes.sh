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
	"2 labctl inject irq-lost+" \
	"2 labctl inject stall --seed 9223372036854775808" \
	"0 labctl inject --list --json | grep -q '^{'" \
	"0 labctl reset --version | grep -q '^labctl [0-9]'" \
	"0 labctl -d0 info" \
	"0 labctl -d /dev/../dev/../dev/../dev/../dev/labyrinth0 info" \
	"4 labctl info >/dev/full" \
	"0 labctl info --json 2>&1 >/dev/full | grep '^labctl: ' | uniq -c | grep -q '1 .*No space left'" \
	"4 labctl --help >/dev/full" \
	"4 labctl list >&-" \
	"2 cat /afs.pcap | labctl send /dev/stdin --loopback" \
	"3 labctl -d 1 burst" \
	"4 su nobody -c 'labctl burst --count 100'"
# A hub without anybody else takes all
statuses --device netdev=n --qemu-arg -netdev --qemu-arg hubport,id=n,hubid=0 \
	--qemu-arg -netdev --qemu-arg hubport,id=other,hubid=0 \
	--copy "$(dirname -- "$lab")/tests/captures/afs.pcap:/afs.pcap" -- \
	"0 labctl send /afs.pcap" \
	"0 cat /afs.pcap | labctl send /dev/stdin" \
	"0 labctl capture --seconds 1 -w /tmp/file" \
	"4 labctl capture --seconds 1 -w /dev/full" \
	"4 labctl capture --seconds 1 -w - >/dev/full" \
	"0 labctl capture --seconds 1 -w - 2>&1 >/dev/full | grep -q 'No space left'" \
	"4 labctl capture --seconds 1 -w /nowhere/file" \
	"0 labctl capture --seconds 1 -w /nowhere/file 2>&1 | grep -q 'No such file'" \
	"0 labctl capture --seconds 1 -w /dev/full 2>&1 | grep -q 'No space left'" \
	"0 labctl capture --seconds 3 -w /tmp/file & sleep 1; labctl capture --seconds 1 2>&1 | grep -q 'has the wire'"
statuses --device msix=off,msi=off -- \
	"0 labctl irq --json | grep -q 'labyrinth0'"
statuses --device none -- \
	"0 labctl --help" \
	"2 labctl burst --nonsense" \
	"3 labctl burst --count 100" \
	"3 labctl capture --count 1"
tap_end
