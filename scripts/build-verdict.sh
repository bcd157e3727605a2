#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Gives a verdict about one of several builds, all of which were made at the same path.
#   build-verdict.sh AT FROM NAME
# AT becomes a link to FROM. The verdict and its environment are those of verdict.sh.
set -eu

mkdir -p "$(dirname "$1")"
ln -sfn "$2" "$1"
exec /bin/sh "$(dirname "$0")/verdict.sh" "$3"
