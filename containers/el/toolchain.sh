#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes an image of Enterprise Linux 8 or later, or of Fedora, into a toolchain, in which the user `builder` builds rdma-core's packages.
#   toolchain.sh base RPM REPOSITORY...   what does not depend on a spec, with the repositories enabled
#   toolchain.sh requirements SPEC        the spec's BuildRequires
# RPM is the version of rpm that is expected. How specs are read depends on its first two numbers, so they must be the image's.
# Environment: VERBSMITH_REPOS (optional: dnf's repositories are a site's, and enabled as the site says).
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs dnf install

# An image may be older than the repositories, and that of `base` older still. A package that is new then meets an old one
# that is bound to it without a dependency: gcc loads only the annobin plug-in that was built for it.
dnf upgrade -y

# ninja-build and python3-Cython are in powertools (EL 8) or crb, ccache is in EPEL, and pandoc in powertools (EL 8) or EPEL.
# The spec requires pandoc on EL 8 only, but without it a tarball that has no prebuilt man pages fails in %install.
base() {
    needs rpm
    version=$(rpm --version)
    version=${version##* }
    minor=${1#*.}
    case $version. in
        "${1%%.*}.${minor%%.*}."*) ;;
        *)
            echo "${0##*/}: the image has rpm $version, and specs/distros says $1" >&2
            exit 69
            ;;
    esac
    shift
    # dnf 5 has its plug-ins in another package.
    case $(dnf --version) in
        dnf5*) plugins=dnf5-plugins enable='setopt ' enabled=.enabled=1 ;;
        *) plugins=dnf-plugins-core enable='--set-enabled ' enabled= ;;
    esac
    dnf install -y "$plugins"
    if [ -z "${VERBSMITH_REPOS:-}" ]; then
        epel=$(rpm --eval '%{?rhel:epel-release}')
        [ -z "$epel" ] || dnf install -y "$epel"
    fi
    # The image's own, also next to a site's, whose dnf comes first in PATH: a later run may have none. An image for a site need
    # not have them.
    own=${PATH#"${VERBSMITH_REPOS:-}:"}
    for repository; do
        # shellcheck disable=SC2086 # words
        PATH=$own dnf config-manager $enable$repository$enabled || [ -n "${VERBSMITH_REPOS:-}" ]
    done
    dnf install -y rpm-build shadow-utils ccache pandoc
    needs groupadd useradd
    groupadd --gid 1000 builder
    useradd --uid 1000 --gid 1000 --no-log-init --create-home --home-dir /builder --shell /bin/bash builder
    install -d -o builder -g builder /builder/rpmbuild /builder/src /builder/ccache
}

requirements() { dnf builddep -y "$1"; }

"$@"
dnf clean all
