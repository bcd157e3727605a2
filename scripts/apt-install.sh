#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs every package of a directory with apt, dependencies from the archive
# that the image knows.
#   apt-install.sh DIRECTORY
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs apt-get chmod dpkg

export DEBIAN_FRONTEND=noninteractive
# No services are started here. Debian's images set this up, a bootstrapped one does not.
if ! [ -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 0755 /usr/sbin/policy-rc.d
fi
apt-get update -q
# An image that excludes documentation would exclude the packages' own as
# well, and dpkg --verify would miss it.
apt-get install -qy --no-install-recommends -o 'DPkg::Options::=--path-include=*' "$1"/*.deb
# The result must be consistent with everything else that is installed.
apt-get check -q
audit=$(dpkg --audit)
if [ -n "$audit" ]; then
    printf '%s\n' "$audit" >&2
    exit 1
fi
apt-get clean
