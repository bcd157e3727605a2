#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs a command and reports whether the container hit a kernel limit meanwhile.
#   limits.sh COMMAND [ARGUMENT...]
# The exit status is the command's; if it exited with 0 although the kernel killed a process for lack of memory, or
# refused a new process, it is 70. The last line then is "verbsmith: limit met: memory" or "... processes".
# A build can exit with 0 after either, and an engine does not always report it. If a container cannot see its own
# counters (in /sys/fs/cgroup), nothing is reported.
# If the exit status is 0, the content of $OUTPUT_KEY is written to $OUTPUT_KEY_FILE, if that is set: the file says what was
# made here. The command does not have these variables.
set -u

key=${OUTPUT_KEY:-}
key_file=${OUTPUT_KEY_FILE:-}
unset OUTPUT_KEY OUTPUT_KEY_FILE

# look FILE COUNTER LIMIT: the limit was hit if the counter is not 0. Only shell builtins are used: where no process can be
# created any more, none can be created for this.
look() {
    [ -r "$1" ] || return 0
    while read -r name count; do
        [ "$name" != "$2" ] || [ "$count" = 0 ] || met=$3
    done <"$1"
}

"$@"
status=$?

met=
cgroup=/sys/fs/cgroup
look "$cgroup/pids.events" max processes
look "$cgroup/pids/pids.events" max processes
look "$cgroup/memory.events" oom_kill memory
look "$cgroup/memory/memory.oom_control" oom_kill memory
if [ -n "$met" ]; then
    echo "verbsmith: limit met: $met" >&2
    [ "$status" -ne 0 ] || status=70
fi
if [ "$status" -eq 0 ] && [ -n "$key_file" ]; then
    printf '%s' "$key" >"$key_file" || status=71
fi
exit "$status"
