#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# host-packages.sh PACKAGE...
#
# Makes sure that Debian packages are installed on this machine. Does nothing when all of them are.
# As root on a machine with apt it installs the missing ones, after `apt-get update` if apt has
# no package lists, or lists that are too old; elsewhere it says what to do.
#
# Exit status: 0 all installed; 64 usage error; 69 (EX_UNAVAILABLE) they cannot be installed here;
# any other, apt-get's own.
set -eu

die() {
	status=$1
	shift
	printf 'host-packages: %s\n' "$*" >&2
	exit "$status"
}

installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

[ $# -gt 0 ] || die 64 'usage: host-packages.sh PACKAGE...'
for package in "$@"; do
	case $package in
	'' | -* | *[!a-z0-9.+-]*) die 64 "'$package' is not the name of a Debian package" ;;
	esac
done

# The loop removes the names from the front and appends the missing ones.
if command -v dpkg-query >/dev/null 2>&1; then
	for package in "$@"; do
		shift
		installed "$package" || set -- "$@" "$package"
	done
	[ $# -gt 0 ] || exit 0
fi

advice="On a Debian machine run 'apt-get install $*' as root and try again; on another distribution install the same programs \
with its own package manager. A machine that reaches an image registry does not need them: use the real image there \
(-base registry)."
if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-query >/dev/null 2>&1; then
	die 69 "missing: $*, and this machine has no apt to install with. $advice"
fi
[ "$(id -u)" -eq 0 ] || die 69 "missing: $*, and only root can install packages. $advice"

export DEBIAN_FRONTEND=noninteractive
# Parts of test:all run side by side, and more than one may install something.
install() {
	apt-get -o DPkg::Lock::Timeout=300 install --yes --quiet --no-install-recommends "$@"
}
updated=
update() {
	apt-get update --quiet || echo 'host-packages: apt-get update failed for some sources; continuing without them' >&2
	updated=yes
}

lists=$(find /var/lib/apt/lists -maxdepth 1 -type f -name '*_Packages*' 2>/dev/null | head -n 1)
[ -n "$lists" ] || update
if ! install "$@"; then
	[ -z "$updated" ] || die 69 "apt-get could not install: $*. $advice"
	# Lists that are older than the archive name files that are gone.
	update
	install "$@" || die 69 "apt-get could not install: $*. $advice"
fi
