# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by test scripts: TAP lines.  A script ends with tap_end.

tap_number=0 tap_failed=0

# tap NAME STATUS: one result; 0 is ok
tap()
{
	tap_number=$((tap_number + 1))
	if [[ $2 == 0 ]]; then
		echo "ok $tap_number - $1"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_number - $1"
	fi
}

# check NAME COMMAND...: ok if the command succeeds
check()
{
	local status=0

	"${@:2}" || status=$?
	tap "$1" "$status"
}

# same NAME WANTED SEEN
same()
{
	[[ $2 == "$3" ]] || printf '# wanted %q, have %q\n' "$2" "$3"
	check "$1" test "$2" = "$3"
}

tap_end()
{
	echo "1..$tap_number"
	[[ $tap_failed == 0 ]]
}
