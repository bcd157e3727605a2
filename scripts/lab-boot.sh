#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Boots the kernel lab's guest and shows its serial console until it has
# shut down. The caller judges the output: QEMU exits
# with 0 even after a panic.
#   lab-boot.sh TREE DISK ACCEL
# TREE is the initramfs without the kernel's modules: init, and lab/ with what
# the guest is to do. DISK is not changed. ACCEL is tcg or kvm.
# Environment: MEMORY (MiB of the guest, default 1024).
set -eu

tree=$1
disk=$2
accel=$3
version=$(cat /lab/version)
have=$(mktemp)

# modules DIRECTORY NAME...: the modules that NAME needs and that no earlier directory
# has, in the order in which they are loaded.
modules() {
    directory=$tree/lab/modules/$1
    shift
    mkdir -p "$directory"
    for name; do
        modprobe --set-version="$version" --show-depends "$name"
    done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | while IFS= read -r file; do
        if ! grep -qxF "$file" "$have"; then
            echo "$file" >>"$have"
            cp "$file" "$directory/"
            basename "$file" >>"$directory/order"
        fi
    done
}

modules disk virtio_pci virtio_blk ext4
modules core dummy ib_core
# rdma_rxe requests crc32 by name, so its list of dependencies lacks it.
modules verbs crc32_generic ib_uverbs rdma_rxe rdma_ucm ib_umad
mkdir -p "$tree/dev" "$tree/proc" "$tree/sys" "$tree/disk"
(cd "$tree" && find . | cpio --create --format=newc --quiet) >"$tree.cpio"

case $accel in
    kvm) accel='kvm' cpu=host ;;
    *) accel='tcg,thread=multi' cpu=max ;;
esac
# loglevel=2: the kernel's messages would mix with the guest's records. The guest
# prints them at its end.
processor=$(cat /lab/processor)
case $processor in
    aarch64) machine=virt terminal=ttyAMA0 ;;
    *) machine=q35 terminal=ttyS0 ;;
esac
exec "qemu-system-$processor" -M "$machine" -accel "$accel" -cpu "$cpu" -smp 2 -m "${MEMORY:-1024}" \
    -nographic -nodefaults -nic none -serial stdio -no-reboot \
    -kernel "/boot/vmlinuz-$version" -initrd "$tree.cpio" \
    -append "console=$terminal loglevel=2 panic=-1 selinux=0 apparmor=0" \
    -drive "file=$disk,format=raw,if=virtio,snapshot=on,cache=unsafe"
