// SPDX-License-Identifier: Apache-2.0

package prove

import (
	"context"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/scripts"
)

const (
	playerFile   = "rdma-netlink.so"
	playerFolder = "/verbsmith-netlink"
)

// netlinkPlayer returns the library that simulates the kernel's RDMA netlink for ibv_devices,
// as an input of a container. It is compiled by the toolchain of the distro it runs on.
func (t *trial) netlinkPlayer(ctx context.Context) (containers.Input, error) {
	return t.Preload(ctx, t.line, t.toolchain, scripts.NetlinkSource, scripts.Netlink, playerFolder)
}
