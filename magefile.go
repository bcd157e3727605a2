// SPDX-License-Identifier: Apache-2.0

//go:build mage

// Verbsmith puts an RDMA userspace provider into a released rdma-core and makes
// packages of it.
package main

import (
	// mage:import
	_ "github.com/resnics/verbsmith/mage/targets"
)
