#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Gives a verdict about one of several builds, all of which were made at the same path.
#   build-verdict.sh AT FROM NAME
# AT becomes a link to FROM. The verdict and its environment are those of verdict.sh.
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs ln mkdir

mkdir -p "${1%/*}"
ln -sfn "$2" "$1"
exec /bin/sh "${0%/*}/verdict.sh" "$3"
