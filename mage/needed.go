// SPDX-License-Identifier: Apache-2.0

//go:build verbsmith_targets

package main

// For go get -tool, which adds the sums of all modules that a tool needs: this one compiles the targets when they are run.
import _ "github.com/resnics/verbsmith/mage/targets"
