#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Sleep and wake-up, on the kernel that can test it (PM_DEBUG).  Prints TAP.
set -eu
exec "$(dirname -- "$(realpath -- "$0")")/../../lab" exec --kernel debug -- /tests/s_sleep
