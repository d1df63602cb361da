#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: guest-runner.sh SECONDS SUITE...
# Runs in the guest: suites one after the other, each program of /tests or one
# of those below.  Lines that begin with ## split the output for tests/run.
limit=$1
shift

# suite load: the driver was loaded when the guest came up
load()
{
	if [ -c /dev/labyrinth0 ]; then
		echo "ok 1 - the driver made its node"
	else
		echo "not ok 1 - the driver made its node"
	fi
	echo "1..1"
}

# suite unload: with no user left, the driver goes, and comes again
unload()
{
	rmmod labyrinth && echo "ok 1 - the driver unloads" || echo "not ok 1 - the driver unloads"
	insmod /lib/modules/labyrinth.ko && echo "ok 2 - and loads again" || echo "not ok 2 - and loads again"
	rmmod labyrinth && echo "ok 3 - and unloads" || echo "not ok 3 - and unloads"
	echo "1..3"
}

# suite kmemleak: an object counts as lost once it is 5 s old in two scans
kmemleak()
{
	leaks=/sys/kernel/debug/kmemleak
	sleep 6
	if echo scan >"$leaks"; then
		echo "ok 1 - the kernel looks for leaked memory"
	else
		echo "not ok 1 - the kernel looks for leaked memory"
	fi
	sleep 6
	echo scan >"$leaks"
	# Its size is 0 whatever is in it
	if grep . "$leaks"; then
		echo "not ok 2 - and finds none"
	else
		echo "ok 2 - and finds none"
	fi
	echo "1..2"
}

# The kernel's messages since the last time; the first time, since init started
messages()
{
	dmesg -r -c | sed "$first"
	first=''
}

first='1,/lab: init$/d'
for name in "$@"; do
	echo "##suite $name"
	case $name in
	load | unload | kmemleak) "$name" 2>&1 ;;
	*) timeout -s KILL "$limit" "/tests/$name" 2>&1 ;;
	esac
	status=$?
	echo
	echo "##kernel"
	messages
	echo "##status $status"
done
