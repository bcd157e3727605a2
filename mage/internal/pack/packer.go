// SPDX-License-Identifier: Apache-2.0

package pack

import "github.com/resnics/verbsmith/mage/internal/stage"

// Packer compiles trees and builds packages, in toolchains.
type Packer struct {
	*stage.Runner

	Anew stage.Anew
}

// nothing is read of packages that need no more.
func nothing(string) error { return nil }
