#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Configures a release with the provider's directory emptied and compiles what discovery needs
# beside a provider: the kernel's headers, libibverbs and ibv_devices.
#   release-base.sh TREE FROM OUT
# FROM is moved to TREE, which is the same for all releases. OUT/base.tar.gz gets all of TREE, with
# its times, by which ninja knows what is up to date. CCACHE_DIR is optional.
# CMake's probes of the compiler and the system are made once for all releases of one container
# whose CMake files are the same but for the version, and handed on below TREE's parent.
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs cmake cp dirname find gzip mkdir mv nice rm sha256sum sort tar xargs

tree=$1
from=$2
out=$3

if [ -n "${CCACHE_DIR:-}" ] && command -v ccache >/dev/null 2>&1; then
    export CMAKE_C_COMPILER_LAUNCHER=ccache
fi
rm -rf "$tree"
mv "$from" "$tree"
cd "$tree"
files=$(find . -name CMakeLists.txt -o -name '*.cmake' | LC_ALL=C sort | xargs sed -s -n -e '/^set(PACKAGE_VERSION "/d' -e F -e p | sha256sum)
probes=$(dirname "$tree")/probes/${files%% *}
mkdir -p "$tree/build" "$out"
cd "$tree/build"
[ ! -d "$probes" ] || cp -a "$probes/." .
# Its many probes are not worth caching: looking them up takes as long as compiling them.
CCACHE_DISABLE=1 cmake -GNinja -DIN_PLACE=1 -DCMAKE_BUILD_TYPE=Debug -DNO_PYVERBS=1 -DNO_MAN_PAGES=1 ..
if [ ! -d "$probes" ]; then
    mkdir -p "$probes.new/CMakeFiles"
    cp -a CMakeCache.txt "$probes.new/"
    cp -a CMakeFiles/[0-9]* "$probes.new/CMakeFiles/"
    mv "$probes.new" "$probes"
fi
# This may be one of hundreds, several at a time, on a machine that someone works on.
nice ninja -j 2 kernel-headers/all libibverbs/all bin/ibv_devices
tar c --sort=name -C "$tree" . | gzip -1n >"$out/base.tar.gz"
