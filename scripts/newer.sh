#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes a repository of a distribution's next release, for a test of an upgrade to it: of each package a stub without files.
#   newer.sh OUT VERSION NAME...
# A toolchain without createrepo_c gets it from the distribution.
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs mkdir mktemp rm rpmbuild

out=$1
version=$2
shift 2
work=$(mktemp -d)
mkdir -p "$out"

{
    printf '%%global debug_package %%{nil}\n'
    printf 'Name: newer\nVersion: %s\nRelease: 1\nSummary: Stubs for a test\nLicense: Apache-2.0\n' "$version"
    printf '%%description\nFor a test of an upgrade.\n'
    for name; do
        printf '%%package -n %s\nSummary: A stub\n%%description -n %s\nFor a test of an upgrade.\n%%files -n %s\n' "$name" "$name" "$name"
    done
} >"$work/newer.spec"
rpmbuild -bb --quiet --define "_topdir $work/topdir" --define "_rpmdir $out" \
    --define '_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' "$work/newer.spec"
rm -rf "$work"

if ! command -v createrepo_c >/dev/null; then
    needs dnf
    dnf install -y createrepo_c
fi
needs createrepo_c
createrepo_c --quiet "$out"
