#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Saves what find-debuginfo made of the programs and libraries of the common objects, and restores it in another build that
# has the same ones, so that find-debuginfo has only the others to do. rpm-build.sh runs it in %install.
#   common-debug.sh list DIR                  before find-debuginfo, for the common objects
#   common-debug.sh save DIR TREE             after it, without dwz: the files that it changed and made, in DIR/debug.tar.zst, or .gz
#   common-debug.sh restore DIR               before it, in another build
#   common-debug.sh finish DIR BASE SOURCES   after it: does for the restored files what it does at its end for its own:
#                                             copies the sources that are named in them from BASE to SOURCES in the build root,
#                                             and corrects the checksums of the debugging data, which dwz has changed
# TREE is the directory in which find-debuginfo writes its lists. find-debuginfo's result for a file depends on its path and bytes and on the
# spec, which is the same. dwz puts what several files have in common into one file, so it runs on all of them each time.
# All files are restored or none: what the saved list of sources says is only known to be right for all of them together.
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
needs awk cat comm cp cpio file find grep gzip rm sed sha256sum sort tar tr xargs

mode=$1
dir=$2
: "${RPM_BUILD_ROOT:?the build root}"
cd "$RPM_BUILD_ROOT"

# executables prints the paths of the files in which find-debuginfo looks for debugging data.
executables() { find . -path ./usr/lib/debug -prune -o -type f -perm /111 "$@"; }

# unpack extracts an archive. A file that exists is removed first.
unpack() { tar --extract --file=- --preserve-permissions --unlink-first; }

case $mode in
    list)
        # The first of several names of a file is changed, and the others with it: not for tar.
        [ -z "$(executables -links +1 -print)" ] || exit 0
        executables -exec sha256sum {} + >"$dir/executables"
        ;;
    save)
        if ! [ -s "$dir/executables" ] || ! [ -s "$3/elfbins.list" ]; then exit 0; fi
        sed 's#//*#/#g' "$3/elfbins.list" | sort >"$dir/debug.names"
        awk 'NR == FNR { changed[$0]; next } substr($0, 67) in changed' "$dir/debug.names" "$dir/executables" >"$dir/debug.list"
        cp "$3/debugsources.list" "$dir/debug.sources"
        { cat "$dir/debug.names" && find ./usr/lib/debug; } |
            tar --create --file="$dir/debug.tar" --format=posix --no-recursion --verbatim-files-from --files-from=-
        if command -v zstd >/dev/null; then
            zstd -q -1 -T0 --rm "$dir/debug.tar"
        else
            gzip -1 "$dir/debug.tar"
        fi
        rm "$dir/executables"
        ;;
    restore)
        if ! [ -s "$dir/debug.list" ] || ! sha256sum --check --status --strict "$dir/debug.list"; then exit 0; fi
        # find-debuginfo ends without lists if it has no file to do.
        executables -print | sort | comm -23 - "$dir/debug.names" | file -N -f - | grep -q 'ELF.*, not stripped' || exit 0
        if [ -e "$dir/debug.tar.zst" ]; then
            zstd -q -d -c "$dir/debug.tar.zst" | unpack
        else
            gzip -d -c "$dir/debug.tar.gz" | unpack
        fi
        : >"$dir/restored"
        ;;
    finish)
        [ -e "$dir/restored" ] || exit 0
        fix=$(command -v sepdebugcrcfix || echo /usr/lib/rpm/sepdebugcrcfix)
        [ ! -e "$fix" ] || tr '\n' '\0' <"$dir/debug.names" | xargs -0 "$fix" usr/lib/debug
        # Those that are there already are find-debuginfo's copies from the same tree.
        (cd "$3" && sort -z -u "$dir/debug.sources" | grep -E -v -z '(^|/)<[a-z _-]+>$' | cpio --quiet -pd0mL "$RPM_BUILD_ROOT$4" 2>/dev/null) || :
        find "$RPM_BUILD_ROOT$4" -type d -exec chmod 0755 {} +
        ;;
    *)
        echo "common-debug.sh: unknown mode '$mode' (list, save, restore, finish)" >&2
        exit 64
        ;;
esac
