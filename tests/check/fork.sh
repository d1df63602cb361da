#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# usage: tests/check/fork.sh
# Makes docs/your-hardware.diff's device of a copy of this tree, builds it, and
# runs the device's tests and the driver's on it.  Silent if all is well.
set -euo pipefail
cd "$(dirname "$(realpath "$0")")/../.."

copy=$(mktemp -d "${TMPDIR:-/tmp}/labyrinth-fork.XXXXXX")
trap 'rm -rf "$copy"' EXIT

quietly()
{
	timeout 600 "$@" >"$copy/log" 2>&1 </dev/null || { tail -n 30 "$copy/log"; exit 1; }
}

git ls-files --cached --others --exclude-standard |
	while read -r file; do [[ ! -f $file ]] || echo "$file"; done |
	cpio --quiet -pdm "$copy"
cp docs/your-hardware.diff "$copy/diff"
cd "$copy"
quietly patch -p1 -i diff
quietly make tests all
quietly tests/run qtest guest/t_burst guest/t_ownership guest/t_leaks
