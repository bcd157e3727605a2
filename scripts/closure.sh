#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Asks dnf whether the repositories of this image and the packages of a directory have all that those packages require.
#   closure.sh DIRECTORY
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs cat dnf grep mktemp rm

directory=$1
if ! command -v createrepo_c >/dev/null 2>&1; then
    dnf install -y createrepo_c
    command -v createrepo_c >/dev/null
fi
createrepo_c --quiet "$directory"
said=$(mktemp)
# The distribution may have newer packages of these names; with best=True those alone would count.
status=0
dnf repoclosure --setopt=best=False --repofrompath="verbsmith-made,file://$directory" --setopt=verbsmith-made.gpgcheck=0 --check=verbsmith-made >"$said" 2>&1 || status=$?
cat "$said"
# dnf 4 ends with status 1 for what is not there; what else ends it is no answer.
if grep -q 'unresolved deps' "$said"; then
    echo "evidence: nothing in the repositories gives $(grep -A1 'unresolved deps' "$said" | grep -v -e '^--$' -e 'unresolved deps' | grep -m1 -o '[^ ].*')"
    exit 1
fi
[ "$status" -eq 0 ] || exit 70
set -- "$directory"/*.rpm
rm -f "$said"
echo "evidence: all that $# packages require is in the repositories"
