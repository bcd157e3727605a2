// SPDX-License-Identifier: Apache-2.0

//go:build mage

// Verbsmith puts an RDMA userspace provider into a released rdma-core and makes
// packages of it.
package main

import (
	// mage:import
	_ "github.com/resnics/verbsmith/mage/build"
	// mage:import
	_ "github.com/resnics/verbsmith/mage/machine"
	// mage:import test
	_ "github.com/resnics/verbsmith/mage/test"
	// mage:import toolchain
	_ "github.com/resnics/verbsmith/mage/toolchain"
)
