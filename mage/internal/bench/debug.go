// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"path"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

const (
	debugScript = "lab-debug.sh"
	debugOut    = "/builder/module"
)

// DebugModule builds the provider in the patched tree without optimisation, for
// tools that watch a program from inside.
//
// Errors: *containers.RunError.
func (b *Bench) DebugModule(ctx context.Context, j job.Job, tree artifact.Tree, tc artifact.Toolchain) (artifact.DebugModule, error) {
	key, err := stage.ScriptKey("debug", labStage, debugScript)
	if err != nil {
		return artifact.DebugModule{}, err
	}
	c := b.Compiler(j, tc, tree.Source.Epoch, stage.ForTrial)
	key = c.Key(key).String("tree", tree.Digest)
	entry, err := b.Cached(ctx, "debug", key, func(ctx context.Context, dir string, s *ui.Stage) error {
		files, err := stage.Files(tree.Dir)
		if err != nil {
			return err
		}
		for i := range files {
			files[i].Owner = stage.BuilderUID
		}
		at := path.Join(stage.TreeDir, "rdma-core-"+tree.Source.Version)
		argv := []string{debugScript, at, j.ProviderName(), j.Provider.Manifest.Folder(), debugOut}
		return b.Compile(ctx, s, c, containers.RunSpec{
			Argv: argv,
			Name: "debug", User: stage.Builder, Volumes: []containers.VolumeMount{stage.OwnVolume(stage.TreeDir)},
			Inputs:  []containers.Input{stage.BuilderInput(at, files)},
			Outputs: []containers.Output{{Path: debugOut, Dir: dir}},
			Log:     stage.NinjaLog(s),
		})
	})
	return artifact.DebugModule{Dir: entry.Dir}, err
}
