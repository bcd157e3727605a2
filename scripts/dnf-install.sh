#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs every package of a folder with dnf, dependencies resolved from the
# repositories that the image knows.
#   dnf-install.sh FOLDER
set -eu

log=$(mktemp)
dnf install -y "$1"/*.rpm 2>&1 | tee "$log"
# A pipe's status is that of tee, and dnf ends with 0 even if a scriptlet failed.
if ! grep -qx 'Complete!' "$log" || grep -i 'scriptlet failed' "$log"; then
    echo "dnf-install.sh: dnf did not install everything cleanly" >&2
    exit 1
fi
rm -f "$log"
# What is installed now must be consistent with everything else as well.
dnf check
