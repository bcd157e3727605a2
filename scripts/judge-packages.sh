#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What programs of others say of packages and of upstream's own of the same release.
#   judge-packages.sh rpmlint OURS STOCK   each line of rpmlint, after a line "== OURS" or "== STOCK"; the caller compares them
#   judge-packages.sh abi OURS STOCK       libabigail's report of each pair with a shared library; the status is the verdict
# OURS and STOCK are directories of packages, those with debugging data among them: libabigail reads the types from there. A new file
# is no change of what programs use; a library that is gone is one.
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs abipkgdiff dpkg-deb grep mktemp rm rpm rpmlint sed

judge=$1
ours=$2
stock=$3

# named DIRECTORY: a line "NAME FILE" for each package.
named() {
    for file in "$1"/*; do
        case $file in
            *.rpm) name=$(rpm -qp --nosignature --qf '%{NAME}' "$file") ;;
            *.deb) name=$(dpkg-deb -f "$file" Package) ;;
            *) continue ;;
        esac
        printf '%s %s\n' "$name" "$file"
    done
}

# file_of SIDE NAME: the package of that name, or nothing.
file_of() { sed -n "s|^$2 ||p" "$work/$1"; }

case $judge in
    rpmlint)
        for directory in "$ours" "$stock"; do
            echo "== $directory"
            # Its status says that there are errors: the caller reads them.
            status=0
            rpmlint "$directory"/*.rpm || status=$?
            [ "$status" -le 64 ] || exit "$status"
        done
        ;;
    abi)
        work=$(mktemp -d)
        named "$ours" >"$work/ours"
        named "$stock" >"$work/stock"
        libraries=0
        changed=
        while read -r name was <&3; do
            case $name in
                *-debuginfo | *-debugsource | *-dbgsym | *-devel | *-dev) continue ;;
            esac
            is=$(file_of ours "$name")
            [ -n "$is" ] || {
                changed="$changed $name (gone)"
                continue
            }
            # Without a shared library of its own there is nothing to compare.
            case $is in
                *.rpm) rpm -qp --nosignature --provides "$is" ;;
                *) dpkg-deb -c "$is" ;;
            esac >"$work/provides"
            grep -q '^lib.*\.so\|/lib[^/]*\.so\.[0-9.]*$' "$work/provides" || continue
            set --
            for kind in debuginfo dbgsym; do
                debug=$(file_of stock "$name-$kind")
                [ -z "$debug" ] || set -- "$@" --d1 "$debug"
                debug=$(file_of ours "$name-$kind")
                [ -z "$debug" ] || set -- "$@" --d2 "$debug"
            done
            echo "== $name"
            status=0
            TMPDIR=$work XDG_CACHE_HOME=$work abipkgdiff --no-added-binaries --fail-no-dbg "$@" "$was" "$is" || status=$?
            # Bits: 1 an error, 2 a wrong use, 4 a change, 8 one that breaks programs.
            [ $((status & 3)) -eq 0 ] || exit 70
            libraries=$((libraries + 1))
            [ "$status" -eq 0 ] || changed="$changed $name"
        done 3<"$work/stock"
        rm -rf "$work"
        [ -z "$changed" ] || {
            echo "evidence: the ABI is another one:$changed"
            exit 1
        }
        [ "$libraries" -gt 0 ] || {
            echo "evidence: no package has a shared library"
            exit 1
        }
        echo "evidence: the libraries of $libraries packages have the same ABI"
        ;;
    *)
        echo "judge-packages.sh: want rpmlint or abi, got $judge" >&2
        exit 2
        ;;
esac
