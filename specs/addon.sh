#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Compiles one provider in a patched release of rdma-core, the current directory, and of the release what the provider is
# linked to and nothing else. It is part of the source package of an add-on: addon.spec and addon.rules call it.
#   addon.sh build [ARGUMENT...]   compiles into addon-build; the arguments are CMake's
#   addon.sh install ROOT          installs into ROOT and writes runtime.list and devel.list: what a program that runs needs,
#                                  and what only a compiler does
# Environment: FOLDERS, the provider's directories with a CMakeLists.txt; PAGES and LIBRARY, 1 if it has manual pages or a
# library of its own; LIBDIR, such as lib64, below /usr; CFLAGS and LDFLAGS; JOBS, an argument of ninja; TRIPLET, for
# cross-compiling, what the names of the tools begin with, such as aarch64-linux-gnu; INTERFACE_OBJECT, for who asks, the object file whose debugging data describes what libibverbs and a provider share.
set -eu

case $1 in
    build)
        shift
        [ "$PAGES" = 1 ] || set -- -DNO_MAN_PAGES=1 "$@"
        if [ -n "${TRIPLET:-}" ]; then
            set -- -DCMAKE_SYSTEM_NAME=Linux "-DCMAKE_SYSTEM_PROCESSOR=${TRIPLET%%-*}" "-DCMAKE_C_COMPILER=$TRIPLET-gcc" "$@"
            export PKG_CONFIG_LIBDIR="/usr/lib/$TRIPLET/pkgconfig:/usr/share/pkgconfig"
        fi
        cmake -S . -B addon-build -GNinja \
            -DCMAKE_BUILD_TYPE=Release \
            -DCMAKE_C_FLAGS_RELEASE:STRING=-DNDEBUG \
            -DCMAKE_SKIP_RPATH:BOOL=ON \
            -DCMAKE_INSTALL_PREFIX:PATH=/usr \
            -DCMAKE_INSTALL_LIBDIR:PATH="$LIBDIR" \
            -DCMAKE_INSTALL_INCLUDEDIR:PATH=include \
            -DCMAKE_INSTALL_LIBEXECDIR:PATH=libexec \
            -DCMAKE_INSTALL_MANDIR:PATH=/usr/share/man \
            -DCMAKE_INSTALL_SYSCONFDIR:PATH=/etc \
            -DCMAKE_INSTALL_UDEV_RULESDIR:PATH=/usr/lib/udev/rules.d \
            -DNO_PYVERBS=1 \
            "$@"
        # Nothing else of rdma-core: libibverbs is linked to, and not packaged.
        set --
        for folder in kernel-headers libibverbs $FOLDERS; do
            set -- "$@" "$folder/all"
        done
        # shellcheck disable=SC2086 # none, or one argument
        cmake --build addon-build -- -v ${JOBS:-} "$@"
        if [ -n "${INTERFACE_OBJECT:-}" ]; then
            printf '#include <config.h>\n#include <infiniband/driver.h>\n' >interface.c
            "${TRIPLET:+$TRIPLET-}gcc" -std=gnu11 -w -g -O0 -D_GNU_SOURCE -fno-eliminate-unused-debug-types -fno-lto -Iaddon-build/include \
                -c interface.c -o "$INTERFACE_OBJECT"
        fi
        ;;
    install)
        root=$2
        for folder in $FOLDERS; do
            DESTDIR=$root cmake -P "addon-build/$folder/cmake_install.cmake"
        done
        (cd "$root" && find . ! -type d) >installed
        sed 's|^\.||' installed | LC_ALL=C sort >installed.list
        set -- -e "^/usr/$LIBDIR/libibverbs/" -e "^/usr/$LIBDIR/lib[^/]*\\.so\\." -e '^/usr/lib/(udev|modprobe\.d)/' -e '^/usr/libexec/' \
            -e '^/etc/'
        # A plug-in's manual pages are for who runs it, a library's for who calls it.
        [ "$LIBRARY" = 1 ] || set -- "$@" -e '^/usr/share/man/'
        grep -E "$@" installed.list >runtime.list
        grep -E -v "$@" installed.list >devel.list || [ ! -s devel.list ]
        # Nothing may point into the build directory.
        (cd "$root" && find . -type f \( -name '*.so' -o -name '*.so.*' \) -exec readelf -d {} +) >dynamic
        if grep -E 'R(UN)?PATH' dynamic; then
            echo 'addon.sh: a library has a RUNPATH' >&2
            exit 1
        fi
        ;;
    *)
        echo "addon.sh: unknown mode '$1' (build, install)" >&2
        exit 64
        ;;
esac
