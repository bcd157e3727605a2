// SPDX-License-Identifier: Apache-2.0

package addon

import (
	"context"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
)

const (
	layoutScript = "interface-layout.sh"
	layoutName   = "layout"
	layoutOut    = "/builder/out"
	layoutTree   = stage.TreeDir + "/rdma-core-measured"
)

// ReleaseLayout compiles the structures that libibverbs and a provider share in a release without any provider, and returns the digest of
// their layout; "" on a machine of another architecture than that of specs/interfaces.yaml.
//
// Errors: *containers.RunError.
func (p *Packer) ReleaseLayout(ctx context.Context, j job.Job, src artifact.Source, tc artifact.Toolchain) (string, error) {
	var t addonText
	in := layoutInput{Compiler: p.Compiler(j.Stock(), tc, src.Epoch, stage.ForTrial), Source: src}
	entry, err := p.Make(ctx, layoutName, in)
	if err != nil {
		return "", err
	}
	err = t.measure(src.Version, entry.Dir+"/"+interfaceObject)
	return t.addon.Layout, err
}

// layoutInput is the input of the object with the structures.
type layoutInput struct {
	Compiler stage.Compiler
	Source   artifact.Source
}

// Container implements stage.Contained.
func (in layoutInput) Container() containers.RunSpec {
	return in.Compiler.Spec(containers.RunSpec{
		Argv: []string{layoutScript, layoutTree, layoutOut},
		Name: layoutName, User: stage.Builder, Volumes: []containers.VolumeMount{stage.OwnVolume(stage.TreeDir)},
		Inputs:  []containers.Input{stage.TreeInput(layoutTree, in.Source.Tree, in.Source.Epoch)},
		Outputs: []containers.Output{{Path: layoutOut}},
	})
}

// Make implements stage.Input.
func (in layoutInput) Make(ctx context.Context, w *stage.Work) error { return w.Run(ctx) }
