#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs lintian on a .changes and all files that it names.
#   deb-lintian.sh DIRECTORY OUT
# OUT gets lintian.txt with every hint; lintian unpacks the packages in OUT/../tmp. The caller judges the hints:
# the exit status only says whether lintian ran. The rules are those of the image's distribution: Ubuntu's packages may be
# compressed otherwise than Debian's. The changelog's distribution is the suite, which lintian need not know: Debian's has no
# name of Ubuntu's.
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs cat lintian mkdir sed

directory=$1
out=$2
export TMPDIR="$out/../tmp"
mkdir -p "$out" "$TMPDIR"
profile=$(sed -n 's/^ID=//p' /etc/os-release)
lintian --no-cfg --profile "${profile:-debian}" --suppress-tags bad-distribution-in-changes-file --tag-display-limit 0 --fail-on none "$directory"/*.changes >"$out/lintian.txt"
cat "$out/lintian.txt"
