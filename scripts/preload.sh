#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Compiles a library for LD_PRELOAD, which answers a program in place of the C library or the kernel.
#   preload.sh SOURCE OUT.so
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs dirname gcc mkdir

source=$1
out=$2

mkdir -p "$(dirname "$out")"
gcc -std=gnu11 -O2 -Wall -Wextra -Werror -shared -fPIC -o "$out" "$source" -ldl
