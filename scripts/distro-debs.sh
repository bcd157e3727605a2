#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Downloads packages of rdma-core from the archive of a Debian suite.
#   distro-debs.sh OUT PACKAGE...
# The first PACKAGE has libibverbs.so.1. OUT gets the packages, and OUT/about the version of that one and the private ABIs
# that its library names, one in each line.
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs apt-get chmod dpkg-deb grep mkdir mktemp mv rm sort

out=$1
library=$2
shift 2
mkdir -p "$out"
work=$(mktemp -d)
chmod 0755 "$work"
cd "$work"
apt-get update -q
# As root, because apt's own user cannot write here.
apt-get download -q -o APT::Sandbox::User=root "$library" "$@"
dpkg-deb --extract "$library"_*.deb files
dpkg-deb --field "$library"_*.deb Version >"$out/about"
grep -a -o -h 'IBVERBS_PRIVATE_[0-9]*' files/usr/lib/*/libibverbs.so.1 >private
sort -u private >>"$out/about"
mv ./*.deb "$out"
cd "$out"
rm -rf "$work"
