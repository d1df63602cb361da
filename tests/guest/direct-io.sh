#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# O_DIRECT from the window to a block device, null_blk, gets nothing.  Prints TAP.
set -eu
top=$(dirname -- "$(realpath -- "$0")")/../..
copy=()
for module in configfs null_blk; do	# in the order in which they are loaded
	file=$(find -L "$top/build/kernel/stock/" -name "$module.ko")
	[[ -z $file ]] || copy+=(--copy "$file:/tmp/$module.ko")
done
# shellcheck disable=SC2016 # for the guest's shell
exec "$top/lab" exec "${copy[@]}" --copy "$top/build/tests/guest/s_direct_io:/tmp/s_direct_io" -- \
	sh -c 'for m in configfs null_blk; do [ ! -e $m.ko ] || insmod $m.ko; done; exec ./s_direct_io'
