#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds a provider's kernel fixture against the headers of the lab's kernel.
#   lab-modules.sh SOURCE OUT
# SOURCE holds a Kbuild; the modules go to OUT.
set -eu

source=$1
out=$2
case $(cat /lab/processor) in
    aarch64) set -- ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- ;;
    *) set -- ;;
esac
make "$@" -C "/usr/src/linux-headers-$(cat /lab/version)" "M=$source" modules
mkdir -p "$out"
cp "$source"/*.ko "$out/"
