#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs the commands of several rows of a table, one after the other, in one container.
#   rows.sh COMMANDS SECONDS OUT NAME...
# COMMANDS/NAME has a row's command, one argument in each line. A command that takes longer is
# killed. OUT/.status gets a line "NAME STATUS" for each, written at the end, from memory: no
# command can leave a status that is not its own by accident. The exit status is 0 whatever
# theirs are.
set -u

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs mkdir timeout

commands=$1
seconds=$2
out=$3
shift 3

mkdir -p "$out" || exit 1
statuses=
for name in "$@"; do
    echo "== $name"
    (
        set --
        while IFS= read -r argument; do
            set -- "$@" "$argument"
        done <"$commands/$name"
        exec timeout -k 5 "$seconds" "$@" </dev/null
    )
    statuses="$statuses$name $?
"
done
printf '%s' "$statuses" >"$out/.status"
