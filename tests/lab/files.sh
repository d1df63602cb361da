# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced: files on their way into a guest.

# pack ROOT: an archive of the paths on stdin, relative to ROOT, for the kernel to unpack
pack()
{
	(cd "$1" && cpio --quiet --create --format=newc --owner=0:0)
}

# Shared libraries of $1 and their loader, as paths; none if it is no program
libraries()
{
	{ LD_LIBRARY_PATH=$BUILD ldd "$1" 2>/dev/null || true; } |
		sed -nE 's:.*=> (/[^ ]+) .*:\1:p; s:^\s+(/[^ ]+) .*:\1:p'
}

# add_program ROOT FILE GUESTPATH: the file, and the libraries that it needs
add_program()
{
	local root=$1 library

	install -D -m "$(stat -L -c %a "$2")" "$2" "$root/$3"
	libraries "$2" | while read -r library; do
		case $library in
		*/ld-linux*) install -D "$library" "$root/lib64/$(basename "$library")" ;;
		*) install -D "$library" "$root/lib/x86_64-linux-gnu/$(basename "$library")" ;;
		esac
	done
}
