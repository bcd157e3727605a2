#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes a repository for dnf of the packages in a directory.
#   repository.sh DIRECTORY OUT
# A toolchain without createrepo_c gets it from the distribution.
set -eu

command -v createrepo_c >/dev/null || dnf install -y createrepo_c
mkdir -p "$2"
cp "$1"/*.rpm "$2/"
createrepo_c --quiet "$2"
