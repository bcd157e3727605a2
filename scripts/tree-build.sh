#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds an rdma-core tree that lives in a volume with its own build.sh, so
# that ninja builds only what changed since the last time.
#   tree-build.sh TREE LIST
# LIST names, one "digest mode path" per line, every file that the tree must
# have; others outside TREE/build are leftovers and are removed.
set -eu

tree=$1
list=$2
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
exec bash build.sh
