#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs rpmbuild in a toolchain container so that equal inputs give equal bytes.
#   rpm-build.sh all SPEC        binary packages and the source package from a spec
#   rpm-build.sh rebuild SRPM    binary packages from a source package alone
# Environment: SOURCE_DATE_EPOCH (seconds, the release's date), TOPDIR (fixed
# path: it is compiled into what is built), CCACHE_DIR (optional).
set -eu

mode=$1
input=$2
: "${SOURCE_DATE_EPOCH:?the date of the release in seconds}"
: "${TOPDIR:?the rpmbuild folder}"

# rpm resets PATH for the build, so a ccache folder in it would not be seen;
# CMake reads these two from the environment instead.
if [ -n "${CCACHE_DIR:-}" ] && command -v ccache >/dev/null 2>&1; then
    export CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache
fi

case $mode in
    all) set -- -ba "$input" ;;
    rebuild) set -- --rebuild "$input" ;;
    *)
        echo "rpm-build.sh: unknown mode '$mode' (all, rebuild)" >&2
        exit 64
        ;;
esac

# The host's name, the clock and the file times of the build must not show.
exec rpmbuild \
    --define "_topdir $TOPDIR" \
    --define "_buildhost verbsmith" \
    --define "use_source_date_epoch_as_buildtime 1" \
    --define "clamp_mtime_to_source_date_epoch 1" \
    --define "build_mtime_policy clamp_to_source_date_epoch" \
    --define "source_date_epoch_from_changelog 0" \
    "$@"
