#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The sanitizers are at work, and what they say is found.  Prints TAP.
set -u
top=$(dirname -- "$(realpath -- "$0")")/../..
# shellcheck source=tests/lab/tap.sh
. "$top/tests/lab/tap.sh"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# mistake NAME CODE FINDING: a program with that mistake, run as QEMU is, is found out
mistake()
{
	printf '#include <stdlib.h>\nvolatile int n;\nchar *volatile p;\nint main(void)\n{\n%s\n}\n' "$2" |
		clang -x c -g -fsanitize=address,undefined -fno-sanitize-recover=undefined \
			-o "$tmp/qemu-system-x86_64.bin" -
	install "$top/build/asan/qemu-system-x86_64" "$top/build/asan/leaks.supp" "$tmp"
	LAB_ASAN_REPORTS=$tmp/$1 "$tmp/qemu-system-x86_64" 2>/dev/null
	check "$1 is reported" grep -qs "$3" -r "$tmp/$1"
}

mistake overflow 'p = malloc(8); p[8 + n] = 1;' 'ERROR: .*heap-buffer-overflow'
mistake use-after-free 'p = malloc(8); free(p); return p[n];' 'ERROR: .*heap-use-after-free'
mistake leak 'p = malloc(8); p = 0;' 'ERROR: LeakSanitizer'
mistake shift 'n = 40; return 1 << n;' 'runtime error: shift'
tap_end
