#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Saves what rpmbuild makes of the files of the common objects in and behind %install, and restores it in another build that has
# the same files, so that find-debuginfo and the brp scripts have only the others to do. They start thousands of programs.
# rpm-build.sh runs it behind %install.
# For the common objects, without dwz:
#   common-install.sh list DIR                    before find-debuginfo: what is in the build root
#   common-install.sh debug DIR TREE              after it: the files that it changed and made, and its lists in TREE
#   common-install.sh save DIR                    at the end: all files but those of the debug packages
# In another build:
#   common-install.sh restore DIR                 before find-debuginfo
#   common-install.sh aside DIR BASE SOURCES      after it: copies the sources that are named in restored files from BASE to SOURCES in the
#                                                 build root, as it does for its own, and takes the common files out of the way of the brp scripts
#   common-install.sh back DIR                    at the end: all common files as they were at the end of their build, with the checksums of
#                                                 the debugging data, which dwz has changed: it runs on all files each time
# The common files are restored all together or not at all: with one that differs the saved list of sources may be wrong. Scripts and
# find-debuginfo treat each file by itself, with the same options: the spec is the same.
# Environment: RPM_BUILD_ROOT.
set -eu
export LC_ALL=C

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs comm cp cpio file find grep gzip sed sort tar tr xargs

mode=$1
dir=$2
: "${RPM_BUILD_ROOT:?the build root}"
cd "$RPM_BUILD_ROOT"

# contents prints a line for the name, the mode and the bytes of each file, and for each link.
contents() {
    find . -type f -printf 'file %p %m\n' -o -type l -printf 'link %p %l\n'
    find . -type f -exec sha256sum {} +
}

# pack NAME: an archive of the files whose names it reads, in DIR.
pack() {
    tar --create --file="$dir/install.$1.tar" --format=posix --no-recursion --verbatim-files-from --files-from=-
    if command -v zstd >/dev/null; then
        zstd -q -1 -T0 --rm "$dir/install.$1.tar"
    else
        gzip -1 "$dir/install.$1.tar"
    fi
}

# unpack NAME: extracts it. A file that exists is replaced.
unpack() {
    if [ -e "$dir/install.$1.tar.zst" ]; then
        zstd -q -d -c "$dir/install.$1.tar.zst" | tar --extract --file=- --preserve-permissions
    else
        gzip -d -c "$dir/install.$1.tar.gz" | tar --extract --file=- --preserve-permissions
    fi
}

case $mode in
    list)
        # The first of several names of a file is changed, and the others with it: not for tar.
        [ -z "$(find . -type f -links +1 -print)" ] || exit 0
        contents | sort >"$dir/install.contents"
        find . ! -type d | sort >"$dir/install.names"
        ;;
    debug)
        if ! [ -e "$dir/install.contents" ] || ! [ -s "$3/elfbins.list" ]; then exit 0; fi
        sed 's#//*#/#g' "$3/elfbins.list" | sort >"$dir/install.programs"
        cp "$3/debugsources.list" "$dir/install.sources"
        { sed '' "$dir/install.programs" && find ./usr/lib/debug; } | pack debug
        ;;
    save)
        [ -e "$dir/install.programs" ] || exit 0
        find . -path ./usr/lib/debug -prune -o -path ./usr/src/debug -prune -o -print | pack final
        ;;
    restore)
        [ -e "$dir/install.programs" ] || exit 0
        [ -z "$(contents | sort | comm -13 - "$dir/install.contents")" ] || exit 0
        # Without a file to do, find-debuginfo writes no lists.
        find . -type f -perm /111 | sort | comm -23 - "$dir/install.names" | file -N -f - | grep -q 'ELF.*, not stripped' || exit 0
        unpack debug
        : >"$dir/install.restored"
        ;;
    aside)
        [ -e "$dir/install.restored" ] || exit 0
        # What is there already is find-debuginfo's copy from the same tree.
        (cd "$3" && sort -z -u "$dir/install.sources" | grep -E -v -z '(^|/)<[a-z _-]+>$' | cpio --quiet -pd0mL "$RPM_BUILD_ROOT$4" 2>/dev/null) || :
        find "$RPM_BUILD_ROOT$4" -type d -exec chmod 0755 {} +
        tr '\n' '\0' <"$dir/install.names" | xargs -0 rm -f --
        ;;
    back)
        [ -e "$dir/install.restored" ] || exit 0
        unpack final
        fix=$(command -v sepdebugcrcfix || echo /usr/lib/rpm/sepdebugcrcfix)
        [ ! -e "$fix" ] || tr '\n' '\0' <"$dir/install.programs" | xargs -0 "$fix" usr/lib/debug
        ;;
    *)
        echo "common-install.sh: unknown mode '$mode' (list, debug, save, restore, aside, back)" >&2
        exit 64
        ;;
esac
