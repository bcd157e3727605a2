#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Writes facts about an Enterprise Linux image to standard output, one a line, for comparison with what is known of it.
#   distro-probe.sh plain                        of the image as it is; nothing is installed
#   distro-probe.sh toolchain SPEC REPOSITORY... of what the toolchain installs, with the repositories enabled
# CONF is dnf's configuration (default: /etc/dnf/dnf.conf). With VERBSMITH_REPOS dnf's repositories are a site's, and enabled as
# the site says.
# A line is "=KEY<tab>VALUE", or "?KEY<tab>REASON" for what could not be asked. No line has the name or address of a host.
set -eu
set -f

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs dnf mktemp rm rpm sed sort tr

LC_ALL=C.UTF-8
export LC_ALL

# The commands that scripts use in an image as its distro has it, and those of a build.
commands='awk basename cat chmod chown cp cut date diff dirname dnf env find grep groupadd gzip head id install ldconfig ldd
ln ls mkdir mktemp mv python3 rm rmdir rpm sed sh sleep sort tail tar tee touch tr uname useradd uniq wc xargs'

macros='_binary_payload _dbpath _install_langs _lib _vendor dist optflags rhel'

# What the stand-in's redhat-rpm-config imitates.
build_macros='__brp_mangle_shebangs __brp_strip_lto _annotated_build _binary_filedigest_algorithm _binary_payload
_debuginfo_subpackages _debugsource_packages _docdir_fmt _enable_debug_packages _hardened_build _include_minidebuginfo
_lto_cflags _missing_build_ids_terminate_build _sharedstatedir _source_filedigest_algorithm _vendor build_ldflags optflags'

fact() { printf '=%s\t%s\n' "$1" "$(printf '%s' "$2" | tr -s '\n\t ' '   ')"; }
unasked() { printf '?%s\t%s\n' "$1" "$2"; }

# lines VALUE and words VALUE: each of them once, sorted.
lines() { printf '%s\n' "$1" | sort -u; }
words() {
    # shellcheck disable=SC2086 # words
    printf '%s\n' $1 | sort -u
}

# expand KIND MACRO...: what rpm makes of each.
expand() {
    kind=$1
    shift
    for name; do
        value=$(rpm --eval "%{!?$name:undefined}%{?$name}")
        fact "$kind $name" "$(words "$value")"
    done
}

# os_release FIELD: its value.
os_release() {
    # shellcheck disable=SC1091 # of the image
    (. /etc/os-release && eval "printf '%s' \"\${$1:-}\"")
}

# dnf_conf: the settings, without those that are a site's own.
dnf_conf() {
    value=$(sed -n -e 's/[[:space:]]*=[[:space:]]*/=/' -e '/^\(proxy\|user\|pass\|ssl\)/d' -e 's/^[a-z_]*=.*/&/p' "${CONF:-/etc/dnf/dnf.conf}")
    lines "$value"
}

plain() {
    fact 'os ID' "$(os_release ID)"
    fact 'os VERSION_ID' "$(os_release VERSION_ID)"
    value=$(rpm --version)
    fact 'rpm version' "${value##* }"
    value=$(dnf --version)
    fact 'dnf version' "$(printf '%s\n' "$value" | sed -n 1p)"
    fact 'dnf.conf' "$(dnf_conf)"
    # shellcheck disable=SC2086 # words
    expand macro $macros
    present=
    missing=
    for name in $commands; do
        if command -v "$name" >/dev/null; then present="$present $name"; else missing="$missing $name"; fi
    done
    fact 'commands present' "${present# }"
    missing=${missing# }
    fact 'commands missing' "${missing:-none}"
    value=$(rpm -qa --qf '%{NAME}\n')
    fact packages "$(lines "$value")"
    rpm -qa --qf '=package %{NAME}\t%{VERSION}-%{RELEASE}.%{ARCH}\n'
    if value=$(dnf -q repolist --enabled); then
        value=$(printf '%s\n' "$value" | sed -e 1d -e 's/[[:space:]].*//')
        fact 'repositories enabled' "$(lines "$value")"
    else
        unasked 'repositories enabled' 'dnf repolist failed'
    fi
    if value=$(dnf check 2>&1); then value=clean; fi
    fact 'dnf check' "$value"
}

# installs PACKAGE...: dnf can install them. What it says goes to the log.
installs() { dnf install -y "$@" >&2; }

# query ARGUMENT...: a query of the repositories. dnf 4 ends the lines of a format itself, dnf 5 does not.
query() {
    answer=$(dnf -q repoquery "$@" 2>/dev/null) || return
    printf '%s\n' "$answer" | sed '/^$/d'
}

# level: the highest of the CPU levels that the C library says it needs.
level() {
    for libc in /lib64/libc.so.6 /lib/x86_64-linux-gnu/libc.so.6; do
        if [ -e "$libc" ]; then break; fi
    done
    notes=$(readelf -n "$libc")
    value=$(printf '%s\n' "$notes" | sed -n '/.*x86 ISA needed: /{ s///; s/,//g; p; }')
    value=$(words "$value")
    highest=
    for highest in $value; do :; done
    fact 'cpu level' "${highest:-x86-64-baseline}"
}

# distro PACKAGE: its newest version in the repositories, and the repository.
distro() {
    if ! value=$(query --latest-limit=1 --qf '%{version}-%{release} %{repoid}\n' "$1"); then
        unasked "distro $1" 'dnf repoquery failed'
        return
    fi
    fact "distro $1" "$(lines "${value:-none}")"
}

# required BY: the package and the repository that give it.
required() {
    if ! value=$(query --latest-limit=1 --qf '%{name} %{repoid}\n' --whatprovides "$1"); then
        unasked "requires $1" 'dnf repoquery failed'
        return
    fi
    fact "requires $1" "$(lines "${value:-none}")"
}

toolchain() {
    spec=$1
    shift
    # As in the toolchain.
    value=$(dnf --version)
    case $value in
        dnf5*) plugins=dnf5-plugins enable='setopt ' enabled=.enabled=1 ;;
        *) plugins=dnf-plugins-core enable='--set-enabled ' enabled= ;;
    esac
    epel=$(rpm --eval '%{?rhel:epel-release}')
    if [ -n "${VERBSMITH_REPOS:-}" ]; then # the site says what is enabled
        epel=
        set --
    fi
    # shellcheck disable=SC2086 # a word or none
    if ! installs $plugins $epel; then
        unasked repositories "dnf cannot install $plugins${epel:+ and $epel}"
        return
    fi
    for name; do
        # shellcheck disable=SC2086 # words
        if ! dnf config-manager $enable$name$enabled >&2; then
            unasked repositories "no repository $name"
            return
        fi
    done
    for name in libibverbs perftest rdma-core; do distro "$name"; done
    value=$(query --latest-limit=1 --provides libibverbs) || value=
    value=$(printf '%s\n' "$value" | sed -n 's/.*IBVERBS_PRIVATE_\([0-9]*\).*/\1/p')
    fact 'distro private ABI' "$(words "${value:-none}")"
    if ! installs rpm-build; then
        unasked rpm-build 'dnf cannot install rpm-build'
        return
    fi
    needs readelf rpmspec
    level
    # shellcheck disable=SC2086 # words
    expand 'build macro' $build_macros
    list=$(mktemp)
    if rpmspec -q --buildrequires "$spec" >"$list"; then
        while read -r name; do required "$name"; done <"$list"
    else
        unasked BuildRequires 'rpmspec cannot read the spec'
    fi
    rm "$list"
}

"$@"
