# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034 # for tests/run, which sources this
# Sourced by tests/run --asan: the sanitized QEMU in the place of the usual one,
# and the time that it takes.

export LAB_QEMU=$BUILD/asan/qemu-system-x86_64
export LAB_MOVING_QEMU=$LAB_QEMU QTEST_QEMU_BINARY=$LAB_QEMU
export LAB_ASAN_REPORTS=$BUILD/asan/reports
export SECONDS_EACH=360 LAB_PATIENCE_S=600
# Profiles of all runs go into one file
export LAB_ASAN_PROFILE=$BUILD/asan/profile/tests-%m.profraw
LIMIT_S=1800 LIMIT_PROGRAM_S=360 LIMIT_GUEST_S=3600
rm -rf "$LAB_ASAN_REPORTS" "$BUILD/asan/profile"
mkdir -p "$LAB_ASAN_REPORTS" "$BUILD/asan/profile"
