// SPDX-License-Identifier: Apache-2.0

package specs

import "embed"

// Files are the data files of this directory, for the loaders and for those who read a file whole.
//
//go:embed *.yaml releases* addon.* rdma-core.sum distros libibverbs suites
var Files embed.FS
