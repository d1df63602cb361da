# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced: the parts of a kernel that was taken apart into a directory.

# Release of the kernel in $1: the name of its module directory
kernel_release()
{
	local dir

	for dir in "$1"/lib/modules/*/ "$1"/usr/lib/modules/*/; do
		[[ -d $dir ]] && basename "$dir" && return
	done
	say "lab: $1: no kernel modules (want lib/modules/RELEASE)"
	return 1
}

kernel_modules()
{
	local release

	release=$(kernel_release "$1") || return
	if [[ -d $1/lib/modules/$release ]]; then
		echo "$1/lib/modules/$release"
	else
		echo "$1/usr/lib/modules/$release"
	fi
}

kernel_image()
{
	local release file

	release=$(kernel_release "$1") || return
	for file in "$1/boot/vmlinuz-$release" "$1/vmlinuz"; do
		[[ -r $file ]] && echo "$file" && return
	done
	say "lab: $1: no kernel image (want boot/vmlinuz-$release)"
	return 1
}

kernel_headers()
{
	local release dir

	release=$(kernel_release "$1") || return
	for dir in "$1/usr/src/linux-headers-$release" "$1/lib/modules/$release/build"; do
		[[ -r $dir/Makefile ]] && echo "$dir" && return
	done
	say "lab: $1: no headers (want usr/src/linux-headers-$release)"
	return 1
}

# The name under which build/ keeps what belongs to --kernel $1
kernel_flavour()
{
	local dir

	case $1 in
	stock | debug)
		echo "$1"
		;;
	*)
		[[ -d $1 ]] || misuse "--kernel $1: no such directory; accepted: stock, debug, or a directory"
		dir=$(realpath -- "$1")
		kernel_image "$dir" >/dev/null && kernel_headers "$dir" >/dev/null || exit 2
		dir_flavour "$dir"
		;;
	esac
}

dir_flavour()
{
	local name

	name=dir-$(cksum <<<"$1" | cut -d' ' -f1)
	mkdir -p "$BUILD/kernel"
	[[ $(readlink "$BUILD/kernel/$name") == "$1" ]] || kernel_link "$1" "$BUILD/kernel/$name"
	echo "$name"
}

# Make link $2 lead to kernel $1; a new date on $2.id has the driver built anew
kernel_link()
{
	mkdir -p "$(dirname "$2")"
	ln -sfn "$1" "$2"
	echo "$1" >"$2.id"
}
