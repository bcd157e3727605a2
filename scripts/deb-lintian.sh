#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs lintian on a .changes and all files that it names.
#   deb-lintian.sh DIRECTORY OUT
# OUT gets lintian.txt with every hint; lintian unpacks the packages in OUT/../tmp. The caller judges the hints:
# the exit status only says whether lintian ran.
set -eu

directory=$1
out=$2
export TMPDIR="$out/../tmp"
mkdir -p "$out" "$TMPDIR"
lintian --no-cfg --profile debian --tag-display-limit 0 --fail-on none "$directory"/*.changes >"$out/lintian.txt"
cat "$out/lintian.txt"
