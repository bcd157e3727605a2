#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes the kernel lab's guest: installs packages with dnf, and the distribution's
# tools that measure and watch them, and writes the whole file system to a tar
# archive.
#   lab-install.sh RPMDIR OUT.tar
# OUT.tar is on another file system, such as a volume. dnf-install.sh is next to
# this script.
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs chmod dnf mkdir mktemp mv

rpms=$1
out=$2
# tar is this script's own, so it comes before the packages under test.
if ! command -v tar >/dev/null; then
    echo "lab-install.sh: this image has no tar: it is installed beside the packages under test"
    dnf install -y tar
fi
needs tar
# Cases that need a missing package are unsupported and say so. rdma-core's
# suite runs iproute's rdma.
/bin/sh "${0%/*}/dnf-install.sh" "$rpms" iproute perftest valgrind

# An engine mounts these three over the container's own, which are empty.
work=$(mktemp -d)
mkdir "$work/etc"
echo 'verbsmith' >"$work/etc/hostname"
printf '127.0.0.1 localhost\n::1 localhost\n' >"$work/etc/hosts"
: >"$work/etc/resolv.conf"
status=0
tar --create --file="$out.part" --numeric-owner --one-file-system \
    --exclude=./proc/* --exclude=./sys/* --exclude=./dev/* --exclude=./tmp/* --exclude=./run/* \
    --exclude=./var/cache/* --exclude=./usr/share/standin --exclude=./verbsmith --exclude=./rpms --exclude=./.dockerenv \
    --exclude=./etc/hostname --exclude=./etc/hosts --exclude=./etc/resolv.conf \
    --directory=/ . || status=$?
# 1 means that a file changed meanwhile: dnf's log, or the directory of this script's own output.
[ "$status" -le 1 ]
tar --append --file="$out.part" --numeric-owner --directory="$work" ./etc/hostname ./etc/hosts ./etc/resolv.conf
chmod 0644 "$out.part"
mv "$out.part" "$out"
