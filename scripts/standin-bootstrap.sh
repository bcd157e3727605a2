#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# standin-bootstrap.sh SUITE OUT.tar
#
# Writes the root file system of a minimal Debian (SUITE is bullseye, bookworm, trixie or sid) to OUT.tar, for `docker import`.
# The stand-in base is built on it. Installs debootstrap if it can (host-packages.sh).
#
# The mirror is that of Debian's main section in this machine's apt sources, or debootstrap's default if there is
# none. apt's proxy settings are used, and copied into the tree, so that packages that are added later use the same
# proxy. Users and passwords of URLs are neither copied nor printed: those of a mirror are for debootstrap only, and a
# proxy that has them is not copied. The same archive gives the same bytes.
#
# OUT.tar is complete or does not exist. Exit status: 0 success; 64 usage error; 69 not possible on this machine, with
# advice; 130 or 143 interrupted, nothing left behind; any other, that of the command that failed.
set -euo pipefail

say() { printf 'standin-bootstrap: %s\n' "$*" >&2; }
die() {
	local status=$1
	shift
	say "$@"
	exit "$status"
}

# Masks users and passwords in URLs, whichever program prints them. It ignores signals to the group, so that it prints
# what the script says of them.
exec 3>&2 2> >(
	trap '' INT TERM
	exec sed -u -E 's#([A-Za-z][A-Za-z0-9+.-]*://)([^/[:space:]"<>]*|[^]/:[:space:]"<>@[]*:[0-9]*[^0-9/[:space:]"<>@][^[:space:]"<>]*)@#\1***@#g' >&3
)
filter=$!
quiet() {
	exec 2>&3
	wait "$filter" 2>/dev/null || true
}
trap quiet EXIT

[[ $# -eq 2 ]] || die 64 'usage: standin-bootstrap.sh bullseye|bookworm|trixie|sid OUT.tar'
suite=$1 out=$2
case $suite in
bullseye | bookworm | trixie | sid) ;;
*) die 64 "unknown suite '$suite': known are bullseye, bookworm, trixie, sid" ;;
esac
case $out in
/*) ;;
*) out=$PWD/$out ;; # or a name that begins with a dash would be an option of a later command
esac
[[ -d ${out%/*} ]] || die 64 "no such directory: ${out%/*}"

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
[[ $(id -u) -eq 0 ]] || die 69 "creating the stand-in's root file system needs root (debootstrap creates device nodes and runs chroot). \
Run this as root, or use the real image (-base registry) on a machine that reaches an image registry."
if ! command -v debootstrap >/dev/null || ! [[ -e /usr/share/keyrings/debian-archive-keyring.gpg ]]; then
	sh "$here/host-packages.sh" debootstrap debian-archive-keyring >&2
fi

# Removes what killed runs have left.
for old in "$out".*.tmp; do
	[[ -e $old ]] || continue
	pid=${old%.tmp}
	pid=${pid##*.}
	[[ $pid =~ ^[0-9]+$ ]] && ! kill -0 "$pid" 2>/dev/null && rm -rf --one-file-system -- "$old"
done

work=$out.$$.tmp
root=$work/root
child=

# debootstrap mounts /proc and others in the tree. They must be unmounted before the tree is deleted.
unmount_below() {
	local point
	while IFS= read -r point; do
		umount -l -- "$point" 2>/dev/null || true
	done < <(awk -v root="$root/" 'index($5, root) == 1 { print $5 }' /proc/self/mountinfo | sort -r)
}

tidy() {
	if [[ -n $child ]] && kill -0 "$child" 2>/dev/null; then
		kill -TERM -- "-$child" 2>/dev/null || true
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			kill -0 -- "-$child" 2>/dev/null || break
			sleep 0.2
		done
		kill -KILL -- "-$child" 2>/dev/null || true
	fi
	unmount_below
	rm -rf --one-file-system -- "$work"
	quiet
}
trap tidy EXIT
trap 'trap "" INT TERM; exit 130' INT
trap 'trap "" INT TERM; exit 143' TERM

# run COMMAND...: in its own session, so that the whole group can be killed, and in the background, because the shell
# handles a signal only after a command in the foreground has ended.
run() {
	setsid "$@" </dev/null &
	child=$!
	local status=0
	wait "$child" || status=$?
	child=
	return "$status"
}

debian_mirror() {
	# shellcheck disable=SC2016 # apt's own placeholders
	apt-get indextargets --format '$(CREATED_BY)|$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(REPO_URI)' 2>/dev/null |
		awk -F'|' '$1 == "Packages" && $2 == "Debian" && $3 == "Debian" && $4 == "main" && $5 ~ /^https?:/ { print $5; exit }'
}

mirror=
proxies=
if command -v apt-get >/dev/null; then
	mirror=$(debian_mirror)
	if [[ -z $mirror ]]; then
		# Origin and label are in the Release files, which do not exist before an update.
		apt-get update --quiet >&2 || say 'apt-get update failed for some sources; continuing without them'
		mirror=$(debian_mirror)
	fi
	# No proxy with a password, and no program of this machine that detects a proxy.
	proxies=$(apt-config dump --format '%F "%v";%n' | grep -E '^Acquire::https?::Proxy(::[^ ]*)? ' | grep -v '@' || true)
	if [[ -z ${http_proxy:-} ]]; then
		http_proxy=$(apt-config dump --format '%v%n' Acquire::http::Proxy | head -n 1)
		[[ -z $http_proxy || $http_proxy == DIRECT ]] || export http_proxy
	fi
fi

# decode TEXT: TEXT with the %XX of a URL decoded.
decode() { printf '%b' "${1//%/\\x}"; }

# The mirror's user and password go to wget, which debootstrap runs, in .netrc: in the mirror's URL they would be visible
# in the list of processes, and debootstrap would write them into the tree.
authority=${mirror#*://}
authority=${authority%%/*}
login=
if [[ $authority == *@* ]]; then
	login=${authority%@*}
	mirror=${mirror/"$login@"/}
	say "the mirror's user and password are not copied into the image: packages that are added later need a mirror without them"
fi
say "Debian $suite from ${mirror:-"debootstrap's default mirror"}"

mkdir -- "$work" "$root"
chmod 755 "$work" "$root"
if [[ -n $login ]]; then
	mkdir -m 700 -- "$work/home"
	host=${authority##*@}
	(umask 077 && printf 'machine %s login %s password %s\n' "${host%:*}" "$(decode "${login%%:*}")" "$(decode "${login#*:}")" >"$work/home/.netrc")
	export HOME=$work/home
fi
run debootstrap --variant=minbase "$suite" "$root" ${mirror:+"$mirror"} >&2 ||
	die 1 "debootstrap $suite failed (its messages are above); its log: $(tail -n 3 "$root/debootstrap/debootstrap.log" 2>/dev/null)"
# The date of the Release file is the time of all files that are younger.
released=$(sed -n 's/^Date: //p' "$root"/var/lib/apt/lists/*_InRelease "$root"/var/lib/apt/lists/*_Release 2>/dev/null | head -n 1)
epoch=$(date --utc --date="${released:-@0}" +%s)

if [[ -n $proxies ]]; then
	printf '%s\n' "$proxies" >"$root/etc/apt/apt.conf.d/01proxy"
fi

# Removes what debootstrap copied from this machine, and what differs between runs.
rm -rf -- "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/var/log/* "$root"/tmp/* "$root"/run/* \
	"$root"/var/cache/ldconfig/aux-cache "$root"/var/cache/debconf/*-old "$root"/var/lib/dpkg/*-old "$root"/etc/*-
rm -f -- "$root"/etc/hostname "$root"/etc/resolv.conf
: >"$root/etc/machine-id"
mkdir -p "$root"/var/lib/apt/lists/partial "$root"/var/cache/apt/archives/partial
unmount_below

run tar --create --file="$work/tar" --directory="$root" --one-file-system --sort=name --numeric-owner --format=pax \
	--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime --mtime="@$epoch" --clamp-mtime --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' . ||
	die 1 "could not write $out"
mv -- "$work/tar" "$out"
say "wrote $out ($(du -h -- "$out" | cut -f1), $(date --utc --date="@$epoch" +%Y-%m-%d))"
