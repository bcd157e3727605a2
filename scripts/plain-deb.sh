#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds Debian's binary packages of rdma-core as a person does by hand, for
# comparison: dpkg-buildpackage -b in the unpacked release with another debian/.
#   plain-deb.sh RELEASE IN
# IN holds rdma-core_RELEASE.orig.tar.gz and debian/; the build is in IN/.. .
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs dpkg-buildpackage mkdir mv nproc rm tar

release=$1
in=$2
DEB_BUILD_OPTIONS=parallel=$(nproc)
export DEB_BUILD_OPTIONS

cd "$in/.."
mv "$in/rdma-core_$release.orig.tar.gz" .
mkdir tree
tar --extract --gzip --file="rdma-core_$release.orig.tar.gz" --strip-components=1 --directory=tree
rm -rf tree/debian
mv "$in/debian" tree/debian
cd tree
exec dpkg-buildpackage --build=binary --unsigned-changes
