#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The dnf of a command that uses a site's repositories. What dnf writes about them stays next to this script, on a volume
# that is removed with the container: its logs and its cache may have passwords.
set -eu

site=${0%/*}
exec /usr/bin/dnf --setopt=reposdir="$site/repositories" --setopt=cachedir="$site/cache" --setopt=logdir="$site/log" "$@"
