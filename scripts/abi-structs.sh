#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Has a release's own make_abi_structs.py read a kernel header, as its build does.
#   abi-structs.sh SCRIPT HEADER OUT
# What it makes goes to the folder OUT, under the header's name. Where it ends
# with an error, what it said is in OUT/crash, and that is no error of this script.
set -eu

script=$1
header=$2
out=$3

mkdir -p "$out"
if ! python3 -I -S -B -X utf8 "$script" "$header" "$out/${header##*/}" >"$out/crash" 2>&1; then
    cat "$out/crash"
    [ -s "$out/crash" ] || echo "ended with an error and no word" >"$out/crash"
    exit 0
fi
rm "$out/crash"
