// SPDX-License-Identifier: Apache-2.0

// Package image has the stages that build or fetch container images: a distro's base or its
// stand-in, a Debian suite's base, toolchains, the kernel lab's image.
package image
