#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Asks the repositories of a distribution for the newest libibverbs in them.
#   distro-release.sh OUT
# OUT gets EPOCH:VERSION-RELEASE, or nothing if they have none.
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs dnf mkdir rm sed uname

mkdir -p "${1%/*}"
dnf -q repoquery --available --latest-limit=1 --arch="$(uname -m)" --qf '%{epoch}:%{version}-%{release}\n' libibverbs >"$1.lines"
# dnf 4 ends the line itself.
sed '/^$/d' "$1.lines" >"$1"
rm "$1.lines"
