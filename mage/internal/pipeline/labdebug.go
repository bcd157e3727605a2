// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"path"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

const (
	debugScript = "lab-debug.sh"
	debugOut    = "/builder/module"
)

// DebugModule builds the provider in the patched tree without optimisation, for
// what watches a program from inside.
//
// Errors: *containers.RunError.
func (p *Pipeline) DebugModule(ctx context.Context, job job.Job, tree artifact.Tree, tc artifact.Toolchain) (artifact.DebugModule, error) {
	key, err := scriptKey("debug", labStage, debugScript)
	if err != nil {
		return artifact.DebugModule{}, err
	}
	c := p.compiler(job, tc, tree.Source.Epoch, forTrial)
	key = c.key(key).String("tree", tree.Key)
	entry, err := p.cached(ctx, "debug", key, func(ctx context.Context, dir string, s *ui.Stage) error {
		files, err := folderFiles(tree.Dir)
		if err != nil {
			return err
		}
		for i := range files {
			files[i].owner = builderUID
		}
		at := path.Join(treeFolder, "rdma-core-"+tree.Source.Version)
		argv := []string{debugScript, at, job.ProviderName(), job.Provider.Manifest.Folder(), debugOut}
		return p.runCompiler(ctx, s, c, containers.RunSpec{
			Argv: argv,
			Name: "debug", User: builder, Volumes: []containers.VolumeMount{ownVolume(treeFolder)},
			Inputs:  []containers.Input{{Path: at, UID: builderUID, GID: builderUID, Write: tarOf(files)}},
			Outputs: []containers.Output{{Path: debugOut, Dir: dir}},
			Log:     ninjaLog(s),
		})
	})
	return artifact.DebugModule{Dir: entry.Dir}, err
}
