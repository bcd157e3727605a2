#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Compiles the program that exercises verbs with the distribution's compiler,
# against the headers and libraries of the packages under test, which are
# unpacked but not installed.
#   lab-exercise.sh RPMDIR SOURCE OUT
set -eu

rpms=$1
source=$2
out=$3
root=$(mktemp -d)
for rpm in "$rpms"/*.rpm; do
    (cd "$root" && rpm2cpio "$rpm" | cpio --extract --make-directories --quiet --no-absolute-filenames)
done
mkdir -p "$out"
# --allow-shlib-undefined: libibverbs' own dependencies are not here. -rdynamic: the program replaces some of libc's
# functions (intercept.c).
gcc -std=gnu11 -O2 -g -Wall -Wextra -Werror -rdynamic "-I$root/usr/include" -o "$out/exercise" "$source"/*.c \
    "-L$root/usr/lib64" -Wl,--allow-shlib-undefined -libverbs -lpthread -ldl
rm -rf "$root"
