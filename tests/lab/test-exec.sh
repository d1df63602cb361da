#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# lab exec: what COMMAND says and how it ends arrive as they are.  Prints TAP.
set -u
here=$(dirname -- "$(realpath -- "$0")")
# shellcheck source=tests/lab/tap.sh
. "$here/tap.sh"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Leaves $out, $err and $status of lab exec
guest()
{
	status=0
	timeout 120 "$here/../../lab" exec "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
	out=$(tr -d '\0' <"$tmp/out")
	err=$(tr -d '\0' <"$tmp/err")
}

usage_is_one_line()
{
	guest "${@:2}"
	same "$1 is status 2" 2 "$status"
	same "$1 is told in one line" 1 "$(wc -l <"$tmp/err")"
}

output_is_the_commands_own()
{
	guest --no-driver -- sh -c 'sleep 100 & echo out; echo err >&2; exit 7'
	same "the status is the command's, whatever it leaves running" 7 "$status"
	same "stdout is the command's" out "$out"
	same "stderr is the command's" err "$err"
}

bytes_arrive_as_they_are()
{
	head -c 3000000 /dev/urandom >"$tmp/bytes"
	guest --no-driver --copy "$tmp/bytes" --fetch "/tmp/back:$tmp/back" -- \
		sh -c 'cp bytes back; cat bytes; cat bytes >&2'
	check "binary stdout arrives whole" cmp "$tmp/bytes" "$tmp/out"
	check "binary stderr arrives whole" cmp "$tmp/bytes" "$tmp/err"
	check "a file goes in and comes back" cmp "$tmp/bytes" "$tmp/back"
}

ends_of_all_kinds()
{
	guest --no-driver -- sh -c 'kill -9 $$'
	same "a killed command is 128 + signal" 137 "$status"
	guest --no-driver -- no-such-program
	same "an unknown command is 127" 127 "$status"
	guest --no-driver --timeout 5 -- sleep 60
	same "a timeout is 124" 124 "$status"
	same "a timeout is told" 1 "$(grep -c '^lab: timeout' "$tmp/err")"
	LAB_KERNEL_LOG='' guest --no-driver -- sh -c 'echo c >/proc/sysrq-trigger; sleep 9'
	same "a crash of the guest is 125" 125 "$status"
	same "a crash of the guest shows its log" 1 "$(grep -c 'Kernel panic' "$tmp/err")"
}

# Prints its arguments, each with a | behind it, after what --smp and the like did
# shellcheck disable=SC2016 # for the guest's shell
readonly SHOW='nproc; grep -o labtest=1 /proc/cmdline
	awk "/MemTotal/ {print (\$2 < 310000)}" /proc/meminfo; printf "%s|" "$@"'

options_and_arguments_reach_the_guest()
{
	local want=$'3\nlabtest=1\n1\na b|it\'s|"q"|$HOME|*||new\nline|'

	# shellcheck disable=SC2016,SC2088 # literally
	guest --no-driver --smp 3 --mem 300 --append 'labtest=1 quiet' -- \
		sh -c "$SHOW" sh 'a b' "it's" '"q"' '$HOME' '*' '' $'new\nline'
	same "smp, mem, append and all arguments arrive as they are" "$want" "$out"
}

devices_reach_the_guest()
{
	guest --device queues=2 --device queues=1 --qemu-arg -device --qemu-arg pci-testdev -- \
		sh -c 'ls /dev/labyrinth* | wc -l; grep -l 0x0005 /sys/bus/pci/devices/*/device | wc -l'
	same "two devices are two nodes, a QEMU argument is passed on" $'2\n1' "$out"
}

refused_arguments_are_told()
{
	guest --device bogus=1 -- true
	same "a guest that can't start is 125" 125 "$status"
	same "QEMU's reason is told" 1 "$(grep -c "Property 'labyrinth.bogus' not found" "$tmp/err")"
}

log_is_clean()
{
	guest --dmesg "$tmp/log" -- true
	same "a clean run has status 0" 0 "$status"
	same "a clean run says nothing" "" "$out$err"
	same "a clean run's log warns of nothing" "" "$(grep -iE 'warn|bug|oops' "$tmp/log")"
}

log_has_levels()
{
	LAB_KERNEL_LOG='' guest --modparam no_such=1 --dmesg "$tmp/log" -- \
		sh -c 'echo "<4>lab test" >/dev/kmsg'
	same "a module parameter reaches the driver" 1 "$(grep -c "unknown parameter 'no_such'" "$tmp/log")"
	same "the log has messages with their levels" 1 "$(grep -cE '^<12>\[.*\] lab test$' "$tmp/log")"
}

guests_run_side_by_side()
{
	local first

	timeout 120 "$here/../../lab" exec --no-driver -- sh -c 'sleep 1; echo one' >"$tmp/one" 2>&1 &
	first=$!
	guest --no-driver -- echo two
	wait "$first"
	same "two guests run side by side" "one two" "$(cat "$tmp/one") $out"
}

nothing_is_left_behind()
{
	mkdir "$tmp/run"
	TMPDIR=$tmp/run timeout -s TERM 4 "$here/../../lab" exec --no-driver -- sleep 60 >"$tmp/out" 2>&1
	same "a stopped run leaves no files" "" "$(ls "$tmp/run")"
	same "a stopped run leaves no guest" "" "$(grep -lsa "$tmp/[r]un" /proc/[0-9]*/cmdline)"
}

qmp_is_there()
{
	guest --device none --no-driver --qmp "$tmp/qmp" -- \
		sh -c 'sleep 2; cat /sys/bus/pci/devices/*/class | grep -c "^0x1180"' &
	for _ in {1..100}; do
		[[ -S $tmp/qmp ]] && break
		sleep 0.1
	done
	check "the QMP socket is there while the guest runs" test -S "$tmp/qmp"
	wait
	same "device none leaves the device out" 0 "$(cat "$tmp/out")"
}

usage_is_one_line "no command" --smp 2
usage_is_one_line "an unknown option" --bogus -- true
usage_is_one_line "a bad number" --smp two -- true
usage_is_one_line "a missing file" --copy /no/such -- true
usage_is_one_line "an unknown kernel" --kernel nosuch -- true
output_is_the_commands_own
bytes_arrive_as_they_are
options_and_arguments_reach_the_guest
ends_of_all_kinds
devices_reach_the_guest
refused_arguments_are_told
log_is_clean
log_has_levels
guests_run_side_by_side
nothing_is_left_behind
qmp_is_there
tap_end
