#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs rpmbuild in a toolchain container so that equal inputs give equal bytes.
#   rpm-build.sh all SPEC [COMMON]   binary packages and the source package from a spec, with the common objects in COMMON
#   rpm-build.sh rebuild SRPM        binary packages from a source package alone
#   rpm-build.sh common SPEC DIR     the common objects, for COMMON: what %build makes of a spec whose provider is empty
# Environment: SOURCE_DATE_EPOCH (seconds, the release's date), TOPDIR (fixed
# path: it is compiled into the result), CCACHE_DIR (optional), PAYLOAD (optional: the compression of the packages, in rpm's
# notation, in place of the distro's).
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs mkdir rpm rpmbuild sh

mode=$1
input=$2
common=${3:-}
objects=${0%/*}/common-objects.sh
: "${SOURCE_DATE_EPOCH:?the date of the release in seconds}"
: "${TOPDIR:?the rpmbuild directory}"

# rpm resets PATH for the build, so a ccache directory in it would be ignored;
# CMake reads these two from the environment instead.
if [ -n "${CCACHE_DIR:-}" ] && command -v ccache >/dev/null 2>&1; then
    export CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache
fi

# after_prep COMMAND: defines the macro that ends %prep's script, so that rpmbuild runs a command of common-objects.sh on the
# source tree.
after_prep() {
    printf '__spec_prep_post sh %s %s "%%{_builddir}/%%{?buildsubdir}" %s; %%{___build_post}' "$objects" "$1" "$common"
}

# Temporary files, of which find-debuginfo alone writes hundreds, are on the volume: the container's layers may be slow.
export TMPDIR="$TOPDIR/tmp"
mkdir -p "$TMPDIR"

case $mode in
    all)
        set -- -ba "$input"
        [ -z "$common" ] || set -- --define "$(after_prep restore)" "$@"
        ;;
    rebuild) set -- --rebuild "$input" ;;
    common) set -- --define "$(after_prep list)" -bc "$input" ;;
    *)
        echo "rpm-build.sh: unknown mode '$mode' (all, rebuild, common)" >&2
        exit 64
        ;;
esac

[ -z "${PAYLOAD:-}" ] || set -- --define "_binary_payload $PAYLOAD" --define "_source_payload $PAYLOAD" "$@"

# EL 9 leaves out changelog entries that are older than two years on the day of the build.
if [ -n "$(rpm --eval '%{?_changelog_trimtime}')" ]; then
    set -- --define "_changelog_trimtime $((SOURCE_DATE_EPOCH - 63072000))" "$@"
fi

# The result must not depend on the host's name, the clock or the build's file times.
set -- rpmbuild \
    --define "_topdir $TOPDIR" \
    --define "_tmppath $TMPDIR" \
    --define "_buildhost verbsmith" \
    --define "use_source_date_epoch_as_buildtime 1" \
    --define "clamp_mtime_to_source_date_epoch 1" \
    --define "build_mtime_policy clamp_to_source_date_epoch" \
    --define "source_date_epoch_from_changelog 0" \
    "$@"

if [ "$mode" = common ]; then
    "$@" || echo "rpm-build.sh: %build of the common objects ended with $?: what it made until then is used"
    exec sh "$objects" save "$common"
fi
exec "$@"
