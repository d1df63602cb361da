# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced: packages taken from Debian's archive without installing them.
# Needs no rights: where the system's package lists are missing or stale, it
# keeps lists of its own in the cache.

apt_options=(-qq -o "APT::Sandbox::User=$(id -un)")

apt_own_lists()
{
	mkdir -p "$CACHE/apt/lists/partial" "$CACHE/apt/cache/archives/partial"
	apt_options+=(-o "Dir::State::Lists=$CACHE/apt/lists" -o "Dir::Cache=$CACHE/apt/cache")
	apt-get "${apt_options[@]}" update
}

# apt_need PACKAGE: from here on, PACKAGE is known to apt
apt_need()
{
	apt-cache "${apt_options[@]}" show "$1" >/dev/null 2>&1 || apt_own_lists
}

# Direct dependencies of PACKAGE's candidate version, one a line
apt_depends()
{
	apt-cache "${apt_options[@]}" --important depends "$1" |
		sed -n 's/^ *|\? *Depends: //p'
}

# apt_download DIR PACKAGE...: put the packages' .deb files there
apt_download()
{
	local dir=$1
	shift

	mkdir -p "$dir"
	(cd "$dir" && apt-get "${apt_options[@]}" download "$@") && return
	say "lab: package lists are stale, fetching new ones"
	apt_own_lists
	(cd "$dir" && apt-get "${apt_options[@]}" download "$@")
}

# apt_unpack DIR PACKAGE...: download the packages and take them apart into DIR
apt_unpack()
{
	local dir=$1 deb
	shift

	apt_download "$dir.debs" "$@"
	for deb in "$dir.debs"/*.deb; do
		dpkg -x "$deb" "$dir"
	done
	rm -r "$dir.debs"
}
