// SPDX-License-Identifier: Apache-2.0

package containers

import "embed"

// Files are the Containerfiles, and what their builds copy.
//
//go:embed debian el judges lab publish standin
var Files embed.FS
