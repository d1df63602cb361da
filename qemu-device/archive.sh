# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034 # for those who source this
# Sourced by get-source and get-qemu: messages, and Debian's archive read
# through an apt with directories of its own.  The machine's apt configuration
# says where things come from, but nothing of the system's is written: it runs
# as an ordinary user too.
umask 022
export LC_ALL=C
cache=${XDG_CACHE_HOME:-$HOME/.cache}/labyrinth
step='start'

fail()
{
	printf '%s: could not %s: %s\n' "${0##*/}" "$step" "$1" >&2
	shift
	[ $# -eq 0 ] || printf '  %s\n' "$@" >&2
	exit 1
}

say()
{
	printf '  %-7s %s\n' "$1" "$2" >&2
}

# Run a command with its output in a log that is shown only when it fails
logged()
{
	local log=$1
	shift

	"$@" >"$log" 2>&1 </dev/null && return
	tail -n 15 "$log" >&2
	return 1
}

# The Signed-By of an entry: from the same line of a .list file, or from the
# stanza of a .sources file that names the address (a key may span lines).
signed_by()
{
	local entry=$1 uri=$2 file line

	file=${entry%:*} line=${entry##*:}
	case $file in
	*.list)
		sed -n "${line}s/^[^#]*\\[.*signed-by=\\([^] ]*\\).*/Signed-By: \\1/p" "$file" ;;
	*.sources)
		sed '/^#/d' "$file" | awk -v uri="${uri%/}" '
			BEGIN { RS = ""; FS = "\n" }
			index($0, uri) {
				for (i = 1; i <= NF; i++) {
					if ($i !~ /^[ \t]/)
						taken = tolower($i) ~ /^signed-by:/
					if (taken)
						print $i
				}
				exit
			}' ;;
	esac
}

# Every binary archive of this machine, as an archive of $1 (deb, deb-src).
# With a suite $2, only that, where the machine's own release comes from.
write_sources()
{
	local entry uri release component own

	# shellcheck source=/dev/null
	own=$(. /etc/os-release && echo "$VERSION_CODENAME")

	# shellcheck disable=SC2016 # apt leaves unknown fields as they are
	apt-get indextargets --format "\$(SOURCESENTRY)|\$(REPO_URI)|\$(RELEASE)|\$(COMPONENT)" \
		'Created-By: Packages' | sort -u |
	while IFS='|' read -r entry uri release component; do
		case $component$uri in
		*'$('*|cdrom:*|file:/dev/*) continue ;;
		esac
		if [ -n "${2-}" ]; then
			[ "$release" = "$own" ] || continue
			release=$2
		fi
		printf 'Types: %s\nURIs: %s\nSuites: %s\nComponents: %s\n' \
			"$1" "$uri" "$release" "$component"
		signed_by "$entry" "$uri"
		printf '\n'
	done
}

# Read last by apt, so that it overrides; the hooks belong to the system
write_configuration()
{
	cat <<-END
	#clear APT::Update::Pre-Invoke;
	#clear APT::Update::Post-Invoke;
	#clear APT::Update::Post-Invoke-Success;
	Dir::Etc::sourcelist "$1/private.sources";
	Dir::Etc::sourceparts "-";
	Dir::State::lists "$1/lists";
	Dir::Cache "$1/cache";
	APT::Sandbox::User "";
	Acquire::Languages "none";
	Acquire::Retries "2";
	END
}

# private_apt DIRECTORY TYPES [SUITE]: an apt of our own, its index fetched;
# apt.conf of the directory is its configuration
private_apt()
{
	local apt=$1

	step="read the machine's apt sources"
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
	write_sources "$2" "${3-}" >"$apt/private.sources"
	[ -s "$apt/private.sources" ] ||
		fail 'apt knows no archive' 'add one to /etc/apt/sources.list, then: apt-get update'
	write_configuration "$apt" >"$apt/apt.conf"

	say APT "index${3:+ of $3}"
	step="fetch the index${3:+ of $3}"
	timeout 300 apt-get -c "$apt/apt.conf" update >"$apt/update.log" 2>&1 </dev/null || true
	if ! compgen -G "$apt/lists/*_[SP]*[se]s*" >/dev/null; then
		grep '^[EW]:' "$apt/update.log" | head -n 5 >&2 || true
		fail 'no archive could be read' \
		     'without a network: connect and try again' \
		     'archives without sources: add one that has them to /etc/apt/sources.list'
	fi
}
