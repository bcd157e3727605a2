// SPDX-License-Identifier: Apache-2.0

package pack

import "github.com/resnics/verbsmith/mage/internal/stage"

// Packer compiles trees and builds packages, in toolchains.
type Packer struct{ *stage.Runner }
