// SPDX-License-Identifier: Apache-2.0

// Package diagnose says of each verbs device which provider takes it and by
// which rule, or the first reason why none does and what to do about it.
//
// It works as libibverbs does (rdma-core 34 to 65), without running anything
// of what it looks at: it reads sysfs, the RDMA netlink of the kernel, the
// files in /etc/libibverbs.d, and as the dynamic loader would, the ELF files of
// libibverbs, of the providers and of the libraries that they need.
//
// Everything is read through a Tree, so a directory with another machine's
// files is asked in the same way. What only the running machine can answer is
// in a Live, whose functions may be nil. Nothing is changed.
package diagnose
