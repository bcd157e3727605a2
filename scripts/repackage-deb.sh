#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Repackages Debian packages with another version, for a test of an upgrade: the files are the same.
#   repackage-deb.sh DIRECTORY OUT VERSION
# DIRECTORY has the packages, OUT gets those with the version, and Packages, which makes it a repository. A VERSION that begins
# with "+" is appended to each package's own. Relations between the packages that name the old version get the new one.
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs dpkg-deb dpkg-scanpackages mkdir mktemp rm sed

in=$1
out=$2
version=$3
work=$(mktemp -d)
mkdir -p "$out"
for file in "$in"/*.deb; do
    old=$(dpkg-deb --field "$file" Version)
    new=$version
    case $version in
        +*) new=$old$version ;;
    esac
    dpkg-deb --raw-extract "$file" "$work/tree"
    pattern=$(printf '%s' "$old" | sed 's/[.+]/\\&/g')
    sed -i -e "s/^Version: .*/Version: $new/" -e "s/(= $pattern)/(= $new)/g" "$work/tree/DEBIAN/control"
    dpkg-deb --root-owner-group --build "$work/tree" "$out"
    rm -rf "$work/tree"
done
rm -rf "$work"
cd "$out"
dpkg-scanpackages --multiversion . >Packages
