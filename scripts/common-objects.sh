#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Saves what a build made in a source tree, and restores it in another tree at the same path, so that only what differs
# there is built.
#   common-objects.sh list TREE DIR      before the build: writes the checksums of TREE's files to DIR/list
#   common-objects.sh save DIR           after it: writes all files that the build has made to DIR/made.tar.zst, or .gz
#   common-objects.sh restore TREE DIR   before another build
# The build may have failed: what it made until then is saved.
# ninja builds an output again if it is older than a file that it was made from. Restored files keep their times. A file
# that was written just now, such as a patched one, gets its time by its content in `restore`: if DIR/list has it with the
# same checksum, it becomes older than every output. Files with the release's own times keep these.
# Environment: SOURCE_DATE_EPOCH, the release's date in seconds: no packaged file is younger.
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
needs cat comm cut date find gzip mkdir rm sort tar tr xargs

mode=$1
if [ "$mode" = save ]; then
    dir=$2
    tree=$(cat "$dir/tree")
else
    tree=$2
    dir=$3
fi
cd "$tree"

# unpack extracts an archive; a file that exists is not replaced.
unpack() { tar --extract --file=- --skip-old-files; }

case $mode in
    list)
        mkdir -p "$dir"
        find . -type f -exec sha256sum {} + | sort >"$dir/list"
        find . | sort >"$dir/names"
        echo "$tree" >"$dir/tree"
        ;;
    save)
        # debhelper's records in debian/ say which steps of a build are done.
        find . -path ./debian -prune -o -print | sort | comm -13 "$dir/names" - |
            tar --create --file="$dir/made.tar" --format=posix --no-recursion --verbatim-files-from --files-from=-
        if command -v zstd >/dev/null; then
            zstd -q -1 -T0 --rm "$dir/made.tar"
        else
            gzip -1 "$dir/made.tar"
        fi
        rm "$dir/names" "$dir/tree"
        date +%s >"$dir/when"
        ;;
    restore)
        if [ "$(cat "$dir/when")" -gt "$(date +%s)" ]; then
            echo "common-objects.sh: the clock is behind that of the common objects, so they are not used"
            exit 0
        fi
        find . -type f -newermt "@$SOURCE_DATE_EPOCH" -exec sha256sum {} + | sort | comm -12 - "$dir/list" |
            cut -c 67- | tr '\n' '\0' | xargs -0 -r touch --no-create --date="@$SOURCE_DATE_EPOCH"
        if [ -e "$dir/made.tar.zst" ]; then
            zstd -q -d -c "$dir/made.tar.zst" | unpack
        else
            gzip -d -c "$dir/made.tar.gz" | unpack
        fi
        ;;
    *)
        echo "common-objects.sh: unknown mode '$mode' (list, save, restore)" >&2
        exit 64
        ;;
esac
