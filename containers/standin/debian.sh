#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# debian.sh base|tools
#
# Installs the Debian packages of a stand-in. scripts/standin-bootstrap.sh runs it as root in the root file system of a
# minimal Debian, once for each of the two images, in this order:
#   base   in which packages are tested: it has rpm and dnf, and packages must bring everything else
#   tools  base, and the build tools of the toolchains
# apt's lists and archives are the caller's, and no part of the images.
set -eu

install() { DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "$@"; }

# no_local: dnf's plug-in `local` has a repository of its own.
no_local() { find /etc/dnf -name local.conf -exec sed -i 's/^enabled *=.*/enabled = false/' {} +; }

# Debian's rpm 4.20 has a plug-in that runs scriptlets in new namespaces, which an unprivileged container may not create.
# Enterprise Linux does not install it.
base() {
	echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/standin
	for directory in doc man info locale lintian; do echo "path-exclude=/usr/share/$directory/*"; done >>/etc/dpkg/dpkg.cfg.d/standin
	echo 'path-include=/usr/share/doc/*/copyright' >>/etc/dpkg/dpkg.cfg.d/standin
	case $(cat /etc/debian_version) in
	*/sid) dnf=dnf5 ;;
	*) dnf=dnf ;;
	esac
	apt-get update -q -o Acquire::Languages=none
	install rpm "$dnf" gawk
	[ "$dnf" = dnf ] || ln -s "$dnf" /usr/bin/dnf
	rm -f /usr/lib/rpm/macros.d/macros.transaction_unshare
	no_local
	mkdir -p /etc/rpm /etc/yum.repos.d /usr/share/standin
	echo '%_dbpath /var/lib/rpm' >/etc/rpm/macros.standin
	# shellcheck disable=SC2016 # dpkg's own placeholder
	dpkg-query -W -f '${Package}\n' >/usr/share/standin/debian-packages
}

# perl*.attr: Debian's rpm generates perl() dependencies itself up to 4.18, and not at all from 4.20 on. Here
# perl-generators does it, as in Enterprise Linux.
# /etc/debian_version: with it, CMake installs libraries without execute permission, and find-debuginfo skips such files.
# bullseye: its rpm brings debugedit itself. It has no dnf-plugins-core; bookworm's is Python and works with its dnf.
# perftest is installed without Debian's rdma-core, because its RPM has to run with the rdma-core under test.
tools() {
	. /etc/os-release
	debugedit=debugedit plugins=dnf-plugins-core
	[ ! -e /usr/bin/dnf5 ] || plugins=
	if [ "${VERSION_CODENAME:-}" = bullseye ]; then
		debugedit='' plugins=dnf-plugins-core/bookworm
		sed 's/bullseye/bookworm/' /etc/apt/sources.list >/etc/apt/sources.list.d/newer.list
		echo 'APT::Default-Release "bullseye";' >/etc/apt/apt.conf.d/newer
		apt-get update -q -o Acquire::Languages=none
	fi
	# shellcheck disable=SC2086 # one package or none
	install binutils bzip2 ccache cmake cpio createrepo-c cython3 $debugedit diffutils $plugins dwz elfutils file \
		gcc git iproute2 kmod libatm1 libnl-3-dev libnl-route-3-dev libsystemd-dev libudev-dev make ninja-build pandoc patch pciutils \
		perl pkg-config python3-dev python3-docutils python3-systemd systemd udev valgrind xz-utils zstd
	rm -f /etc/apt/sources.list.d/newer.list /etc/apt/apt.conf.d/newer
	cd /tmp
	apt-get download -q perftest
	dpkg --force-depends --install perftest_*.deb
	rm perftest_*.deb
	rm -f /usr/lib/rpm/fileattrs/perl*.attr /etc/debian_version
	no_local
}

case ${1:-} in
base | tools) "$1" ;;
*)
	echo 'usage: debian.sh base|tools' >&2
	exit 64
	;;
esac
