#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs a release's own make_abi_structs.py on a kernel header, as its build does.
#   abi-structs.sh SCRIPT HEADER OUT
# The result goes to the directory OUT, under the header's name. If the script
# fails, OUT/crash has its output, and this script still succeeds.
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs cat mkdir python3 rm

script=$1
header=$2
out=$3

mkdir -p "$out"
if ! python3 -I -S -B -X utf8 "$script" "$header" "$out/${header##*/}" >"$out/crash" 2>&1; then
    cat "$out/crash"
    [ -s "$out/crash" ] || echo "failed without output" >"$out/crash"
    exit 0
fi
rm "$out/crash"
