#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs every package of a folder with dnf, dependencies resolved from the
# repositories that the image knows.
#   dnf-install.sh FOLDER
set -eu

dnf install -y "$1"/*.rpm
# What is installed now must be consistent with everything else as well.
dnf check
