// SPDX-License-Identifier: Apache-2.0

//go:build verbsmith_targets

package main

// For go get -tool and go mod vendor, which add the sums or the packages of all modules that a tool needs: this one compiles the
// targets when they are run, and test:kernel the program of its guest.
import (
	_ "github.com/resnics/verbsmith/mage/internal/lab/guest"
	_ "github.com/resnics/verbsmith/mage/targets"
)
