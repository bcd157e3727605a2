#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Compiles the program that exercises verbs with the distribution's compiler,
# against the headers and libraries of the packages under test, which are
# unpacked but not installed.
#   lab-exercise.sh PACKAGES SOURCE OUT
# Environment: CROSS (optional: the packages' processor, as GNU names it, if it is not the image's).
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs gcc mkdir mktemp rm

compile() { gcc "$@"; }
[ -z "${CROSS:-}" ] || compile() { "$CROSS-linux-gnu-gcc" "$@"; }

packages=$1
source=$2
out=$3
root=$(mktemp -d)
for package in "$packages"/*; do
    case $package in
        *.deb)
            needs dpkg-deb
            dpkg-deb --extract "$package" "$root"
            ;;
        *)
            needs cpio rpm2cpio
            rpm2cpio "$package" >"$root/payload"
            (cd "$root" && cpio --extract --make-directories --quiet --no-absolute-filenames <payload)
            ;;
    esac
done
libraries=$root/usr/lib64
[ -d "$libraries" ] || for libraries in "$root"/usr/lib/*-linux-gnu; do :; done
mkdir -p "$out"
# --allow-shlib-undefined: libibverbs' own dependencies are not here. -rdynamic: the program replaces some of libc's
# functions (intercept.c).
compile -std=gnu11 -O2 -g -Wall -Wextra -Werror -rdynamic "-I$root/usr/include" -o "$out/exercise" "$source"/*.c \
    "-L$libraries" -Wl,--allow-shlib-undefined -libverbs -lpthread -ldl
rm -rf "$root"
