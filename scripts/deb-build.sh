#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds a Debian source package of rdma-core, and from that alone its binary
# packages, so that equal inputs give equal bytes.
#   deb-build.sh packages NAME RELEASE SUFFIX IN OUT [COMMON]   with the common objects in COMMON
#   deb-build.sh common NAME RELEASE SUFFIX IN OUT              only the common objects, for COMMON; the provider in IN is empty
#   deb-build.sh ar AR ARGUMENT...                              the build's own ar: AR, with the objects of rdma-core's static
#                                                               libraries in the order of their names
# NAME is the source package's. SUFFIX is appended to the packages' version; it may be empty. IN holds NAME_RELEASE.orig.tar.gz and debian/. The build is in IN/.., a
# fixed path, because it is compiled into the result. OUT gets everything that
# dpkg-buildpackage writes.
# Environment: SOURCE_DATE_EPOCH (seconds, the release's date), CCACHE_DIR (optional), CROSS (optional: the processor that is
# cross-compiled for, as Debian names it).
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs chmod dpkg-architecture dpkg-buildpackage dpkg-source mkdir mv nproc rm sed sh sort tar xargs

# sanitize_static_lib.py gives objects to ar in the order of a directory, and of a set that Python orders by addresses.
if [ "$1" = ar ]; then
    ar=$2
    shift 2
    [ "$1" = qsc ] || exec "$ar" "$@"
    library=$2
    shift 2
    printf '%s\0' "$@" | LC_ALL=C sort --zero-terminated | xargs --null "$ar" qsc "$library"
    exit
fi

mode=$1
name=$2
release=$3
suffix=$4
in=$5
out=$6
common=${7:-}
objects=${0%/*}/common-objects.sh
: "${SOURCE_DATE_EPOCH:?the date of the release in seconds}"

# CMake reads these two from the environment.
if [ -n "${CCACHE_DIR:-}" ] && command -v ccache >/dev/null 2>&1; then
    export CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache
fi
DEB_BUILD_OPTIONS=parallel=$(nproc)
export DEB_BUILD_OPTIONS

# dpkg-source keeps the modes of debian/, which depend on it. rpmbuild sets it itself.
umask 022

cd "$in/.."
# Temporary files are on the volume: the container's layers may be slow.
export TMPDIR="$PWD/tmp"
mkdir -p "$TMPDIR"
tree=$name-$release
orig=${name}_$release.orig.tar.gz
mv "$in/$orig" .
mkdir "$tree"
tar --extract --gzip --file="$orig" --strip-components=1 --directory="$tree"
# Upstream's tarball contains its debian/; a source package replaces it with its own.
rm -rf "$tree/debian"
mv "$in/debian" "$tree/debian"
[ -z "$suffix" ] || sed -i "1s/)/$suffix)/" "$tree/debian/changelog"

# The tree is unpacked from the source package, so nothing else can be built.
dpkg-source --build "$tree"
rm -rf "$tree"
dpkg-source --extract ./*.dsc "$tree"
cd "$tree"
set --
tools=
if [ -n "${CROSS:-}" ]; then
    tools=$(dpkg-architecture --host-arch "$CROSS" --query DEB_HOST_GNU_TYPE)-
    # The image has the requirements that run for its own processor, which debian/control does not say.
    set -- --host-arch="$CROSS" --no-check-builddeps
    multiarch=$(dpkg-architecture --host-arch "$CROSS" --query DEB_HOST_MULTIARCH)
    # Python names extension modules by its own record of the processor that it runs on.
    for record in /usr/lib/python3*/_sysconfigdata__"$multiarch".py; do
        [ ! -e "$record" ] || export _PYTHON_SYSCONFIGDATA_NAME="_sysconfigdata__$multiarch"
    done
fi
printf '#!/bin/sh\nexec sh %s ar %sar "$@"\n' "$0" "$tools" >../ar
chmod 755 ../ar
export EXTRA_CMAKE_FLAGS="-DCMAKE_AR=${PWD%/*}/ar"

case $mode in
    packages)
        # The hook runs after debian/rules clean.
        [ -z "$common" ] || set -- --hook-build="sh $objects restore $PWD $common" "$@"
        dpkg-buildpackage --unsigned-source --unsigned-changes "$@"
        ;;
    common)
        sh "$objects" list "$PWD" "$out"
        dpkg-buildpackage "$@" --rules-target=build ||
            echo "deb-build.sh: the build of the common objects ended with $?: what it made until then is used"
        exec sh "$objects" save "$out"
        ;;
    *)
        echo "deb-build.sh: unknown mode '$mode' (packages, common)" >&2
        exit 64
        ;;
esac
cd ..
mkdir -p "$out"
# Ubuntu's packages with debugging data are .ddeb.
for file in *.deb *.ddeb *.dsc *.tar.* *.changes *.buildinfo; do
    [ ! -e "$file" ] || mv "$file" "$out/"
done
