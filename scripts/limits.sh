#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs a command and reports whether the container hit a kernel limit meanwhile.
#   limits.sh COMMAND [ARGUMENT...]
# The exit status is the command's; if it exited with 0 although the kernel killed a process for lack of memory, or
# refused a new process, it is 70. The last line then is "verbsmith: limit met: memory" or "... processes".
# A build can exit with 0 after either, and an engine does not always report it. If a container cannot see its own
# counters (in /sys/fs/cgroup), nothing is reported.
set -u

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
[ -n "$met" ] || exit "$status"
echo "verbsmith: limit met: $met" >&2
[ "$status" -ne 0 ] || status=70
exit "$status"
