#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs upstream's own packages, ours over them, and upstream's again, with the programs that a customer uses; after each step
# every file is asked for.
#   exchange.sh dnf|apt OURS STOCK DRIVER THERE BACK
# OURS and STOCK are directories of packages, DRIVER is the file that the provider adds. THERE and BACK are what dnf calls the steps:
# upgrade, downgrade or, where both have the same version, reinstall.
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs cat mktemp rm

manager=$1
ours=$2
stock=$3
driver=$4
there=$5
back=$6

fail() {
    echo "evidence: $*"
    exit 1
}

# put STEP DIRECTORY: installs its packages, and asks for every file.
put() {
    if [ "$manager" = apt ]; then
        needs apt-get dpkg
        DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends --allow-downgrades --reinstall \
            -o 'DPkg::Options::=--path-include=*' "$2"/*.deb || fail "apt-get refuses the packages in $2"
        said=$(dpkg --verify) || fail "dpkg --verify fails"
        [ -z "$said" ] || fail "dpkg --verify says: $said"
        return
    fi
    needs dnf grep rpm
    log=$(mktemp)
    status=0
    dnf "$1" -y --setopt=tsflags= "$2"/*.rpm >"$log" 2>&1 || status=$?
    cat "$log"
    [ "$status" -eq 0 ] || fail "dnf $1 refuses the packages in $2"
    grep -i 'scriptlet failed' "$log" && fail "a scriptlet failed in dnf $1"
    rm -f "$log"
    for file in "$2"/*.rpm; do
        name=$(rpm -qp --nosignature --qf '%{NAME}' "$file")
        identity='%{NEVRA}:%{SHA256HEADER}'
        [ "$(rpm -q --qf "$identity" "$name")" = "$(rpm -qp --nosignature --qf "$identity" "$file")" ] || fail "after dnf $1 $name is another package"
        said=$(rpm -V "$name") || fail "after dnf $1 rpm -V says of $name: $said"
    done
}

if [ "$manager" = apt ]; then
    needs chmod
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d # no services are started here
    chmod 0755 /usr/sbin/policy-rc.d
    apt-get update -q
fi
put install "$stock"
before=
[ ! -e "$driver" ] || before=1 # the provider replaces upstream's own
put "$there" "$ours"
[ -e "$driver" ] || fail "$driver is not there after $manager's $there"
put "$back" "$stock"
left=
if [ -n "$before" ]; then
    [ -e "$driver" ] || fail "$driver is gone after $manager's $back"
elif [ -e "$driver" ]; then
    # dpkg keeps the configuration files of a package that is still installed.
    [ "$manager" = apt ] || fail "$driver is still there after dnf $back"
    left="; dpkg keeps $driver as a configuration file"
fi
echo "evidence: $manager $there, then $back: each file as in its package$left"
