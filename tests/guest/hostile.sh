#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Three devices, each with another lie in its completions.  Prints TAP.
set -eu
top=$(dirname -- "$(realpath -- "$0")")/../..
echo "# kernel: labyrinth .* refused a completion: slot|lab_slot_refuse: [0-9]+ callbacks suppressed"
exec "$top/lab" exec --device fault=bad-slot --device fault=bad-length --device fault=cpl-duplicate \
	-- /tests/s_hostile
