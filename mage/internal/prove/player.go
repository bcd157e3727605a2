// SPDX-License-Identifier: Apache-2.0

package prove

import (
	"context"
	"path/filepath"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/scripts"
)

const (
	playerFile   = "rdma-netlink.so"
	playerOut    = "/builder/player"
	playerFolder = "/verbsmith-netlink"
)

// playerInput is the input of the player's compilation.
type playerInput struct {
	Toolchain string // image
	Source    []stage.File
}

// Container implements stage.Contained.
func (in playerInput) Container() containers.RunSpec {
	return containers.RunSpec{
		Argv: []string{scripts.Preload, playerOut + "/" + scripts.NetlinkSource, playerOut + "/out/" + playerFile},
		Name: "player", Image: in.Toolchain, User: stage.Builder,
		Inputs:  []containers.Input{stage.BuilderInput(playerOut, in.Source)},
		Outputs: []containers.Output{{Path: playerOut + "/out"}},
	}
}

// Make implements stage.Input.
func (in playerInput) Make(ctx context.Context, w *stage.Work) error { return w.Run(ctx) }

// netlinkPlayer returns the library that simulates the kernel's RDMA netlink for ibv_devices,
// as an input of a container. It is compiled by the toolchain of the distro it runs on.
func (t *trial) netlinkPlayer(ctx context.Context) (containers.Input, error) {
	source := stage.File{Name: scripts.NetlinkSource, Data: scripts.Netlink, Owner: stage.BuilderUID}
	entry, err := t.MakePart(ctx, t.line, "player", playerInput{Toolchain: t.toolchain, Source: []stage.File{source}})
	if err != nil {
		return containers.Input{}, err
	}
	data, err := stagecache.ReadFile(filepath.Join(entry.Dir, playerFile))
	file := stage.File{Name: playerFolder[1:] + "/" + playerFile, Data: data, Mode: 0o755}
	return containers.Input{Path: "/", Write: stage.Tar([]stage.File{file})}, err
}
