#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes an image of Enterprise Linux 8 or later into a toolchain, in which the user `builder` builds rdma-core's packages.
#   toolchain.sh base REPOSITORY...   what does not depend on a spec, with the repositories enabled
#   toolchain.sh requirements SPEC    the spec's BuildRequires
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
    dnf install -y dnf-plugins-core
    if [ -z "${VERBSMITH_REPOS:-}" ]; then
        dnf install -y epel-release
        for repository; do dnf config-manager --set-enabled "$repository"; done
    fi
    dnf install -y rpm-build shadow-utils ccache pandoc
    needs groupadd useradd
    groupadd --gid 1000 builder
    useradd --uid 1000 --gid 1000 --no-log-init --create-home --home-dir /builder --shell /bin/bash builder
    install -d -o builder -g builder /builder/rpmbuild /builder/src /builder/ccache
}

requirements() { dnf builddep -y "$1"; }

"$@"
dnf clean all
