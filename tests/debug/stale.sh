#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# No stale byte, where freed pages are poisoned and none is zeroed.  Prints TAP.
exec "$(dirname -- "$(realpath -- "$0")")"/../../lab exec --kernel debug --mem 1024 --timeout 280 \
	--append "init_on_alloc=0 page_poison=1" -- /tests/t_stale
