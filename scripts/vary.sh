#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs another script of this directory with what a build should not notice changed.
#   vary.sh UMASK FOLDER SCRIPT [ARGUMENT...]
# UMASK and FOLDER, which comes first in PATH, may be empty. Environment: VARY_PRELOAD, a library for LD_PRELOAD (vary.c, which says
# what else it reads); VARY_FIXED, if not empty: programs are always at the same addresses; everything else is the script's.
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}

mask=$1
folder=$2
shift 2
[ -z "$mask" ] || umask "$mask"
[ -z "$folder" ] || export PATH="$folder:$PATH"
if [ -n "${VARY_PRELOAD:-}" ]; then
    export LD_PRELOAD="$VARY_PRELOAD"
fi
script=$1
shift
set -- /bin/sh "${0%/*}/$script" "$@"
if [ -n "${VARY_FIXED:-}" ]; then
    needs setarch
    set -- setarch -R "$@"
fi
exec "$@"
