// SPDX-License-Identifier: Apache-2.0

package pack

import "github.com/resnics/verbsmith/mage/internal/stage"

// Packer compiles trees and builds packages, in toolchains.
type Packer struct {
	*stage.Runner

	Fresh string // a directory in which packages are made without the cache and without common objects; "": with both
}

// nothing is read of packages that need no more.
func nothing(string) error { return nil }
