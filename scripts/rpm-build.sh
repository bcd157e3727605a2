#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs rpmbuild in a toolchain container so that equal inputs give equal bytes.
#   rpm-build.sh all SPEC [COMMON]   binary packages and the source package from a spec, with the common objects in COMMON
#   rpm-build.sh rebuild SRPM        binary packages from a source package alone
#   rpm-build.sh common SPEC DIR     the common objects, for COMMON: what %build makes of a spec whose provider is empty, and
#                                    what %install makes of that
# Environment: SOURCE_DATE_EPOCH (seconds, the release's date), TOPDIR (fixed
# path: it is compiled into the result), CCACHE_DIR (optional), PAYLOAD (optional: the compression of the packages, in rpm's
# notation, in place of the distro's), CROSS (optional: the processor that is cross-compiled for, as RPM names it; the spec has to
# read %{cross_triplet}).
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs mkdir rpm rpmbuild sh tr

mode=$1
input=$2
common=${3:-}
objects=${0%/*}/common-objects.sh
install=${0%/*}/common-install.sh
: "${SOURCE_DATE_EPOCH:?the date of the release in seconds}"
: "${TOPDIR:?the rpmbuild directory}"

# rpm resets PATH for the build, so a ccache directory in it would be ignored;
# CMake reads these two from the environment instead.
if [ -n "${CCACHE_DIR:-}" ] && command -v ccache >/dev/null 2>&1; then
    export CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache
fi

tree='"%{_builddir}/%{?buildsubdir}"'

# after SECTION COMMAND: defines the macro that ends the script of %prep or %build, so that rpmbuild runs the command there.
after() { printf '__spec_%s_post %s; %%{___build_post}' "$1" "$2"; }

# Where find-debuginfo copies sources from, and to.
sources='%{!?_unique_debug_srcs:"%{_builddir}" /usr/src/debug}%{?_unique_debug_srcs:'$tree' /usr/src/debug/%{name}-%{VERSION}-%{RELEASE}.%{_arch}}'

# behind_install BEFORE AFTER END: defines the macro that ends %install's script, so that rpmbuild runs commands before and after
# find-debuginfo, and at the end. It prints nothing where that macro is not what it is in rpm.
behind_install() {
    [ "$(rpm --define '__debug_package 1' --define '__debug_install_post A' --define '__arch_install_post B' \
        --define '__os_install_post C' --eval '%{__spec_install_post}' | tr -s '[:space:]' ' ')" = ' A B C ' ] || return 0
    printf '__spec_install_post %%{?__debug_package:\\\n%s\\\n%%{__debug_install_post}\\\n%s\\\n}\\\n' "$1" "$2"
    printf '%%{__arch_install_post}\\\n%%{__os_install_post}\\\n%s' "$3"
}

# Temporary files, of which find-debuginfo alone writes hundreds, are on the volume: the container's layers may be slow.
export TMPDIR="$TOPDIR/tmp"
mkdir -p "$TMPDIR"

case $mode in
    all)
        set -- -ba "$input"
        [ -z "${CROSS:-}" ] || set -- "$input"
        if [ -n "$common" ]; then
            set -- --define "$(after prep "sh $objects restore $tree $common")" "$@"
            behind=$(behind_install "sh $install restore $common" "sh $install aside $common $sources" "sh $install back $common")
            [ -z "$behind" ] || set -- --define "$behind" "$@"
        fi
        ;;
    rebuild) set -- --rebuild "$input" ;;
    common)
        # Behind it rpmbuild would go on and look for the dependencies of all files.
        behind=$(behind_install "sh $install list $common" "sh $install debug $common $tree" \
            "sh $install save $common; echo 'the common objects are complete'; exit 1")
        if [ -n "$behind" ]; then
            set -- --define "$behind" --define '_find_debuginfo_dwz_opts %{nil}' -bi "$input"
        else
            set -- -bc "$input"
        fi
        set -- --define "$(after prep "sh $objects list $tree $common")" --define "$(after build "sh $objects save $common")" "$@"
        ;;
    *)
        echo "rpm-build.sh: unknown mode '$mode' (all, rebuild, common)" >&2
        exit 64
        ;;
esac

[ -z "${PAYLOAD:-}" ] || set -- --define "_binary_payload $PAYLOAD" --define "_source_payload $PAYLOAD" "$@"

target="--target ${CROSS:-}-linux"
triplet="cross_triplet ${CROSS:-}-linux-gnu"
if [ -n "${CROSS:-}" ] && [ "$mode" != all ]; then
    # shellcheck disable=SC2086 # an option and its argument
    set -- $target --define "$triplet" "$@"
fi

# EL 9 leaves out changelog entries by the day of the build. Its rpm makes an age of that, two years, and then goes by the newest entry:
# the age itself, which it knows too, needs no clock. An older rpm knows the time alone.
if [ -n "$(rpm --eval '%{?_changelog_trimtime}')" ]; then
    years=63072000
    if [ -n "$(rpm --eval '%{?_changelog_trimage}')" ]; then
        set -- --define '_changelog_trimtime 0' --define "_changelog_trimage $years" "$@"
    else
        set -- --define "_changelog_trimtime $((SOURCE_DATE_EPOCH - years))" "$@"
    fi
fi

# The result must not depend on the host's name, the clock, the build's file times, or who owns the sources.
set -- rpmbuild \
    --define "_topdir $TOPDIR" \
    --define "_tmppath $TMPDIR" \
    --define "_buildhost verbsmith" \
    --define "use_source_date_epoch_as_buildtime 1" \
    --define "clamp_mtime_to_source_date_epoch 1" \
    --define "build_mtime_policy clamp_to_source_date_epoch" \
    --define "source_date_epoch_from_changelog 0" \
    --define "_srcdefattr (-,root,root)" \
    "$@"

if [ "$mode" = common ]; then
    "$@" || echo "rpm-build.sh: rpmbuild of the common objects ended with $?: what it made until then is used"
    [ ! -e "$common/names" ] || sh "$objects" save "$common"
    exit
fi
if [ -n "${CROSS:-}" ] && [ "$mode" = all ]; then
    # A source package says which processor it was made on, and is the same for all of them.
    "$@" -bs
    # shellcheck disable=SC2086 # an option and its argument
    set -- "$@" $target --define "$triplet" -bb
fi
exec "$@"
