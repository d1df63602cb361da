# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # set by lab and options.sh
# Sourced: what is put into the guest for one run, and how the run went.

# Archive of this run's files, behind the image: later ones win
make_initrd()
{
	local image=$BUILD/lab/$flavour/initramfs.cpio root=$run/root copy

	mkdir -p "$root/lab"
	job >"$root/lab/job"
	strings "${command[@]}" >"$root/lab/argv"
	strings "${fetch_paths[@]}" >"$root/lab/fetch"
	for copy in "${copies[@]}"; do
		add_program "$root" "$(realpath -- "${copy%%:*}")" "$(copy_target "$copy")"
	done
	(cd "$root" && find . -mindepth 1) | new_paths |
		pack "$root" | cat "$image" - >"$run/initrd"
}

strings()
{
	[[ $# -eq 0 ]] || printf '%s\0' "$@"
}

# A directory that the image has keeps its mode: leave it out
new_paths()
{
	local path

	while read -r path; do
		[[ -d $run/root/$path && -d $BUILD/lab/$flavour/root/$path ]] || echo "$path"
	done
}

copy_target()
{
	case $1 in
	*:/*) echo "${1#*:}" ;;
	*:*) echo "/tmp/${1#*:}" ;;
	*) echo "/tmp/$(basename -- "$1")" ;;
	esac
}

job()
{
	printf 'mode=%s driver=%s params=%q\n' "$mode" "$driver" "${modparams[*]}"
	[[ $mode != shell ]] || stty size |
		{ read -r rows columns && echo "rows=$rows columns=$columns term=${TERM:-linux}"; }
}

# The guest's messages since its init started, the way dmesg -r prints them
kernel_log()
{
	[[ ! -e $run/console ]] || tr -d '\r' <"$run/console" | sed -n '/lab: init$/,$ { /lab: init$/d; p }'
}

# To --dmesg, and behind what the tests' runner has collected already
save_log()
{
	[[ -z ${LAB_KERNEL_LOG-} ]] || kernel_log >>"$LAB_KERNEL_LOG"
	[[ -z $dmesg_file ]] || kernel_log >"$dmesg_file"
}

# What is known of a guest that died
last_words()
{
	tail -n 10 "$run/qemu.log" >&2 2>/dev/null || true
	[[ ! -e $run/console ]] || tr -d '\r' <"$run/console" | tail -n 60 >&2
}

# Status $1 of the relay, or 125 and the reason if the guest did not end well
judge()
{
	case $(cat "$run/end" 2>/dev/null) in
	timeout)
		say "lab: timeout: the guest was stopped after $timeout s"
		;;
	lost)
		last_words
		say "lab: the guest ended before the command did"
		;;
	*)
		kernel_log | grep -E 'Oops: |kernel BUG at |general protection fault' >/dev/null || return "$1"
		last_words
		say "lab: the guest's kernel crashed"
		return 125
		;;
	esac
	return "$1"
}
