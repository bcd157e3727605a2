#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Compiles of a patched rdma-core tree what discovery needs: the kernel's
# headers, libibverbs, one provider and ibv_devices.
#   release-build.sh TREE PROVIDER DIRECTORY OUT
# What was built goes to OUT, as it was below TREE/build. CCACHE_DIR is optional.
# A warning in the provider's own files is an error; elsewhere it is upstream's.
set -eu

tree=$1
provider=$2
directory=$3 # such as providers/fly
out=$4

if [ -n "${CCACHE_DIR:-}" ] && command -v ccache >/dev/null 2>&1; then
    export CMAKE_C_COMPILER_LAUNCHER=ccache
fi
list=$tree/$directory/CMakeLists.txt
{
    echo 'add_compile_options(-Werror)'
    cat "$list"
} >"$list.werror"
mv "$list.werror" "$list"

mkdir -p "$tree/build" "$out/lib" "$out/bin" "$out/etc/libibverbs.d"
cd "$tree/build"
# Its many probes are worth no place in the cache, and asking for them takes as long as making them.
CCACHE_DISABLE=1 cmake -GNinja -DIN_PLACE=1 -DCMAKE_BUILD_TYPE=Debug -DNO_PYVERBS=1 -DNO_MAN_PAGES=1 ..
# This may be one of hundreds, of which several run at a time, and somebody works beside it.
nice ninja -j 2 kernel-headers/all libibverbs/all "$directory/all" bin/ibv_devices
cp -a lib/libibverbs.so* lib/"lib$provider"-rdmav*.so "$out/lib/"
# Of a direct-verbs library the plug-in is a link to it.
for library in lib/"lib$provider".so*; do
    [ ! -e "$library" ] || cp -a "$library" "$out/lib/"
done
cp -a bin/ibv_devices "$out/bin/"
cp -a "etc/libibverbs.d/$provider.driver" "$out/etc/libibverbs.d/"
