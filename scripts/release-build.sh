#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Compiles what discovery needs from a patched rdma-core tree: the kernel's
# headers, libibverbs, one provider and ibv_devices.
#   release-build.sh TREE PROVIDER DIRECTORY OUT
# The result goes to OUT, laid out as in TREE/build. CCACHE_DIR is optional.
# If BASE is set, TREE is made of release-base.sh's archive of that name, with the files in the
# directory FILES over it.
# A warning in the provider's own files is an error; elsewhere it is upstream's.
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs cat cmake cp gzip mkdir mv nice rm tar

tree=$1
provider=$2
directory=$3 # such as providers/fly
out=$4

if [ -n "${CCACHE_DIR:-}" ] && command -v ccache >/dev/null 2>&1; then
    export CMAKE_C_COMPILER_LAUNCHER=ccache
fi
if [ -n "${BASE:-}" ]; then
    rm -rf "$tree"
    mkdir -p "$tree"
    gzip -dc "$BASE" | tar x -C "$tree"
    # As new files: whatever is made of them is made again.
    cp -R --preserve=mode "$FILES/." "$tree/"
fi
list=$tree/$directory/CMakeLists.txt
{
    echo 'add_compile_options(-Werror)'
    cat "$list"
} >"$list.werror"
mv "$list.werror" "$list"

mkdir -p "$tree/build" "$out/lib" "$out/bin" "$out/etc/libibverbs.d"
cd "$tree/build"
# Its many probes are not worth caching: looking them up takes as long as compiling them.
CCACHE_DISABLE=1 cmake -GNinja -DIN_PLACE=1 -DCMAKE_BUILD_TYPE=Debug -DNO_PYVERBS=1 -DNO_MAN_PAGES=1 ..
# This may be one of hundreds, several at a time, on a machine that someone works on.
nice ninja -j 2 kernel-headers/all libibverbs/all "$directory/all" bin/ibv_devices
cp -a lib/libibverbs.so* lib/"lib$provider"-rdmav*.so "$out/lib/"
# The plug-in of a direct-verbs library is a link to it.
for library in lib/"lib$provider".so*; do
    [ ! -e "$library" ] || cp -a "$library" "$out/lib/"
done
cp -a bin/ibv_devices "$out/bin/"
cp -a "etc/libibverbs.d/$provider.driver" "$out/etc/libibverbs.d/"
