#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Downloads the original tarball of Debian's rdma-core source package.
#
#   debian-source.sh SUITE VERSION DIRECTORY
#
# SUITE is a Debian suite (trixie, sid), VERSION an upstream version (56.1),
# DIRECTORY an existing directory that gets rdma-core_VERSION.orig.tar.*; nothing is
# written outside it. Runs on Debian and its derivatives, as root or not,
# and needs no existing package index.
#
# No mirror is hard-coded: the machine's own source entries are used, with their
# keyrings. An entry counts only if its signed Release file says that it is Debian's
# main archive, and if it has SUITE.
set -eu

fail() {
	printf 'debian-source: %s\n' "$*" >&2
	exit 1
}

[ $# -eq 3 ] || fail "usage: debian-source.sh SUITE VERSION DIRECTORY"
suite=$1 version=$2 directory=$3

case $suite in
'' | *[!a-z0-9.-]* | -*) fail "invalid suite: $suite" ;;
esac
case $version in
'' | *[!0-9A-Za-z.+~]* | [!0-9]*) fail "invalid version: $version" ;;
esac
[ -d "$directory" ] || fail "no such directory: $directory"
directory=$(CDPATH='' cd -- "$directory" && pwd)
case $directory in
*'
'*) fail "the directory's name contains a newline: $directory" ;;
esac
needs() {
	for command; do
		command -v "$command" >/dev/null 2>&1 || fail "$command is not installed"
	done
}
needs apt-cache apt-config apt-get awk cat cmp cp dpkg head mkdir mv rm sed sort
export LC_ALL=C

work=$directory/.debian-source
cleanup() { rm -rf "$work"; }
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
cleanup
mkdir "$work"
mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial" "$work/none.d" "$work/candidates"

# The machine's hooks are for its own index; they may write anywhere.
cat >"$work/apt.conf" <<'CONF'
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
CONF

# Use: apt TOOL SOURCELIST ARGUMENT...
apt() {
	tool=$1 list=$2
	shift 2
	"$tool" -c "$work/apt.conf" \
		-o "Dir::Etc::sourcelist=$list" -o "Dir::Etc::sourceparts=$work/none.d" \
		-o "Dir::State=$work/state" -o "Dir::State::lists=$work/state/lists" \
		-o "Dir::Cache=$work/cache" -o "Dir::Cache::archives=$work/cache/archives" \
		-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
		-o APT::Update::Error-Mode=any -o Acquire::Languages=none -o Acquire::Retries=2 \
		-o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30 \
		-o quiet=2 "$@"
}

# Entries that are known to be someone else's, as FILE:NUMBER, if the machine has queried them.
# shellcheck disable=SC2016 # the $(...) are apt's
apt-get indextargets --format '$(SOURCESENTRY)|$(ORIGIN)|$(LABEL)' 2>/dev/null |
	awk -F '|' '$2 != "" && ($2 != "Debian" || $3 != "Debian") { print $1 }' |
	sort -u >"$work/foreign" || :

sourcelist=/etc/apt/sources.list
sourceparts=/etc/apt/sources.list.d
eval "$(apt-config shell sourcelist Dir::Etc::sourcelist/f sourceparts Dir::Etc::sourceparts/d)"
sourceparts=${sourceparts%/}

# Both functions write one source file per usable entry of a file, with SUITE in
# place of the entry's own, and print how many there are by now. Numbers are
# apt's: of the line in .list files, of the paragraph in .sources.
count=0
list_entries() {
	SUITE=$suite WORK=$work FROM=$1 COUNT=$count awk '
	BEGIN {
		count = ENVIRON["COUNT"]
		while ((getline line < (ENVIRON["WORK"] "/foreign")) > 0) foreign[line] = 1
	}
	{
		sub(/\r$/, "")
		sub(/#.*/, "")
		if ($1 != "deb" && $1 != "deb-src") next
		if ((ENVIRON["FROM"] ":" NR) in foreign) next
		options = ""
		rest = $0
		sub(/^[ \t]*deb(-src)?[ \t]+/, "", rest)
		if (rest ~ /^\[/) {
			if (!match(rest, /\]/)) next
			n = split(substr(rest, 2, RSTART - 2), option, /[ \t]+/)
			rest = substr(rest, RSTART + 1)
			for (i = 1; i <= n; i++)
				if (option[i] != "" && option[i] !~ /^(arch|lang|target)[+-]?=/)
					options = options " " option[i]
			if (options != "") options = "[" substr(options, 2) "] "
		}
		if (split(rest, field) < 3) next  # a flat repository has no components
		if (field[1] ~ /^cdrom:/ || field[2] ~ /\/$/) next
		out = ENVIRON["WORK"] "/candidates/" (1000 + ++count) ".list"
		printf "deb-src %s%s %s main\n", options, field[1], ENVIRON["SUITE"] > out
		close(out)
	}
	END { print count }' "$1"
}
sources_entries() {
	SUITE=$suite WORK=$work FROM=$1 COUNT=$count awk '
	BEGIN {
		count = ENVIRON["COUNT"]
		while ((getline line < (ENVIRON["WORK"] "/foreign")) > 0) foreign[line] = 1
	}
	function finish() {
		if (seen) number++
		if (uris != "" && components && enabled && !((ENVIRON["FROM"] ":" number) in foreign)) {
			out = ENVIRON["WORK"] "/candidates/" (1000 + ++count) ".sources"
			printf "Types: deb-src\nSuites: %s\nComponents: main\n%s", ENVIRON["SUITE"], kept > out
			close(out)
		}
		start()
	}
	function start() { seen = components = keep = 0; enabled = 1; uris = kept = "" }
	BEGIN { start() }
	{ sub(/\r$/, "") }
	/^#/ { next }
	/^[ \t]*$/ { finish(); next }
	/^[ \t]/ { if (keep) kept = kept $0 "\n"; next }
	{
		seen = 1
		name = tolower($0)
		sub(/[ \t]*:.*/, "", name)
		value = $0
		sub(/^[^:]*:[ \t]*/, "", value)
		if (name == "uris" && value !~ /^cdrom:/) uris = value == "" ? "below" : value
		if (name == "components") components = 1
		if (name == "enabled" && tolower(value) ~ /^(no|false|without|off|disable|0)/) enabled = 0
		keep = name ~ /^(uris|signed-by|trusted|allow-.*|check-.*|valid-until-.*|date-max-future|by-hash|snapshot)$/
		if (keep) kept = kept $0 "\n"
	}
	END { finish(); print count }' "$1"
}
for file in "$sourcelist" "$sourceparts"/*; do
	if [ ! -f "$file" ] || [ ! -r "$file" ]; then continue; fi
	case $file in
	*.sources) count=$(sources_entries "$file") ;;
	*.list | "$sourcelist") count=$(list_entries "$file") ;;
	esac
done
[ "$count" -gt 0 ] || fail "the machine's apt sources have no entry that could be Debian's archive"

# Use: newest LIST. Prints the highest Debian version of the upstream version.
newest() {
	best=
	for revision in $(apt apt-cache "$1" showsrc --only-source rdma-core 2>/dev/null |
		awk -v want="$version-" '$1 == "Version:" && index($2, want) == 1 { print $2 }'); do
		if [ -z "$best" ] || dpkg --compare-versions "$revision" gt "$best"; then
			best=$revision
		fi
	done
	printf '%s' "$best"
}

# The tarball is taken from the first entry that is Debian's and has it.
found_archive=
for list in "$work"/candidates/*; do
	# Several entries may give the same file.
	before=
	for other in "$work"/candidates/*; do
		[ "$other" != "$list" ] || break
		if cmp -s "$other" "$list"; then before=1; fi
	done
	[ -z "$before" ] || continue

	rm -rf "$work/state/lists"
	mkdir -p "$work/state/lists/partial"
	printf 'debian-source: looking for suite %s with this entry:\n' "$suite" >&2
	sed -E -e 's#([A-Za-z][A-Za-z0-9+.-]*://)([^/[:space:]"<>]*|[^]/:[:space:]"<>@[]*:[0-9]*[^0-9/[:space:]"<>@][^[:space:]"<>]*)@#\1***@#g' -e 's/^/  /' "$list" >&2
	apt apt-get "$list" update >&2 || continue
	# shellcheck disable=SC2016
	origin=$(apt apt-get "$list" indextargets --format '$(ORIGIN)|$(LABEL)' 'Created-By: Sources' | head -n 1)
	if [ "$origin" != "Debian|Debian" ]; then
		printf 'debian-source: not the archive of Debian but of: %s\n' "$origin" >&2
		continue
	fi
	found_archive=1
	revision=$(newest "$list")
	[ -n "$revision" ] || continue
	printf 'debian-source: downloading rdma-core %s\n' "$revision" >&2
	mkdir -p "$work/source"
	(cd "$work/source" && apt apt-get "$list" source --download-only --only-source --tar-only "rdma-core=$revision") >&2 ||
		fail "could not download the source package rdma-core $revision from suite $suite"
	for file in "$work/source/rdma-core_$version.orig.tar".*; do
		case $file in
		*.asc) continue ;;
		esac
		[ -f "$file" ] || continue
		# If the mirror is a local directory, apt makes a link.
		cp -L "$file" "$work/tarball"
		mv "$work/tarball" "$directory/${file##*/}"
		printf '%s\n' "${file##*/}"
		exit 0
	done
	fail "the source package rdma-core $revision has no original tarball"
done
[ -n "$found_archive" ] || fail "none of the machine's apt sources leads to suite $suite of Debian's archive"
fail "suite $suite of Debian's archive has no rdma-core $version"
