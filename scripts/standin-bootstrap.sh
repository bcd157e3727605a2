#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# standin-bootstrap.sh SUITE OUT.tar
# standin-bootstrap.sh SUITE OUT SCRIPT STEP...
#
# Writes the root file system of a minimal Debian (SUITE is bullseye, bookworm, trixie or sid) to OUT.tar, for `docker import`.
# With a SCRIPT, runs `SCRIPT STEP` in this system for each STEP, as root, and after each writes the system to OUT/STEP.tar; OUT is a
# directory. The stand-in is made so (containers/standin/debian.sh): on this machine's disk packages are installed several times
# faster than in an image's layers. Installs debootstrap if it can (host-packages.sh).
#
# SCRIPT runs in namespaces of its own, whose processes and mounts end with it, and starts no services. apt has its lists and
# archives outside the system, and the same ones in each step.
#
# The mirror is that of Debian's main section in this machine's apt sources, or debootstrap's default if there is
# none. apt's proxy settings are used, and copied into the tree, so that packages that are added later use the same
# proxy. Users and passwords of URLs are neither copied nor printed: those of a mirror are for debootstrap only, and a
# proxy that has them is not copied. The same archive gives the same bytes.
#
# Each OUT.tar is complete or does not exist; OUT/STEP.tar may be left by a run that failed in a later step. Exit status: 0 success; 64 usage error; 69 not possible on this machine, with
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
	exec >&3 2>&3 # a signal may have come within a redirection to the filter
	wait "$filter" 2>/dev/null || true
}
trap quiet EXIT

[[ $# -eq 2 || $# -ge 4 ]] || die 64 'usage: standin-bootstrap.sh bullseye|bookworm|trixie|sid OUT.tar | OUT SCRIPT STEP...'
suite=$1 out=$2 script=${3:-}
shift $(($# < 3 ? $# : 3))
case $suite in
bullseye | bookworm | trixie | sid) ;;
*) die 64 "unknown suite '$suite': known are bullseye, bookworm, trixie, sid" ;;
esac
case $out in
/*) ;;
*) out=$PWD/$out ;; # or a name that begins with a dash would be an option of a later command
esac
[[ -d ${out%/*} ]] || die 64 "no such directory: ${out%/*}"
[[ -z $script || (-d $out && -f $script) ]] || die 64 "no such directory and file: $out, $script"

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
	for scheme in http https; do
		variable=${scheme}_proxy
		[[ -z ${!variable:-} ]] || continue
		proxy=$(apt-config dump --format '%v%n' "Acquire::$scheme::Proxy" | head -n 1)
		[[ -z $proxy || $proxy == DIRECT ]] || export "$variable=$proxy"
	done
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
export DPKG_FORCE=unsafe-io # no sync for each file: after a crash the tree is thrown away
run debootstrap --variant=minbase "$suite" "$root" ${mirror:+"$mirror"} >&2 ||
	die 1 "debootstrap $suite failed (its messages are above); its log: $(tail -n 3 "$root/debootstrap/debootstrap.log" 2>/dev/null)"
# latest FILE...: the newest date of Release files, in seconds.
latest() {
	local file line seconds newest=0
	for file; do
		[[ -f $file ]] || continue
		line=$(sed -n 's/^Date: //p' "$file" | head -n 1)
		seconds=$(date --utc --date="${line:-@0}" +%s)
		((seconds <= newest)) || newest=$seconds
	done
	echo "$newest"
}

lists=$root/var/lib/apt/lists
epoch=$(latest "$lists"/*Release)

# A mirror may be a snapshot of sid, whose Release file expires after days. Its signature is checked.
if [[ $suite = sid ]]; then
	echo 'Acquire::Check-Valid-Until "false";' >"$root/etc/apt/apt.conf.d/01snapshot"
fi
if [[ -n $proxies ]]; then
	printf '%s\n' "$proxies" >"$root/etc/apt/apt.conf.d/01proxy"
fi

# Removes what debootstrap copied from this machine, and what differs between runs.
rm -rf -- "${lists:?}"/* "$root"/var/cache/apt/* "$root"/tmp/* "$root"/run/*
rm -f -- "$root"/etc/hostname "$root"/etc/resolv.conf
: >"$root/etc/machine-id"
mkdir -p "$lists/partial" "$root"/var/cache/apt/archives/partial
unmount_below

# write FILE: the system as an archive. The date of the Release file is the time of all files that are younger.
write() {
	rm -rf -- "$root"/var/log/* "$root"/var/cache/ldconfig/aux-cache "$root"/var/cache/debconf/*-old "$root"/var/lib/dpkg/*-old "$root"/etc/*-
	run tar --create --file="$work/tar" --directory="$root" --one-file-system --sort=name --numeric-owner --format=pax \
		--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime --mtime="@$epoch" --clamp-mtime --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' . ||
		die 1 "could not write $1"
	mv -- "$work/tar" "$1"
	say "wrote $1 ($(du -h -- "$1" | cut -f1), $(date --utc --date="@$epoch" +%Y-%m-%d))"
}

# inside STEP: runs SCRIPT in the system. Only its own files are in the system when it has ended.
inside() {
	local name
	local -a environment=()
	# By name: a value on the command line, such as a proxy's password, would be visible in the list of processes.
	for name in $(compgen -e); do
		case $name in
		PATH | http_proxy | https_proxy | no_proxy | HTTP_PROXY | HTTPS_PROXY | NO_PROXY) ;;
		*) environment+=("--unset=$name") ;;
		esac
	done
	# shellcheck disable=SC2016 # variables of the inner shell
	run env "${environment[@]}" unshare --mount --propagation private --pid --fork --kill-child sh -euc '
		root=$1 work=$2
		shift 2
		mount -t proc proc "$root/proc"
		mount -t tmpfs tmpfs "$root/run"
		mount -t tmpfs tmpfs "$root/tmp"
		mount --bind "$work/lists" "$root/var/lib/apt/lists"
		mount --bind "$work/cache" "$root/var/cache/apt"
		mount --bind "$work/etc/policy-rc.d" "$root/usr/sbin/policy-rc.d"
		mount --bind "$work/etc/resolv.conf" "$root/etc/resolv.conf"
		cp "$work/script" "$root/run/step"
		exec env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 chroot "$root" /run/step "$1"
	' sh "$root" "$work" "$1" >&2
}

if [[ -z $script ]]; then
	write "$out"
	exit
fi
mkdir -- "$work/etc" "$work/lists" "$work/cache"
cp -- "$script" "$work/script"
chmod 755 "$work/script"
cat /etc/resolv.conf >"$work/etc/resolv.conf" 2>/dev/null || true
printf '#!/bin/sh\nexit 101\n' >"$work/etc/policy-rc.d"
chmod 755 "$work/etc/policy-rc.d"
for step; do
	: >"$root/etc/resolv.conf" && : >"$root/usr/sbin/policy-rc.d" # where the others are mounted
	inside "$step" || die 1 "${script##*/} $step failed (its messages are above)"
	rm -f -- "$root/etc/resolv.conf" "$root/usr/sbin/policy-rc.d"
	epoch=$(latest "$work"/lists/*Release)
	write "$out/$step.tar"
done
