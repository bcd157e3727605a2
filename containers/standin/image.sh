#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes the images of the stand-in base for a release, on the Debian images that debian.sh has made:
#   image.sh repositories EL DIST OUT   in `tools`: creates the repositories of the image `minimal` in OUT
#   image.sh minimal                    in `base`, with these repositories in /usr/share/standin: installs the RPMs that are
#                                       there from the start, and removes what Debian cannot be without and the real image has not
#   image.sh full EL DIST               in `tools`: creates the repositories of the image `full`, and installs the RPMs
# minimal is the base of proofs, full that of toolchains: it has the build tools, but their RPMs are not installed.
# EL and DIST are those of repository.py, which is in the directory `standin` next to this script with all that it needs. Large
# files are created next to this script too.
set -eu

here=${0%/*}
repositories=/usr/share/standin

create() { # MODE EL DIST OUT
	SOURCE_DATE_EPOCH=1577836800 TMPDIR=$here python3 "$here/standin/repository.py" \
		"$2" "$3" "$here/standin" "$repositories/debian-packages" "$1" "$4"
}

# install: with absolute paths, because given several others, sid's rpm 6.1.0 opens files of other names ("open of -9.10-1 failed").
install() {
	sed "s#^#$repositories/#" "$repositories/installed" | xargs rpm --install
}

# EL 8 runs dnf with platform-python.
minimal() {
	install
	if [ -e /usr/libexec/platform-python ]; then sed -i '1s#/usr/bin/python3#/usr/libexec/platform-python#' /usr/bin/dnf-3; fi
	xargs rm -f <"$repositories/absent"
}

case $1 in
repositories)
	create minimal "$2" "$3" "$4"
	exit
	;;
minimal) minimal ;;
full)
	create full "$2" "$3" "$here/full"
	cp -R "$here/full/." "$repositories"
	install
	;;
esac
ldconfig
dnf -q makecache
