#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Compiles the program that exercises verbs with the distribution's compiler,
# against the headers and libraries of the packages under test, which are
# unpacked but not installed.
#   lab-exercise.sh RPMDIR SOURCE OUT
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs cpio gcc mkdir mktemp rm rpm2cpio

rpms=$1
source=$2
out=$3
root=$(mktemp -d)
for rpm in "$rpms"/*.rpm; do
    rpm2cpio "$rpm" >"$root/payload"
    (cd "$root" && cpio --extract --make-directories --quiet --no-absolute-filenames <payload)
done
mkdir -p "$out"
# --allow-shlib-undefined: libibverbs' own dependencies are not here. -rdynamic: the program replaces some of libc's
# functions (intercept.c).
gcc -std=gnu11 -O2 -g -Wall -Wextra -Werror -rdynamic "-I$root/usr/include" -o "$out/exercise" "$source"/*.c \
    "-L$root/usr/lib64" -Wl,--allow-shlib-undefined -libverbs -lpthread -ldl
rm -rf "$root"
