#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes a disk for the kernel lab's guest from the tar archive of a file system.
# It does not need root, because mke2fs reads owners and modes from the archive.
#   lab-disk.sh IN.tar OUT.img
set -eu

in=$1
out=$2

rm -f "$out" "$out.part"
# A quarter more for inodes and partly used blocks, and 256 MiB of free space.
kib=$(($(stat -c %s "$in") * 5 / 4 / 1024 + 262144))
mke2fs -q -F -t ext4 -m 0 -O ^has_journal -d "$in" "$out.part" "${kib}k"
mv "$out.part" "$out"
rm -f "$in"
