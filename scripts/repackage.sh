#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Repackages the files of packages with a higher release, for a test that needs
# an update with the same files: in seconds, while a build takes minutes.
#   repackage.sh DIRECTORY OUT
# DIRECTORY has the packages, OUT gets those of the update. Provides and Requires
# for files and libraries are generated again by RPM; those that
# name the old version and release are copied with the new one. Scriptlets are
# left out.
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs cpio grep ls mkdir mktemp rm rpm rpm2cpio rpmbuild sed

in=$1
out=$2
work=$(mktemp -d)
mkdir -p "$out"

# Relations to other packages of the same build, such as "libibverbs = 56.1-1".
relations() { # FILE QUERY OLD NEW
    rpm -qp --"$2" "$1" 2>/dev/null | grep -F -e " = $3" | grep -v '^config(' | sed "s/ = .*/ = $4/" || :
}

for file in "$in"/*.rpm; do
    ask() { rpm -qp --qf "$1" "$file"; }
    name=$(ask '%{NAME}')
    old=$(ask '%{VERSION}-%{RELEASE}')
    root=$work/$name.root
    spec=$work/$name.spec
    mkdir -p "$root"
    (cd "$root" && rpm2cpio "$file" | cpio --extract --make-directories --quiet --preserve-modification-time)
    {
        # Nothing is compiled or stripped: the files are those of the release.
        printf '%%global %s %%{nil}\n' debug_package __os_install_post __brp_ldconfig
        printf '%%global _build_id_links none\n'
        printf 'Name: %s\nVersion: %s\nRelease: %s.1\n' "$name" "${old%-*}" "${old##*-}"
        printf 'Summary: %s with a higher release\nLicense: %s\n' "$name" "$(ask '%{LICENSE}')"
        [ "$(ask '%{ARCH}')" != noarch ] || printf 'BuildArch: noarch\n'
        relations "$file" requires "$old" "$old.1" | sed 's/^/Requires: /'
        relations "$file" provides "$old" "$old.1" | grep -v -e "^${name}[ (]" | sed 's/^/Provides: /' || :
        printf '%%description\nFor a test of an update.\n'
        printf '%%install\nmkdir -p %%{buildroot}\ncp -a "%s/." %%{buildroot}\n%%files\n' "$root"
        ask '[%{FILEFLAGS:fflags} %{FILEMODES:octal} %{FILENAMES}\n]' | sed \
            -e 's/^[a-z]*g[a-z]* [0-9]* \(.*\)$/%ghost "\1"/' \
            -e 's/^[a-z]*c[a-z]* [0-9]* \(.*\)$/%config(noreplace) "\1"/' \
            -e 's/^[a-z]* 0*4[0-9][0-9][0-9][0-9] \(.*\)$/%dir "\1"/' \
            -e 's/^[a-z]* [0-9]* \(.*\)$/"\1"/'
    } >"$spec"
    rpmbuild -bb --quiet --define "_topdir $work/topdir" --define "_rpmdir $out" \
        --define '_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' "$spec"
    rm -rf "$root"
done
rm -rf "$work"
ls "$out"
