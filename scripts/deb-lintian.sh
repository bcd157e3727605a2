#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs lintian on a .changes and all files that it names.
#   deb-lintian.sh DIRECTORY OUT
# OUT gets lintian.txt with every hint; lintian unpacks the packages in OUT/../tmp. The caller judges the hints:
# the exit status only says whether lintian ran.
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs cat lintian mkdir

directory=$1
out=$2
export TMPDIR="$out/../tmp"
mkdir -p "$out" "$TMPDIR"
lintian --no-cfg --profile debian --tag-display-limit 0 --fail-on none "$directory"/*.changes >"$out/lintian.txt"
cat "$out/lintian.txt"
