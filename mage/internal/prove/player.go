// SPDX-License-Identifier: Apache-2.0

package prove

import (
	"context"
	"path/filepath"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/scripts"
)

const (
	playerStage  = 1
	playerScript = scripts.NetlinkPlayer
	playerSource = scripts.NetlinkSource
	playerFile   = "rdma-netlink.so"
	playerOut    = "/builder/player"
	playerFolder = "/verbsmith-netlink"
)

// netlinkPlayer is what plays the kernel's RDMA netlink to ibv_devices, compiled
// by the toolchain of the distro on which it will run, as an input of a
// container.
func (p *Prover) netlinkPlayer(ctx context.Context, s *ui.Stage, tc artifact.Toolchain) (containers.Input, error) {
	key, err := stage.ScriptKey("player", playerStage, playerScript)
	if err != nil {
		return containers.Input{}, err
	}
	key = key.String("toolchain", tc.ID).Bytes(playerSource, scripts.Netlink)
	entry, err := p.Do(ctx, key, func(ctx context.Context, dir string) error {
		source := stage.File{Name: playerSource, Data: scripts.Netlink, Owner: stage.BuilderUID}
		_, err := p.Script(ctx, s, containers.RunSpec{
			Argv: []string{playerScript, playerOut + "/" + playerSource, playerOut + "/out/" + playerFile},
			Name: "player", Image: tc.ID, User: stage.Builder,
			Inputs:  []containers.Input{stage.BuilderInput(playerOut, []stage.File{source})},
			Outputs: []containers.Output{{Path: playerOut + "/out", Dir: dir}},
		})
		return err
	})
	if err != nil {
		return containers.Input{}, err
	}
	data, err := stagecache.ReadFile(filepath.Join(entry.Dir, playerFile))
	file := stage.File{Name: playerFolder[1:] + "/" + playerFile, Data: data, Mode: 0o755}
	return containers.Input{Path: "/", Write: stage.Tar([]stage.File{file})}, err
}
