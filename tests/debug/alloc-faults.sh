#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The driver's atomic allocations fail, on the debug kernel.  Prints TAP.
exec "$(dirname -- "$(realpath -- "$0")")"/../../lab exec --kernel debug --mem 1024 --timeout 280 \
	-- /tests/s_alloc_faults
