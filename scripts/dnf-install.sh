#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs every package of a directory with dnf, dependencies resolved from the
# repositories that the image knows.
#   dnf-install.sh DIRECTORY
set -eu

log=$(mktemp)
dnf install -y "$1"/*.rpm 2>&1 | tee "$log"
# A pipe's status is that of tee, and dnf exits with 0 even if a scriptlet failed.
if ! grep -qx 'Complete!' "$log" || grep -i 'scriptlet failed' "$log"; then
    echo "dnf-install.sh: dnf did not install everything cleanly" >&2
    exit 1
fi
rm -f "$log"
# The result must be consistent with everything else that is installed.
dnf check
