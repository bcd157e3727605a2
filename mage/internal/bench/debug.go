// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"path"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
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
	entry, err := b.Make(ctx, "debug", debugInput{
		Compiler: b.Compiler(j, tc, tree.Source.Epoch, stage.ForTrial), Tree: tree,
		Provider: j.ProviderName(), Directory: j.Provider.Manifest.Folder(),
	})
	return artifact.DebugModule{Dir: entry.Dir}, err
}

// debugInput is the input of a debug module's compilation.
type debugInput struct {
	Compiler  stage.Compiler
	Tree      artifact.Tree
	Provider  string
	Directory string // the provider's in the tree
}

// Container implements stage.Contained.
func (in debugInput) Container() containers.RunSpec {
	at := path.Join(stage.TreeDir, "rdma-core-"+in.Tree.Source.Version)
	return in.Compiler.Spec(containers.RunSpec{
		Argv: []string{debugScript, at, in.Provider, in.Directory, debugOut},
		Name: "debug", User: stage.Builder, Volumes: []containers.VolumeMount{stage.OwnVolume(stage.TreeDir)},
		Inputs:  []containers.Input{stage.TreeInput(at, in.Tree.Dir, in.Tree.Source.Epoch)},
		Outputs: []containers.Output{{Path: debugOut}},
	})
}

// Make implements stage.Input.
func (in debugInput) Make(ctx context.Context, w *stage.Work) error { return w.Run(ctx) }
