#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs a command and says whether the container met a limit of the kernel's on the way.
#   limits.sh COMMAND [ARGUMENT...]
# The exit status is the command's; where it ended with 0 though the kernel killed a process for want of memory, or
# refused it another one, it is 70. The last line then is "verbsmith: limit met: memory" or "... processes".
# A build can end with 0 after either, and an engine does not always tell. Where a container does not see its own
# counters (in /sys/fs/cgroup) nothing is said.
set -u

# look FILE COUNTER LIMIT: the limit was met where the counter is not 0. The shell does it alone: where no process may be
# made any more, none can be for this.
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
