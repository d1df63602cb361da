#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# No stale byte, where the kernel itself zeroes nothing.  Prints TAP.
exec "$(dirname -- "$(realpath -- "$0")")"/../../lab exec --append init_on_alloc=0 -- /tests/t_stale
