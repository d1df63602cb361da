# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # suite_log and the like are suite.sh's
# Sourced by tests/run: the programs of build/tests/guest, many in one guest.

# One program may take this long in the guest, and the whole guest that long
LIMIT_PROGRAM_S=120
LIMIT_GUEST_S=1500

# Suites of $BUILD/tests/guest and of the runner, in order, that are wanted
guest_list()
{
	local name

	for name in load $(cd "$BUILD/tests/guest" && find . -maxdepth 1 -name 't_*' -type f -perm -u+x \
		-printf '%f\n' | sort) unload "$@"; do
		! wanted "$prefix$name" || echo "$name"
	done
}

# Reads the guest's output: each suite is counted as it ends
split_suites()
{
	local line to=/dev/null

	while IFS= read -r line || [[ -n $line ]]; do
		case $line in
		'##suite '*)
			running=${line#* }
			suite_begin "$prefix$running"
			to=$suite_log
			;;
		'##kernel')
			to=$suite_log.kernel
			;;
		'##status '*)
			suite_end "${line#* }"
			running='' to=/dev/null
			finished=$((finished + 1))
			;;
		*)
			printf '%s\n' "$line" >>"$to"
			;;
		esac
	done
}

# One guest, until its end.  The suite that it did not survive has failed.
boot_guest()
{
	local status=0 running='' log=$LOGS/guest.err dmesg=$LOGS/guest.dmesg

	mkdir -p "$LOGS"
	split_suites < <(./lab exec --device queues=4 --timeout "$LIMIT_GUEST_S" --dmesg "$dmesg" \
		--copy tests/guest-runner.sh:/tmp/runner "$@" -- \
		sh /tmp/runner "$LIMIT_PROGRAM_S" "${list[@]:finished}" 2>"$log")
	wait $! || status=$?
	[[ $finished -lt ${#list[@]} ]] || return 0
	[[ -n $running ]] || suite_begin "$prefix${list[finished]}"
	cat "$log" >>"$suite_log"
	cat "$dmesg" >>"$suite_log.kernel" 2>/dev/null
	suite_complain "the guest ended (status $status)"
	suite_end "$status"
	finished=$((finished + 1))
}

# guest_suites PREFIX EXTRA-SUITE LAB-OPTION...  (no extra suite: '')
guest_suites()
{
	local prefix=$1 extra=$2 finished=0 list
	shift 2

	mapfile -t list < <(guest_list ${extra:+"$extra"})
	while [[ $finished -lt ${#list[@]} ]]; do
		boot_guest "$@"
	done
}
