# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # apt_options is apt.sh's
# Sourced after apt.sh: Debian's package of the kernel's source.

# Sets source_package and source_version; source_deb, downloaded once a version
find_source()
{
	apt_need linux-source
	source_package=$(apt_depends linux-source | head -n 1)
	source_version=$(apt-cache "${apt_options[@]}" --no-all-versions show "$source_package" |
		sed -n 's/^Version: //p')
	source_deb=$CACHE/$source_package-$source_version.deb
	[[ -e $source_deb ]] || download_source
}

download_source()
{
	say "  FETCH   $source_package (139 MB)"
	rm -rf "$source_deb.new"
	apt_download "$source_deb.new" "$source_package"
	mv "$source_deb.new"/*.deb "$source_deb"
	rmdir "$source_deb.new"
}
