#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Checks that KVM works, by booting the lab's kernel with it. A broken KVM
# pauses QEMU forever, hence the time limit.
#   lab-probe.sh TREE WORDS
# TREE holds the init of an initramfs that says WORDS on the console.
set -eu

tree=$1
words=$2
mkdir -p "$tree/dev" "$tree/proc" "$tree/sys"
(cd "$tree" && find . | cpio --create --format=newc --quiet) >"$tree.cpio"
timeout 15 qemu-system-x86_64 -M q35 -accel kvm -cpu host -smp 2 -m 256 \
    -nographic -nodefaults -nic none -serial stdio -no-reboot \
    -kernel "/boot/vmlinuz-$(cat /lab/version)" -initrd "$tree.cpio" \
    -append 'console=ttyS0 panic=-1' | tee "$tree.console"
grep -F -- "$words" "$tree.console" >/dev/null
