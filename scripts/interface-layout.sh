#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Compiles an object whose debugging data describes the structures that libibverbs and a provider share.
#   interface-layout.sh TREE OUT
# Of the release only the kernel's headers are built; the flags are those of specs/addon.spec.
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs cmake gcc mkdir ninja

tree=$1
out=$2

mkdir -p "$tree/build" "$out"
cd "$tree/build"
cmake -GNinja -DIN_PLACE=1 -DCMAKE_BUILD_TYPE=Debug -DNO_PYVERBS=1 -DNO_MAN_PAGES=1 ..
ninja kernel-headers/all
printf '#include <config.h>\n#include <infiniband/driver.h>\n' >interface.c
gcc -std=gnu11 -w -g -O0 -D_GNU_SOURCE -fno-eliminate-unused-debug-types -fno-lto -Iinclude -c interface.c -o "$out/interface.o"
