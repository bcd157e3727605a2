#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds an rdma-core tree that lives in a volume with its own build.sh, so
# that ninja builds only what changed since the last time.
#   tree-build.sh TREE LIST TOOLCHAIN FOLDER
# LIST names, one "digest mode path" per line, every file that the tree must
# have; others outside TREE/build are leftovers and are removed.
# build.sh runs CMake each time. If nothing but the content of C files and headers
# has changed since it last succeeded in the same TOOLCHAIN, ninja alone does the
# same: CMake reads none of them, except to check the compiler, which it does once.
# The Python bindings, which no provider changes, are left out.
# The CMake files in FOLDER, the provider's, may use commands that read any file;
# then CMake always runs.
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs bash cmp comm cut dirname find grep mktemp mv rm sed sort

tree=$1
list=$2
toolchain=$3
folder=$4
cd "$tree"

have=$(mktemp)
want=$(mktemp)
find . -path ./build -prune -o \( -type f -o -type l \) -print | sed 's|^\./||' | LC_ALL=C sort >"$have"
cut -d ' ' -f 3- "$list" | LC_ALL=C sort >"$want"
LC_ALL=C comm -23 "$have" "$want" | while IFS= read -r leftover; do
    rm -f -- "$leftover"
done
rm -f "$have" "$want"

if [ -n "${CCACHE_DIR:-}" ] && command -v ccache >/dev/null 2>&1; then
    export CMAKE_C_COMPILER_LAUNCHER=ccache
fi
export EXTRA_CMAKE_FLAGS=-DNO_PYVERBS=1
# What CMake can see: all of LIST but the digests of C files and headers.
configured=$(dirname "$list")/configured
seen=$(mktemp)
printf '%s\n' "$toolchain" "$EXTRA_CMAKE_FLAGS" >"$seen"
sed 's/^[^ ]* \([^ ]* .*\.[ch]\)$/\1/' "$list" >>"$seen"
reads='(file|configure_file|execute_process|include|load_cache|try_compile|try_run|check_[a-z_]*) *\('
if cmp -s "$seen" "$configured" && ! grep -rqiE --include=CMakeLists.txt --include='*.cmake' "$reads" "$folder"; then
    for ninja in ninja-build ninja; do
        ! command -v "$ninja" >/dev/null || exec "$ninja" -C build
    done
fi
rm -f -- "$configured"
bash build.sh
mv -- "$seen" "$configured"
