#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds one provider of a patched rdma-core tree for debugging: no
# optimisation, every line in its debugging data.
#   lab-debug.sh TREE PROVIDER DIRECTORY OUT
# The provider's module goes to OUT. CCACHE_DIR is optional.
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs cmake cp mkdir ninja

tree=$1
provider=$2
directory=$3 # such as providers/fly
out=$4

if [ -n "${CCACHE_DIR:-}" ] && command -v ccache >/dev/null 2>&1; then
    export CMAKE_C_COMPILER_LAUNCHER=ccache
fi
mkdir -p "$tree/debug" "$out"
cd "$tree/debug"
cmake -GNinja -DCMAKE_BUILD_TYPE=Debug -DNO_PYVERBS=1 -DNO_MAN_PAGES=1 ..
ninja "$directory/all"
cp lib/"lib$provider"-rdmav*.so "$out/"
