#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# One verdict about installed packages or a build tree; the exit status is the
# verdict, the lines that start with "evidence:" say why.
#   verdict.sh NAME
# Environment, as a verdict needs it:
#   PROVIDER DEVICE KERNEL_ABI PRIVATE_ABI   of the provider under test
#   MODALIAS     of the device, for providers that match by PCI id (may be empty)
#   DRIVER_ID    of the device, for providers that match by it alone; NETLINK is
#                then the library that simulates the kernel's netlink (rdma-netlink.c)
#   FOREIGN_ABI FOREIGN_DEVICE FOREIGN_ID    what the provider must refuse
#   GUID         16 hex digits, the node GUID of the tree that is made here
#   PACKAGES     names of the installed packages, separated by spaces
#   OWNER        the package that has the provider's files (default: libibverbs)
#   MANAGER      what installed them: rpm (the default) or dpkg
#   GIVEN        directory of packages that a verdict passes to dnf or apt, for survives-upgrade and upgrade-across a repository
#   LOCK         lines for dnf.conf that keep the installed packages
#   CONF         dnf's configuration (default: /etc/dnf/dnf.conf)
#   WANT         what dnf or apt must miss when it refuses them
#   NEIGHBOUR NEIGHBOUR_MODULE    another provider's add-on that is installed too
#   DIAGNOSE     the program that says why a device is not found
#   BIN          directory of ibv_devices and ibv_devinfo (default: from PATH)
#   DRIVERS      directory of the .driver files, MODULES directory of the providers
#   ROOT         where to look for leftovers of a package (default: /)
#   WORK         directory for temporary files (default: /tmp)
#   DEVFOLDER    directory of device nodes (default: /dev)
# ibv_devices exits 0 with and without devices, so what it prints is asserted.
# An image may lack what others have: the real EL 8 has no find, xargs and diff. Each verdict first asks for its commands,
# and no result depends on a command whose status is not looked at.
set -eu

verdict=$1
sysfs=${WORK:-/tmp}/verbsmith-sysfs
out=${WORK:-/tmp}/verbsmith-out
drivers=${DRIVERS:-/etc/libibverbs.d}
manager=${MANAGER:-rpm}
package=${OWNER:-libibverbs}
stock=libibverbs # the package of libibverbs itself
[ "$manager" = rpm ] || stock=libibverbs1
modules=${MODULES:-/usr/lib64/libibverbs}
if [ "$manager" = dpkg ] && [ -z "${MODULES:-}" ]; then
    # One directory per architecture; if only one is installed, use it.
    for modules in /usr/lib/*/libibverbs; do :; done
fi

# only_from SOURCES COMMAND ARGUMENT...: apt-get with the repositories in that file alone. Debian's slim images exclude documentation,
# of which dpkg --verify would say that it is missing.
only_from() {
    sources=$1
    command=$2
    shift 2
    apt-get "$command" -y -o Dir::Etc::SourceList="$sources" -o Dir::Etc::SourceParts=/dev/null -o 'DPkg::Options::=--path-include=*' "$@"
}

# offline COMMAND PACKAGE...: dnf or apt, asked about the packages at hand alone: a repository may have others. tsflags is nodocs
# in some distributions.
offline() {
    command=$1
    shift
    case $manager in
        rpm) dnf "$command" -y --disablerepo='*' --setopt=tsflags= "$@" ;;
        dpkg) only_from /dev/null "$command" "$@" ;;
    esac
}

# from_given COMMAND ARGUMENT...: apt-get with the packages of one repository.
from_given() {
    list=${WORK:-/tmp}/verbsmith.list
    echo "deb [trusted=yes] file:$GIVEN ./" >"$list"
    only_from "$list" "$@"
}

# upgrade_all: dnf upgrade, with the packages of one repository. They are not signed, for which rpm 6 asks the repository's own setting.
upgrade_all() {
    dnf upgrade -y --repofrompath=verbsmith-newer,"$GIVEN" --repo=verbsmith-newer --nogpgcheck --setopt=verbsmith-newer.gpgcheck=0
}

evidence() { printf 'evidence: %s\n' "$*"; }
fail() {
    evidence "$*"
    exit 1
}

# needs COMMAND...: without one of them there is no verdict.
needs() {
    for command; do
        command -v "$command" >/dev/null || fail "this image has no $command"
    done
}
needs awk cat env grep mkdir rm sed

# needs_manager: what knows packages; needs_installer: what installs them.
needs_manager() {
    case $manager in
        rpm) needs rpm ;;
        dpkg) needs dpkg dpkg-query ;;
    esac
}
needs_installer() {
    case $manager in
        rpm) needs dnf ;;
        dpkg) needs apt-get ;;
    esac
}

# make_tree DEVICE KERNEL_ABI [DRIVER_ID]: the sysfs that libibverbs reads when the kernel
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
    player=
    if [ -n "${DRIVER_ID:-}" ]; then
        player="LD_PRELOAD=$NETLINK DEVICE=$1 KERNEL_ABI=$2 DRIVER_ID=${3:-$DRIVER_ID} GUID=$GUID"
    fi
}

# ask TOOL ARGUMENT...: runs a tool of libibverbs, which uses make_tree's tree.
ask() {
    tool=$(tool "$1")
    shift
    # shellcheck disable=SC2086 # the player's words have no blanks
    run env $player "$tool" "$@"
}

# run COMMAND...: keeps what it printed in $out and shows it.
run() {
    status=0
    "$@" >"$out" 2>&1 || status=$?
    cat "$out"
}

# first WORDS: the first line of what run kept that has these words.
first() { grep -m 1 -F -- "$1" "$out"; }

tool() { printf '%s' "${BIN:+$BIN/}$1"; }

# lists DEVICE: ibv_devices prints a row with exactly this name and GUID.
lists() { awk -v d="$1" -v g="$GUID" '$1 == d && $2 == g { found = 1 } END { exit !found }' "$out"; }

# names DEVICE: a row with this name, whatever its GUID.
names() { awk -v d="$1" '$1 == d { found = 1 } END { exit !found }' "$out"; }

# refused DEVICE WORDS: not listed, and libibverbs says why in its own words.
refused() {
    ! names "$1" || fail "$1 is listed"
    line=$(first "$2") || fail "not listed, but libibverbs did not say '$2'"
    evidence "$line"
}

# owner_of FILE: the package that it belongs to.
owner_of() {
    case $manager in
        rpm) rpm -qf --qf '%{NAME}' "$1" ;;
        dpkg)
            found=$(dpkg-query --search "$1") || return
            printf '%s\n' "$found" | sed -e 's|: /.*||' -e 's/:[a-z0-9-]*//g'
            ;;
    esac
}

# files_of PACKAGE: its files and directories, without rpm's own links.
files_of() {
    case $manager in
        rpm)
            all=$(rpm -ql "$1") || return
            printf '%s\n' "$all" | grep -v -F /.build-id
            ;;
        dpkg) dpkg-query --listfiles "$1" ;;
    esac
}

# alone PACKAGE: each of its files belongs to it and to no other package. Their number is in $files.
alone() {
    files=0
    all=$(files_of "$1") || fail "$1 has no files: $all"
    for f in $all; do
        ! [ -d "$f" ] || continue
        owner=$(owner_of "$f") || fail "$f: ${owner:-belongs to no package}"
        [ "$owner" = "$1" ] || fail "$f is not of $1 alone, but of $owner"
        files=$((files + 1))
    done
    [ "$files" -gt 0 ] || fail "$1 has no files"
}

# unchanged PACKAGE...: their files are as they were installed.
unchanged() {
    case $manager in
        rpm)
            run rpm -V "$@"
            [ "$status" -eq 0 ] || fail "rpm -V exits $status"
            ;;
        dpkg)
            # It exits with 0 even if it finds something.
            run dpkg --verify "$@"
            [ "$status" -eq 0 ] || fail "dpkg --verify exits $status"
            ! [ -s "$out" ] || fail "dpkg --verify: $(sed q "$out")"
            ;;
    esac
}

# installed NAME: what the manager calls it, with its version.
installed() {
    case $manager in
        rpm) rpm -q "$1" ;;
        dpkg)
            # shellcheck disable=SC2016 # dpkg's own placeholders
            found=$(dpkg-query --show --showformat '${db:Status-Status} ${Package} ${Version}' "$1") || return
            printf '%s' "${found#installed }"
            [ "$found" != "${found#installed }" ] # its configuration may be left
            ;;
    esac
}

# known NAME: the manager still has a record of it, whose $state dpkg tells, such as that its configuration is left.
known() {
    state=installed
    case $manager in
        rpm) rpm -q "$1" ;;
        dpkg)
            # shellcheck disable=SC2016 # dpkg's own placeholder
            state=$(dpkg-query --show --showformat '${db:Status-Status}' "$1") || return
            [ "$state" != not-installed ]
            ;;
    esac
}

module_file() { printf '%s/%s' "$modules" "$module"; }
module=lib$PROVIDER-rdmav$PRIVATE_ABI.so

# private_abis FILE: those that it has or needs.
private_abis() {
    found=$(grep -a -o 'IBVERBS_PRIVATE_[0-9]*' "$1") || return
    printf '%s\n' "$found" | sort -u
}

# providers_files: the provider's files, wherever they are.
providers_files() {
    root=${ROOT:-/}
    root=${root%/}
    : >"$out"
    for top in "$root"/* "$root"/.[!.]*; do
        case ${top#"$root"} in
            /proc | /sys | /dev | /verbsmith | /rpms | /debs) continue ;;
        esac
        if [ -d "$top" ] && [ ! -L "$top" ]; then
            ls -AR "$top" >>"$out" || return
        fi
    done
    awk -v driver="$PROVIDER.driver" -v module="lib$PROVIDER-rdmav" '
        /^\/.*:$/ { folder = substr($0, 1, length($0) - 1); next }
        index($0, driver) == 1 || index($0, module) == 1 { print folder "/" $0 }' "$out"
}

case $verdict in
    rpm-verify)
        needs rpm
        # shellcheck disable=SC2086 # package names have no spaces
        set -- $PACKAGES
        unchanged "$@"
        evidence "rpm -V of $# packages prints nothing"
        ;;
    dpkg-verify)
        needs dpkg
        # shellcheck disable=SC2086 # package names have no spaces
        set -- $PACKAGES
        unchanged "$@"
        evidence "dpkg --verify of $# packages prints nothing"
        ;;
    owner)
        needs_manager
        for f in "$drivers/$PROVIDER.driver" "$(module_file)"; do
            owner=$(owner_of "$f") || fail "$f: ${owner:-belongs to no package}"
            [ "$owner" = "$package" ] || fail "$f is owned by $owner"
        done
        named=$(installed "$package") || fail "$package: $named"
        evidence "$PROVIDER.driver and $module are owned by $named"
        ;;
    beside)
        needs_manager
        alone "$package"
        installed "$stock" >/dev/null || fail "$stock is not installed"
        unchanged "$stock"
        evidence "$files files of $package alone, $stock is untouched"
        ;;
    with)
        needs ldd
        needs_manager
        alone "$package"
        alone "$NEIGHBOUR"
        unchanged "$stock" "$package" "$NEIGHBOUR"
        run ldd -r "$modules/$NEIGHBOUR_MODULE"
        [ "$status" -eq 0 ] || fail "ldd exits $status"
        ! line=$(grep -m 1 -E 'undefined symbol|not found|symbol lookup' "$out") || fail "$line"
        make_tree "$DEVICE" "$KERNEL_ABI"
        ask ibv_devices
        lists "$DEVICE" || fail "next to $NEIGHBOUR ibv_devices does not list $DEVICE"
        named=$(installed "$NEIGHBOUR") || fail "$NEIGHBOUR: $named"
        evidence "$named: $files files of it alone, its module loads, $DEVICE is listed"
        ;;
    no-runpath)
        needs ldd
        # The loader itself reports which directories it searches, and why.
        run env LD_DEBUG=libs ldd "$(module_file)"
        [ "$status" -eq 0 ] || fail "ldd exits $status"
        line=$(first 'find library=libibverbs.so.1') || fail "the loader does not say how it looks for libibverbs.so.1"
        ! line=$(grep -m 1 -E "\\(R(UN)?PATH from file " "$out") || fail "$line"
        evidence "no search path for the loader in $module"
        ;;
    updated)
        needs_manager
        needs_installer
        before=$(installed "$stock") || fail "$before"
        case $manager in
            rpm) run offline upgrade "$GIVEN"/*.rpm ;;
            dpkg) run offline install "$GIVEN"/*.deb ;;
        esac
        [ "$status" -eq 0 ] || fail "the upgrade exits $status"
        after=$(installed "$stock") || fail "$after"
        [ "$before" != "$after" ] || fail "$stock is still $after"
        installed "$package" >/dev/null || fail "$package is gone"
        unchanged "$stock" "$package"
        make_tree "$DEVICE" "$KERNEL_ABI"
        ask ibv_devices
        lists "$DEVICE" || fail "after the update ibv_devices does not list $DEVICE"
        evidence "$before is now $after, and $DEVICE is listed"
        ;;
    upgrade-across)
        needs apt-get dpkg dpkg-query
        before=$(installed "$stock") || fail "$before"
        run from_given update
        [ "$status" -eq 0 ] || fail "apt-get update exits $status"
        # What removes nothing keeps both.
        run from_given upgrade
        [ "$status" -eq 0 ] || fail "apt-get upgrade exits $status"
        first "$stock" || fail "apt-get upgrade does not name $stock: the repository has no newer one"
        after=$(installed "$stock") || fail "$after"
        [ "$before" = "$after" ] || fail "apt-get upgrade: $before is now $after"
        make_tree "$DEVICE" "$KERNEL_ABI"
        ask ibv_devices
        lists "$DEVICE" || fail "after apt-get upgrade ibv_devices does not list $DEVICE"
        run from_given install --no-remove "$stock"
        [ "$status" -ne 0 ] || fail "apt-get install --no-remove $stock ends with 0"
        installed "$package" >/dev/null || fail "apt-get install --no-remove $stock removes $package"
        # Who insists on the newer one loses the add-on, and is told.
        run from_given install "$stock"
        [ "$status" -eq 0 ] || fail "apt-get install $stock exits $status"
        grep -E 'REMOVED|REMOVING' "$out" || fail "apt-get install $stock does not say that it removes $package"
        after=$(installed "$stock") || fail "$after"
        [ "$before" != "$after" ] || fail "apt-get install $stock: it is still $after"
        ! installed "$package" >/dev/null || fail "$package is installed next to $after"
        run apt-get check -q
        [ "$status" -eq 0 ] || fail "apt-get check exits $status"
        evidence "apt-get upgrade keeps $before and $package; apt-get install $stock, now $after, removes $package"
        ;;
    refused)
        needs_manager
        needs_installer
        before=$(installed "$stock") || fail "$before"
        case $manager in
            rpm) run offline install "$GIVEN"/*.rpm ;;
            dpkg) run offline install "$GIVEN"/*.deb ;;
        esac
        [ "$status" -ne 0 ] || fail "it is installed"
        after=$(installed "$stock") || fail "it is refused, but $before is gone"
        [ "$before" = "$after" ] || fail "it is refused, but $before is now $after"
        ! installed "$package" || fail "the exit status is $status, and $package is installed"
        line=$(first "$WANT") || fail "it is refused, but $WANT is not named"
        evidence "$(printf '%s\n' "$line" | sed 's/^ *-* *//')"
        ;;
    private-abi)
        needs /sbin/ldconfig sort
        file=$(module_file)
        [ -f "$file" ] || fail "there is no $file"
        uses=$(private_abis "$file") || fail "$file names no private ABI"
        libraries=$(/sbin/ldconfig -p) || fail "ldconfig -p exits with an error"
        library=$(printf '%s\n' "$libraries" | awk '$1 == "libibverbs.so.1" { print $NF; exit }')
        [ -n "$library" ] || fail "ldconfig knows no libibverbs.so.1"
        gives=$(private_abis "$library") || fail "$library names no private ABI"
        [ "$uses" = "$gives" ] || fail "the provider wants $uses, libibverbs gives $gives"
        [ "$uses" = "IBVERBS_PRIVATE_$PRIVATE_ABI" ] || fail "the provider wants $uses, the release has $PRIVATE_ABI"
        evidence "both sides: $uses"
        ;;
    loads)
        needs ldd
        run ldd -r "$(module_file)"
        [ "$status" -eq 0 ] || fail "ldd exits $status"
        ! line=$(grep -m 1 -E 'undefined symbol|not found|symbol lookup' "$out") || fail "$line"
        line=$(first libibverbs.so.1) || fail "the provider is not linked to libibverbs.so.1"
        evidence "ldd -r resolves every symbol of $module"
        ;;
    listed)
        make_tree "$DEVICE" "$KERNEL_ABI"
        ask ibv_devices
        [ "$status" -eq 0 ] || fail "ibv_devices exits $status: $(sed -n '$p' "$out")"
        lists "$DEVICE" || fail "ibv_devices does not list $DEVICE with GUID $GUID"
        evidence "$(awk -v d="$DEVICE" '$1 == d { $1 = $1; print }' "$out")"
        ;;
    devinfo)
        make_tree "$DEVICE" "$KERNEL_ABI"
        ask ibv_devinfo -l
        [ "$status" -eq 0 ] || fail "ibv_devinfo -l exits $status"
        names "$DEVICE" || fail "ibv_devinfo -l does not name $DEVICE"
        evidence "$(awk '{ for (i = 1; i <= NF; i++) printf "%s ", $i }' "$out")"
        ;;
    without-driver)
        rm "$drivers/$PROVIDER.driver" || fail "there was no $PROVIDER.driver"
        make_tree "$DEVICE" "$KERNEL_ABI"
        ask ibv_devices
        refused "$DEVICE" "no userspace device-specific driver found for"
        ;;
    without-module)
        rm "$(module_file)" || fail "there was no $(module_file)"
        make_tree "$DEVICE" "$KERNEL_ABI"
        ask ibv_devices
        ! names "$DEVICE" || fail "$DEVICE is listed"
        line=$(first "couldn't load driver") || fail "no warning about the missing module"
        case $line in
            *"$PROVIDER"*) evidence "$line" ;;
            *) fail "the warning does not name the provider: $line" ;;
        esac
        ;;
    diagnose)
        # Not a verdict: why the device is not found. The file in the place of the device's is none, which is no answer here.
        make_tree "$DEVICE" "$KERNEL_ABI" "${DRIVER_ID:-}"
        "$DIAGNOSE" || :
        ;;
    foreign-abi)
        make_tree "$DEVICE" "$FOREIGN_ABI"
        ask ibv_devices
        refused "$DEVICE" "does not support the kernel ABI of $FOREIGN_ABI"
        ;;
    foreign-name)
        # A provider that matches its device by PCI id or driver id does so under any name.
        [ -z "${MODALIAS:-}" ] || MODALIAS='pci:v0000FFFFd0000FFFFsv0000FFFFsd0000FFFFbc00sc00i00'
        make_tree "$FOREIGN_DEVICE" "$KERNEL_ABI" "${FOREIGN_ID:-}"
        ask ibv_devices
        refused "$FOREIGN_DEVICE" "no userspace device-specific driver found for"
        ;;
    survives-upgrade)
        needs cp dnf mv rpm
        before=$(rpm -q libibverbs) || fail "$before"
        conf=${CONF:-/etc/dnf/dnf.conf}
        cp "$conf" "$conf.verbsmith"
        cat "$LOCK" >>"$conf"
        run upgrade_all
        [ "$status" -eq 0 ] || fail "locked: dnf upgrade exits $status"
        after=$(rpm -q libibverbs) || fail "locked: $after"
        [ "$before" = "$after" ] || fail "locked: $before is now $after"
        # shellcheck disable=SC2086 # package names have no spaces
        run rpm -V $PACKAGES
        [ "$status" -eq 0 ] || fail "locked: rpm -V exits $status"
        make_tree "$DEVICE" "$KERNEL_ABI"
        ask ibv_devices
        lists "$DEVICE" || fail "locked: after the upgrade ibv_devices does not list $DEVICE"
        mv "$conf.verbsmith" "$conf"
        run upgrade_all
        [ "$status" -eq 0 ] || fail "not locked: dnf upgrade exits $status"
        after=$(rpm -q libibverbs) || fail "not locked: $after"
        [ "$before" != "$after" ] || fail "not locked: the upgrade has no newer libibverbs"
        [ ! -e "$drivers/$PROVIDER.driver" ] || fail "not locked: the upgrade has $PROVIDER.driver"
        evidence "locked: $before stays, $DEVICE is listed; not locked: $after, $PROVIDER.driver is gone"
        ;;
    removed)
        needs ls
        needs_manager
        needs_installer
        case $package in
            libibverbs | ibverbs-providers) files= ;; # has more than the provider
            *) files=$(files_of "$package") || fail "$package has no files: $files" ;;
        esac
        # Without purge, dpkg keeps the files in /etc.
        case $manager in
            rpm) set -- dnf remove -y --noautoremove "$package" ;;
            dpkg) set -- apt-get purge -y "$package" ;;
        esac
        # What does not find them before does not show that they are gone.
        before=$(providers_files) || fail "not all directories can be read"
        [ -n "$before" ] || fail "there is no file of $PROVIDER before $1 $2"
        run "$@"
        [ "$status" -eq 0 ] || fail "$* exits $status"
        left=$(providers_files) || fail "not all directories can be read"
        [ -z "$left" ] || fail "left behind: $left"
        if [ -n "$files" ]; then
            for f in $files; do
                [ -d "$f" ] || [ ! -e "$f" ] || fail "left behind: $f"
            done
            ! known "$package" || fail "$package is still known, as $state"
            unchanged "$stock"
            make_tree "$DEVICE" "$KERNEL_ABI"
            ask ibv_devices
            refused "$DEVICE" "no userspace device-specific driver found for"
        fi
        evidence "$1 $2 $package leaves no file of $PROVIDER"
        ;;
    not-listed)
        make_tree "$DEVICE" "$KERNEL_ABI"
        ask ibv_devices
        refused "$DEVICE" "no userspace device-specific driver found for"
        ;;
    *)
        echo "verdict.sh: unknown verdict '$verdict'" >&2
        exit 64
        ;;
esac
