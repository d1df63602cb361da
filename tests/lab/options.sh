# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034 # the variables are read by machine.sh and guest.sh
# Sourced: the options of run, shell and exec.

smp=2 mem=512 timeout=600 kernel_choice=${LAB_KERNEL:-stock} append='' driver=1 dmesg_file='' qmp=''
capture=$TOP/tests/captures/afs.pcap
devices=() modparams=() qemu_args=() copies=() fetch_paths=() fetch_files=() command=()

number()
{
	[[ $2 =~ ^[0-9]{1,7}$ && $2 -ge $3 && $2 -le $4 ]] ||
		misuse "$1 $2: accepted: a number from $3 to $4"
	echo "$((10#$2))"
}

directory_of()
{
	[[ -d $(dirname -- "$2") ]] || misuse "$1 $2: no such directory"
	realpath -- "$2"
}

copy()
{
	[[ -f ${1%%:*} && -r ${1%%:*} ]] || misuse "--copy $1: accepted: FILE[:GUESTPATH], a file that can be read"
	copies+=("$1")
}

fetch()
{
	local file

	[[ $1 == /*:?* ]] || misuse "--fetch $1: accepted: GUESTPATH:FILE, GUESTPATH from /"
	file=$(directory_of --fetch "${1#*:}") || exit
	fetch_paths+=("${1%%:*}")
	fetch_files+=("$file")
}

modparam()
{
	[[ $1 =~ ^[a-z0-9_]+=[^[:space:]]*$ ]] || misuse "--modparam $1: accepted: NAME=VALUE"
	modparams+=("$1")
}

# One option with its value: status 1 if there is no such option
set_option()
{
	case $1 in
	--smp) smp=$(number "$1" "$2" 1 255) || exit ;;
	--mem) mem=$(number "$1" "$2" 64 1048576) || exit ;;
	--timeout) timeout=$(number "$1" "$2" 0 9999999) || exit ;;
	--kernel) kernel_choice=$2 ;;
	--append) append+="${append:+ }$2" ;;
	--device) devices+=("$2") ;;
	--modparam) modparam "$2" ;;
	--qemu-arg) qemu_args+=("$2") ;;
	--copy) copy "$2" ;;
	--fetch) fetch "$2" ;;
	--dmesg) dmesg_file=$(directory_of "$1" "$2") || exit ;;
	--qmp) qmp=$(directory_of "$1" "$2") || exit ;;
	--capture) capture=$2 ;;
	*) return 1 ;;
	esac
}

accepted()
{
	local common="--smp --mem --timeout --kernel --append --device --no-driver --modparam --qemu-arg --copy --dmesg --qmp"

	case $1 in
	exec) echo "$common --fetch, then -- COMMAND" ;;
	run) echo "$common --capture" ;;
	shell) echo "$common" ;;
	esac
}

# Whether command $1 knows option $2
knows()
{
	[[ " $(accepted "$1" | tr , ' ') " == *" $2 "* ]]
}

# parse COMMAND [OPTION...]: fills the variables above
parse()
{
	local name=$1 option
	shift

	while [[ $# -gt 0 && $1 == --?* ]]; do
		option=$1
		shift
		[[ $option != --help ]] || { help && exit 0; }
		if [[ $option == *=* ]]; then
			set -- "${option#*=}" "$@"
			option=${option%%=*}
		fi
		knows "$name" "$option" || misuse "$name: unknown option $option; accepted: $(accepted "$name")"
		if [[ $option == --no-driver ]]; then
			driver=0
			continue
		fi
		[[ $# -gt 0 ]] || misuse "$name: $option wants a value"
		set_option "$option" "$1"
		shift
	done
	parse_command "$name" "$@"
	[[ ${#devices[@]} -gt 0 ]] || devices=('')
}

parse_command()
{
	local name=$1
	shift

	if [[ $name == exec ]]; then
		[[ $# -gt 1 && $1 == -- ]] || misuse "exec: accepted: [OPTION...] -- COMMAND [ARG...]"
		command=("${@:2}")
	elif [[ $# -gt 0 ]]; then
		misuse "$name: unknown argument $1; accepted: $(accepted "$name")"
	fi
}
