#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# One verdict about installed packages or a build tree; the exit status is the
# verdict, the lines that start with "evidence:" say why.
#   verdict.sh NAME
# Environment, as a verdict needs it:
#   PROVIDER DEVICE KERNEL_ABI PRIVATE_ABI   of the provider under test
#   MODALIAS     of the device, for providers that match by PCI id (may be empty)
#   GUID         16 hex digits, the node GUID of the tree that is made here
#   PACKAGES     names of the installed packages, separated by spaces
#   OWNER        the package that brings the provider (default: libibverbs)
#   RPMS         folder of packages that a verdict hands to dnf
#   WANT         what dnf must miss when it refuses them
#   BIN          folder of ibv_devices and ibv_devinfo (default: from PATH)
#   DRIVERS      folder of the .driver files, MODULES folder of the providers
#   ROOT         where what is left of a package is looked for (default: /)
#   WORK         folder for what is written on the way (default: /tmp)
#   DEVFOLDER    folder of device nodes (default: /dev)
# ibv_devices exits 0 with and without devices, so what it prints is asserted.
set -u

verdict=$1
sysfs=${WORK:-/tmp}/verbsmith-sysfs
out=${WORK:-/tmp}/verbsmith-out
drivers=${DRIVERS:-/etc/libibverbs.d}
modules=${MODULES:-/usr/lib64/libibverbs}
owner=${OWNER:-libibverbs}

evidence() { printf 'evidence: %s\n' "$*"; }
fail() {
    evidence "$*"
    exit 1
}

# make_tree DEVICE KERNEL_ABI: the sysfs that libibverbs reads when the kernel
# answers nothing over RDMA netlink, and the character device it must find.
make_tree() {
    rm -rf "$sysfs"
    mkdir -p "$sysfs/class/infiniband_verbs/uverbs0" "$sysfs/class/infiniband/$1/device"
    echo 6 >"$sysfs/class/infiniband_verbs/abi_version"
    echo "$1" >"$sysfs/class/infiniband_verbs/uverbs0/ibdev"
    echo 231:192 >"$sysfs/class/infiniband_verbs/uverbs0/dev"
    echo "$2" >"$sysfs/class/infiniband_verbs/uverbs0/abi_version"
    echo "1: CA" >"$sysfs/class/infiniband/$1/node_type"
    echo "$GUID" | sed 's/..../&:/g; s/:$//' >"$sysfs/class/infiniband/$1/node_guid"
    echo "${MODALIAS:-}" >"$sysfs/class/infiniband/$1/device/modalias"
    mkdir -p "${DEVFOLDER:-/dev}/infiniband"
    : >"${DEVFOLDER:-/dev}/infiniband/uverbs0"
    export SYSFS_PATH="$sysfs" IBV_SHOW_WARNINGS=1
}

# run COMMAND...: keeps what it printed in $out and shows it.
run() {
    "$@" >"$out" 2>&1
    status=$?
    cat "$out"
}

tool() { printf '%s' "${BIN:+$BIN/}$1"; }

# lists DEVICE: ibv_devices prints a row with exactly this name and GUID.
lists() { awk -v d="$1" -v g="$GUID" '$1 == d && $2 == g { found = 1 } END { exit !found }' "$out"; }

# names DEVICE: a row with this name, whatever its GUID.
names() { awk -v d="$1" '$1 == d { found = 1 } END { exit !found }' "$out"; }

# refused DEVICE WORDS: not listed, and libibverbs says why in its own words.
refused() {
    names "$1" && fail "$1 is listed"
    grep -F -- "$2" "$out" >/dev/null || fail "not listed, but libibverbs did not say '$2'"
    evidence "$(grep -m 1 -F -- "$2" "$out")"
}

module_file() { printf '%s/lib%s-rdmav%s.so' "$modules" "$PROVIDER" "$PRIVATE_ABI"; }

case $verdict in
    rpm-verify)
        # shellcheck disable=SC2086 # package names have no spaces
        run rpm -V $PACKAGES
        [ "$status" -eq 0 ] || fail "rpm -V exits $status"
        evidence "rpm -V of $(echo "$PACKAGES" | wc -w) packages prints nothing"
        ;;
    owner)
        for f in "$drivers/$PROVIDER.driver" "$(module_file)"; do
            by=$(rpm -qf --qf '%{NAME}' "$f") || fail "$f: $by"
            [ "$by" = "$owner" ] || fail "$f is owned by $by"
        done
        evidence "$PROVIDER.driver and $(basename "$(module_file)") are owned by $(rpm -q "$owner")"
        ;;
    beside)
        files=0
        for f in $(rpm -ql "$owner"); do
            [ -d "$f" ] && continue
            [ "$(rpm -qf --qf '%{NAME}\n' "$f")" = "$owner" ] || fail "$f is not of $owner alone"
            files=$((files + 1))
        done
        [ "$files" -gt 0 ] || fail "$owner has no files"
        rpm -q libibverbs >/dev/null || fail "libibverbs is not installed"
        run rpm -V libibverbs
        [ "$status" -eq 0 ] || fail "rpm -V libibverbs exits $status"
        evidence "$files files of $owner alone, libibverbs is untouched"
        ;;
    no-runpath)
        # The loader itself says which folders it was told to look in, and by whom.
        run env LD_DEBUG=libs ldd "$(module_file)"
        [ "$status" -eq 0 ] || fail "ldd exits $status"
        grep -F 'find library=libibverbs.so.1' "$out" >/dev/null || fail "the loader does not say how it looks for libibverbs.so.1"
        line=$(grep -m 1 -E "\\(R(UN)?PATH from file " "$out") && fail "$line"
        evidence "the loader is told no folder by $(basename "$(module_file)")"
        ;;
    updated)
        before=$(rpm -q libibverbs)
        run dnf upgrade -y "$RPMS"/*.rpm
        [ "$status" -eq 0 ] || fail "dnf upgrade exits $status"
        after=$(rpm -q libibverbs)
        [ "$before" != "$after" ] || fail "libibverbs is still $after"
        rpm -q "$owner" >/dev/null || fail "$owner is gone"
        run rpm -V libibverbs "$owner"
        [ "$status" -eq 0 ] || fail "rpm -V exits $status"
        make_tree "$DEVICE" "$KERNEL_ABI"
        run "$(tool ibv_devices)"
        lists "$DEVICE" || fail "after the update ibv_devices does not list $DEVICE"
        evidence "$before is now $after, and $DEVICE is listed"
        ;;
    refused)
        run dnf install -y "$RPMS"/*.rpm
        [ "$status" -ne 0 ] || fail "dnf installs it"
        rpm -q "$owner" && fail "dnf exits $status, and $owner is installed"
        grep -F -- "$WANT" "$out" >/dev/null || fail "dnf refuses it, but does not name $WANT"
        evidence "$(grep -m 1 -F -- "$WANT" "$out" | sed 's/^ *-* *//')"
        ;;
    private-abi)
        file=$(module_file)
        [ -f "$file" ] || fail "there is no $file"
        uses=$(grep -a -o 'IBVERBS_PRIVATE_[0-9]*' "$file" | sort -u | tr '\n' ' ')
        gives=$(grep -a -o 'IBVERBS_PRIVATE_[0-9]*' "$(ldconfig -p | awk '$1 == "libibverbs.so.1" { print $NF; exit }')" | sort -u | tr '\n' ' ')
        [ "$uses" = "$gives" ] || fail "the provider wants $uses, libibverbs gives $gives"
        [ "$uses" = "IBVERBS_PRIVATE_$PRIVATE_ABI " ] || fail "the provider wants $uses, the release has $PRIVATE_ABI"
        evidence "both sides: $uses"
        ;;
    loads)
        run ldd -r "$(module_file)"
        [ "$status" -eq 0 ] || fail "ldd exits $status"
        grep -E 'undefined symbol|not found|symbol lookup' "$out" >/dev/null && fail "$(grep -m 1 -E 'undefined symbol|not found|symbol lookup' "$out")"
        grep -F libibverbs.so.1 "$out" >/dev/null || fail "the provider is not linked to libibverbs.so.1"
        evidence "ldd -r resolves every symbol of $(basename "$(module_file)")"
        ;;
    listed)
        make_tree "$DEVICE" "$KERNEL_ABI"
        run "$(tool ibv_devices)"
        [ "$status" -eq 0 ] || fail "ibv_devices exits $status: $(tail -n 1 "$out")"
        lists "$DEVICE" || fail "ibv_devices does not list $DEVICE with GUID $GUID"
        evidence "$(awk -v d="$DEVICE" '$1 == d' "$out" | tr -s '\t ' ' ')"
        ;;
    devinfo)
        make_tree "$DEVICE" "$KERNEL_ABI"
        run "$(tool ibv_devinfo)" -l
        [ "$status" -eq 0 ] || fail "ibv_devinfo -l exits $status"
        names "$DEVICE" || fail "ibv_devinfo -l does not name $DEVICE"
        evidence "$(tr -s '\t\n ' ' ' <"$out")"
        ;;
    without-driver)
        rm "$drivers/$PROVIDER.driver" || fail "there was no $PROVIDER.driver"
        make_tree "$DEVICE" "$KERNEL_ABI"
        run "$(tool ibv_devices)"
        refused "$DEVICE" "no userspace device-specific driver found for"
        ;;
    without-module)
        rm "$(module_file)" || fail "there was no $(module_file)"
        make_tree "$DEVICE" "$KERNEL_ABI"
        run "$(tool ibv_devices)"
        names "$DEVICE" && fail "$DEVICE is listed"
        line=$(grep -m 1 -F "couldn't load driver" "$out") || fail "no warning about the missing module"
        case $line in
            *"$PROVIDER"*) evidence "$line" ;;
            *) fail "the warning does not name the provider: $line" ;;
        esac
        ;;
    foreign-abi)
        make_tree "$DEVICE" "$FOREIGN_ABI"
        run "$(tool ibv_devices)"
        refused "$DEVICE" "does not support the kernel ABI of $FOREIGN_ABI"
        ;;
    foreign-name)
        make_tree "$FOREIGN_DEVICE" "$KERNEL_ABI"
        run "$(tool ibv_devices)"
        refused "$FOREIGN_DEVICE" "no userspace device-specific driver found for"
        ;;
    removed)
        files=$(rpm -ql "$owner" | grep -v -F /.build-id)
        run dnf remove -y --noautoremove "$owner"
        [ "$status" -eq 0 ] || fail "dnf remove exits $status"
        left=$(find "${ROOT:-/}" -xdev \( -path /proc -o -path /verbsmith -o -path /rpms \) -prune -o \
            \( -name "$PROVIDER.driver*" -o -name "lib$PROVIDER-rdmav*" \) -print)
        [ -z "$left" ] || fail "left behind: $left"
        if [ "$owner" != libibverbs ]; then
            for f in $files; do
                [ ! -e "$f" ] || fail "left behind: $f"
            done
            run rpm -V libibverbs
            [ "$status" -eq 0 ] || fail "rpm -V libibverbs exits $status"
            make_tree "$DEVICE" "$KERNEL_ABI"
            run "$(tool ibv_devices)"
            refused "$DEVICE" "no userspace device-specific driver found for"
        fi
        evidence "dnf remove $owner leaves no file of $PROVIDER"
        ;;
    not-listed)
        make_tree "$DEVICE" "$KERNEL_ABI"
        run "$(tool ibv_devices)"
        refused "$DEVICE" "no userspace device-specific driver found for"
        ;;
    *)
        echo "verdict.sh: unknown verdict '$verdict'" >&2
        exit 64
        ;;
esac
