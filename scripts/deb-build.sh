#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds Debian's source package of rdma-core, and from that alone its binary
# packages, so that equal inputs give equal bytes.
#   deb-build.sh RELEASE IN OUT
# IN holds rdma-core_RELEASE.orig.tar.gz and debian/. The build is in IN/.., a
# fixed path, because it is compiled into the result. OUT gets everything that
# dpkg-buildpackage writes.
# Environment: SOURCE_DATE_EPOCH (seconds, the release's date), CCACHE_DIR (optional).
set -eu

release=$1
in=$2
out=$3
: "${SOURCE_DATE_EPOCH:?the date of the release in seconds}"

# CMake reads these two from the environment.
if [ -n "${CCACHE_DIR:-}" ] && command -v ccache >/dev/null 2>&1; then
    export CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache
fi
DEB_BUILD_OPTIONS=parallel=$(nproc)
export DEB_BUILD_OPTIONS

cd "$in/.."
tree=rdma-core-$release
orig=rdma-core_$release.orig.tar.gz
mv "$in/$orig" .
mkdir "$tree"
tar --extract --gzip --file="$orig" --strip-components=1 --directory="$tree"
# Upstream's tarball contains its debian/; a source package replaces it with its own.
rm -rf "$tree/debian"
mv "$in/debian" "$tree/debian"

# The tree is unpacked from the source package, so nothing else can be built.
dpkg-source --build "$tree"
rm -rf "$tree"
dpkg-source --extract ./*.dsc "$tree"
cd "$tree"
dpkg-buildpackage --unsigned-source --unsigned-changes
cd ..
mkdir -p "$out"
for file in *.deb *.dsc *.tar.* *.changes *.buildinfo; do
    mv "$file" "$out/"
done
