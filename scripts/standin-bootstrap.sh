#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# standin-bootstrap.sh SUITE OUT.tar
#
# Writes the root file system of a minimal Debian (SUITE is bookworm or trixie) to OUT.tar, for `docker import`:
# the ground under the stand-in base. Installs debootstrap by itself where it can (host-packages.sh).
#
# The mirror is the one from which this machine's apt gets Debian's main section; where apt has none it is
# debootstrap's own default. apt's proxy settings go along, into the tree too, so that the packages of the
# image come the same way. No user and no password goes into the tree or into what is printed: a mirror's are for
# debootstrap alone, and a proxy that has them is left out of the tree. The same archive gives the same bytes.
#
# OUT.tar appears whole or not at all. Exit status: 0 done; 64 wrong usage; 69 not possible on this machine,
# with advice; 130 and 143 interrupted, nothing left behind; else what failed.
set -euo pipefail

say() { printf 'standin-bootstrap: %s\n' "$*" >&2; }
die() {
	local status=$1
	shift
	say "$@"
	exit "$status"
}

# Whatever a program prints of a URL, its user and password do not get out. A signal to the group is the script's.
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

[[ $# -eq 2 ]] || die 64 'usage: standin-bootstrap.sh bookworm|trixie OUT.tar'
suite=$1 out=$2
case $suite in
bookworm | trixie) ;;
*) die 64 "unknown suite '$suite': known are bookworm, trixie" ;;
esac
case $out in
/*) ;;
*) out=$PWD/$out ;; # so that no later command can take a leading dash for an option
esac
[[ -d ${out%/*} ]] || die 64 "no folder for the output: ${out%/*}"

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
[[ $(id -u) -eq 0 ]] || die 69 "the stand-in's root file system can only be made by root (debootstrap makes device nodes and runs \
chroot). Run this as root, or on a machine that reaches an image registry take the real image (-base registry)."
if ! command -v debootstrap >/dev/null || ! [[ -e /usr/share/keyrings/debian-archive-keyring.gpg ]]; then
	sh "$here/host-packages.sh" debootstrap debian-archive-keyring >&2
fi

# A killed run cannot tidy up after itself; the next one does.
for old in "$out".*.tmp; do
	[[ -e $old ]] || continue
	pid=${old%.tmp}
	pid=${pid##*.}
	[[ $pid =~ ^[0-9]+$ ]] && ! kill -0 "$pid" 2>/dev/null && rm -rf --one-file-system -- "$old"
done

work=$out.$$.tmp
root=$work/root
child=

# debootstrap mounts /proc and more below the tree: nothing may be deleted through a mount.
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

# In a session of its own (so that the whole group can be ended) and in the background (so that a signal is
# handled now, not when it is done).
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
		# Origin and label stand in the Release files, which are there after an update only.
		apt-get update --quiet >&2 || say 'apt-get update did not succeed everywhere; going on with what there is'
		mirror=$(debian_mirror)
	fi
	# What may lead to a proxy with a password, or to a program of this machine, is no use in the tree.
	proxies=$(apt-config dump --format '%F "%v";%n' | grep -E '^Acquire::https?::Proxy(::[^ ]*)? ' | grep -v '@' || true)
	if [[ -z ${http_proxy:-} ]]; then
		http_proxy=$(apt-config dump --format '%v%n' Acquire::http::Proxy | head -n 1)
		[[ -z $http_proxy || $http_proxy == DIRECT ]] || export http_proxy
	fi
fi

# decode TEXT: without the %XX of a URL.
decode() { printf '%b' "${1//%/\\x}"; }

# wget, which debootstrap runs, looks for a user and a password here; on its command line everybody would see them, and
# debootstrap would write them into the tree.
authority=${mirror#*://}
authority=${authority%%/*}
login=
if [[ $authority == *@* ]]; then
	login=${authority%@*}
	mirror=${mirror/"$login@"/}
	say "the mirror's user and password do not go into the tree: packages that are added to it come from a mirror that asks for none"
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
# The Release file's date is the only time that belongs to the contents.
run debootstrap --variant=minbase "$suite" "$root" ${mirror:+"$mirror"} >&2 ||
	die 1 "debootstrap $suite failed (its messages are above); its log: $(tail -n 3 "$root/debootstrap/debootstrap.log" 2>/dev/null)"
released=$(sed -n 's/^Date: //p' "$root"/var/lib/apt/lists/*_InRelease "$root"/var/lib/apt/lists/*_Release 2>/dev/null | head -n 1)
epoch=$(date --utc --date="${released:-@0}" +%s)

if [[ -n $proxies ]]; then
	printf '%s\n' "$proxies" >"$root/etc/apt/apt.conf.d/01proxy"
fi

# What debootstrap took from this machine, and what differs from run to run.
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
