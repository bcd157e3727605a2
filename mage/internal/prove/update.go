// SPDX-License-Identifier: Apache-2.0

package prove

import (
	"context"
	"path/filepath"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/stage"
)

const (
	repackageScript = "repackage.sh"
	repackageIn     = "/builder/in/rpms"
	repackageOut    = "/builder/update"
)

// Update repackages packages with a higher release, like a distribution's update.
//
// Errors: *containers.RunError.
func (p *Prover) Update(ctx context.Context, tc artifact.Toolchain, stock artifact.Dist) (artifact.Dist, error) {
	files, _, err := stage.Installable(stock)
	if err != nil {
		return artifact.Dist{}, err
	}
	entry, err := p.Make(ctx, "update", updateInput{Toolchain: tc.ID, Packages: files})
	if err != nil {
		return artifact.Dist{}, err
	}
	return folderDist(entry.Dir)
}

// updateInput is the input of an update.
type updateInput struct {
	Toolchain string // image
	Packages  []stage.File
}

// Container implements stage.Contained.
func (in updateInput) Container() containers.RunSpec {
	return containers.RunSpec{
		Argv: []string{repackageScript, repackageIn, repackageOut},
		Name: "update", Image: in.Toolchain, User: stage.Builder,
		Env:     map[string]string{"HOME": "/builder", "LC_ALL": "C.UTF-8"},
		Inputs:  []containers.Input{stage.BuilderInput(filepath.Dir(repackageIn), in.Packages)},
		Outputs: []containers.Output{{Path: repackageOut}},
	}
}

// Make implements stage.Input.
func (in updateInput) Make(ctx context.Context, w *stage.Work) error { return w.Run(ctx) }

// folderDist is a directory of packages as a Dist without any other data.
func folderDist(dir string) (artifact.Dist, error) {
	dist := artifact.Dist{Dir: dir}
	files, err := stage.Files(dir)
	for _, f := range files {
		dist.Manifest.Files = append(dist.Manifest.Files, artifact.Output{Path: f.Name})
	}
	return dist, err
}
