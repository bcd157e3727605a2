#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Adds Debian's cross-compiler, and the libraries that a provider is linked to, to a toolchain on the stand-in.
#   cross.sh PROCESSOR   as Debian names it, such as arm64
# Enterprise Linux and Fedora have nothing like it.
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs apt-get dpkg rm

export DEBIAN_FRONTEND=noninteractive
# The stand-in has it without what it requires, and apt would refuse to go on.
dpkg --remove --force-depends perftest
dpkg --add-architecture "$1"
apt-get update -q -o Acquire::Languages=none
# binutils-multiarch: rpm's scripts run strip and objcopy, whatever the files are for.
apt-get install -qy --no-install-recommends binutils-multiarch "crossbuild-essential-$1" \
    "libnl-3-dev:$1" "libnl-route-3-dev:$1" "libsystemd-dev:$1" "libudev-dev:$1"
apt-get clean
rm -rf /var/lib/apt/lists/*
