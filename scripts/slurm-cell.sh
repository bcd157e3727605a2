#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# One task of a job array of Slurm: runs one cell of a matrix.
#   slurm-cell.sh CELLS PROGRAM ARGUMENT...   CELLS has the cells' IDs, one in a line, the first one that of task 0
# Environment: SLURM_ARRAY_TASK_ID; VERBSMITH_CACHE (default a directory of the node's own: locks do not work on every shared file
# system). The node's engine is found as on any machine.
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs id sed

cells=$1
program=$2
shift 2
: "${SLURM_ARRAY_TASK_ID:?the number of the task in its array}"
cell=$(sed -n "$((SLURM_ARRAY_TASK_ID + 1))p" "$cells")
if [ -z "$cell" ]; then
    echo "${0##*/}: $cells has no cell for task $SLURM_ARRAY_TASK_ID" >&2
    exit 66
fi
export VERBSMITH_CACHE="${VERBSMITH_CACHE:-/var/tmp/verbsmith-$(id -u)}"
# Slurm signals this process: it becomes the program.
exec "$program" "$@" "-cell=$cell"
