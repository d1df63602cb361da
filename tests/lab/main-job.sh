# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154 # shared with options.sh and guest.sh
# Sourced: lab run.

# The first device gets the wire, a socket that the replay connects to
add_wire()
{
	devices[0]+=${devices[0]:+,}netdev=lab-wire
	qemu_args+=(-netdev "stream,id=lab-wire,server=on,addr.type=unix,addr.path=$run/wire")
}

# Feeds the capture to the device; the wire is held back until a queue takes it
start_replay()
{
	"$BUILD/labreplay" send "$capture" --unix "$run/wire" >"$run/replay.log" 2>&1 &
	replay=$!
}

# The last bytes may still be on their way when the guest has all that it wants
end_replay()
{
	local tries

	for ((tries = 0; tries < 20; tries++)); do
		kill -0 "$replay" 2>/dev/null || break
		sleep 0.1
	done
	kill "$replay" 2>/dev/null || true
	wait "$replay" && return
	cat "$run/replay.log" >&2
	say "lab: the replay did not end well"
	return 1
}

# What was received against what was sent, byte for byte
compare()
{
	say "comparing every byte with $(basename -- "$capture")"
	"$BUILD/labreplay" compare "$capture" "$run/capture.pcapng" >&2 || return
	mkdir -p "$TOP/out"
	cp "$run/capture.pcapng" "$TOP/out/capture.pcapng"
}

replay_and_compare()
{
	local status=0

	say "booting a guest; $packets packets of $(basename -- "$capture") wait on the wire"
	start_replay
	run_guest >"$run/table" || status=$?
	if [[ ! -e $run/capture.pcapng ]]; then
		kill "$replay" 2>/dev/null || true
		return "$status"
	fi
	end_replay || status=1
	compare || status=1
	return "$status"
}

lab_run()
{
	local packets status=0

	parse run "$@"
	[[ -r $capture ]] || misuse "--capture $capture: accepted: a pcap or pcapng file that can be read"
	[[ $driver == 1 && ${devices[0]} != none ]] || misuse "run: wants the device and its driver"
	prepare
	packets=$("$BUILD/labreplay" count "$capture") || exit
	make_run_directory
	add_wire
	copies+=("$TOP/tests/lab/main-job:/lab/main-job")
	fetch_paths=(/tmp/capture.pcapng) fetch_files=("$run/capture.pcapng")
	command=(/lab/main-job "$packets")
	replay_and_compare || status=$?
	cat "$run/table"
	[[ $status != 0 ]] || say "nothing was lost, every byte is right; see out/capture.pcapng"
	return "$status"
}
