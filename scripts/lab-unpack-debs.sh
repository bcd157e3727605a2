#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes the kernel lab's guest of Debian's packages, for any processor: apt resolves what they and the essential packages require,
# as for an empty system, and all of it is unpacked. No script of a package runs, because it may be for another processor. The
# distribution's tools that measure and watch them are added, and the file system is written to a tar archive.
#   lab-unpack-debs.sh DEBDIR OUT.tar PROCESSOR
# PROCESSOR is Debian's name. OUT.tar is on another file system, such as a volume.
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs apt-get chmod cp dpkg-deb ln mkdir mktemp mv rm sed tar

debs=$1
out=$2
processor=$3
work=$(mktemp -d "${out%/*}/guest.XXXXXX")
clean() { rm -rf "$work"; }
trap clean EXIT
root=$work/root
mkdir -p "$work/lists/partial" "$work/archives/partial" "$root/etc"
: >"$work/status"

resolve() {
    apt-get -q -o "APT::Architecture=$processor" -o "APT::Architectures=$processor" -o "Dir::State::lists=$work/lists" \
        -o "Dir::State::status=$work/status" -o "Dir::Cache::archives=$work/archives" -o Dir::Cache::pkgcache= \
        -o Dir::Cache::srcpkgcache= -o Acquire::Languages=none -o APT::Sandbox::User=root -o Debug::NoLocking=1 "$@"
}
resolve update
# A tool that does not go with the packages is left out: the cases that need it are unsupported, and say so.
tools=
for tool in iproute2 perftest python3-minimal valgrind; do
    # shellcheck disable=SC2086 # words
    if resolve install -s --no-install-recommends "$debs"/*.deb $tools "$tool" >"$work/said"; then
        tools="$tools $tool"
    else
        echo "lab-unpack-debs.sh: $tool does not go with these packages, and is left out"
    fi
done
# shellcheck disable=SC2086 # words
resolve install -y --no-install-recommends --download-only "$debs"/*.deb '?essential' $tools

# The essential packages expect the merged directories.
for directory in bin sbin lib; do
    mkdir -p "$root/usr/$directory"
    ln -s "usr/$directory" "$root/$directory"
done
mkdir -p "$root/var/lib/dpkg/info"
for package in "$work"/archives/*.deb "$debs"/*.deb; do
    dpkg-deb --fsys-tarfile "$package" >"$work/files.tar"
    tar --extract --file="$work/files.tar" --keep-directory-symlink --directory="$root"
    tar --list --file="$work/files.tar" >>"$work/files"
done
# As dpkg would have it, in one list.
sed -e 's|^\.||' -e 's|/$||' "$work/files" >"$root/var/lib/dpkg/info/guest.list"
# base-passwd's script would have made them.
for file in passwd group; do
    [ -e "$root/etc/$file" ] || cp "$root/usr/share/base-passwd/$file.master" "$root/etc/$file"
done
echo verbsmith >"$root/etc/hostname"
printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"

tar --create --file="$out.part" --numeric-owner --directory="$root" .
chmod 0644 "$out.part"
mv "$out.part" "$out"
