# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034 # for those who source this
# Sourced by lab and by every script of the bench: paths, messages.

TOP=$(realpath -- "$(dirname -- "${BASH_SOURCE[0]}")/../..")
BUILD=$TOP/build
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/labyrinth
PATH=$PATH:/usr/sbin:/sbin

say()
{
	printf '%s\n' "$*" >&2
}

die()
{
	say "lab: $*"
	exit 1
}

# A mistake of the caller: one line, exit status 2
misuse()
{
	say "lab: $*"
	exit 2
}

# Only one process at a time fills the cache; a second one waits, then finds it filled
lock_cache()
{
	mkdir -p "$CACHE"
	exec 9>"$CACHE/lock"
	flock 9
}

# The same for what lies in the build directory
lock_build()
{
	mkdir -p "$BUILD"
	exec 8>"$BUILD/lock-$1"
	flock 8
}
