#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A Podman of its own for a test, with its socket, images and volumes below a directory. Needs root.
#   podman-service.sh install      installs Podman on Debian, if it is missing
#   podman-service.sh serve DIR    serves at DIR/podman.sock until it is killed
#   podman-service.sh await DIR    waits until it answers there
set -eu

fail() {
    echo "podman-service.sh: $*" >&2
    exit 1
}

install() {
    command -v podman >/dev/null 2>&1 && return
    command -v apt-get >/dev/null 2>&1 || fail "podman is not installed, and there is no apt-get to install it with"
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends podman crun catatonit netavark
}

limit() { prlimit "$1" --output=HARD --raw --noheadings; }

# serve keeps away from the machine's own Podman, and from what its runtime cannot use here:
# - The limits of open files and processes are those of this process: Podman would raise them, which takes CAP_SYS_RESOURCE.
# - crun refuses version 1 of cgroups if version 2 is mounted below it; a mount namespace of its own hides that, and
#   ends all mounts with the service.
serve() {
    dir=$1
    mkdir -p "$dir"
    files=$(limit --nofile) processes=$(limit --nproc) most=$(cat /proc/sys/kernel/pid_max)
    case $processes in unlimited | ???????*) processes=$most ;; esac
    [ "$processes" -le "$most" ] || processes=$most # Podman lowers its own to that
    [ "$files" != unlimited ] || files=1048576
    cat >"$dir/containers.conf" <<EOF
[containers]
default_ulimits = ["nofile=$files:$files", "nproc=$processes:$processes"]
EOF
    CONTAINERS_CONF=$dir/containers.conf
    export CONTAINERS_CONF
    exec unshare --mount --propagation slave sh "$0" inside "$dir"
}

inside() {
    dir=$1
    if mountpoint -q /sys/fs/cgroup/unified; then
        umount /sys/fs/cgroup/unified
    fi
    # Its state and locks, apart from the machine's, under a short path: Podman takes no more than 50 characters.
    mkdir -p /run/containers
    mount -t tmpfs podman /run/containers
    mount -t tmpfs podman /dev/shm
    exec podman --root "$dir/storage" --runroot /run/containers/run --tmpdir /run/containers/tmp --storage-driver overlay \
        system service --time=0 "unix://$dir/podman.sock"
}

await() {
    dir=$1
    command -v curl >/dev/null 2>&1 || fail "curl is not installed"
    n=0
    until curl -sf --unix-socket "$dir/podman.sock" http://podman/_ping >/dev/null; do
        n=$((n + 1))
        [ "$n" -le 60 ] || fail "no Podman answers at $dir/podman.sock after a minute"
        sleep 1
    done
}

[ "$(id -u)" = 0 ] || fail "needs root"
case ${1-} in
install) install ;;
serve | inside | await) "$1" "${2:?directory}" ;;
*) fail "want install, serve DIR or await DIR" ;;
esac
