// SPDX-License-Identifier: Apache-2.0

package prove

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/stage"
)

const (
	repackageScript = "repackage.sh"
	repackageIn     = "/builder/in/rpms"
	repackageOut    = "/builder/update"

	newerFolder = "/newer"
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

// newer returns a repository with stubs of the packages called names in the release of rdma-core after that one, as an
// input of a container.
func (t *trial) newer(ctx context.Context, release string, names []string) (containers.Input, error) {
	major, _, _ := strings.Cut(release, ".")
	number, err := strconv.Atoi(major)
	if err != nil {
		return containers.Input{}, fmt.Errorf("the release after %s: %w", release, err)
	}
	entry, err := t.MakePart(ctx, t.line, "newer", newerInput{
		Toolchain: t.toolchain, Network: t.base.Network(), Version: strconv.Itoa(number+1) + ".0", Names: names,
	})
	if err != nil {
		return containers.Input{}, err
	}
	files, err := stage.Files(entry.Dir)
	return containers.Input{Path: newerFolder, Write: stage.Tar(files)}, err
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

// newerInput is the input of a repository with a newer release. It has no files of packages: after most edits the
// repository is the same.
type newerInput struct {
	Toolchain string // image
	Network   bool   // a real distro's toolchain fetches createrepo_c
	Version   string
	Names     []string
}

// Container implements stage.Contained.
func (in newerInput) Container() containers.RunSpec {
	return containers.RunSpec{
		Argv: append([]string{"newer.sh", newerFolder, in.Version}, in.Names...),
		Name: "newer", Image: in.Toolchain, Root: true, User: "root", Network: in.Network, Repositories: true,
		Outputs: []containers.Output{{Path: newerFolder}},
	}
}

// Make implements stage.Input.
func (in newerInput) Make(ctx context.Context, w *stage.Work) error { return w.Run(ctx) }

// folderDist is a directory of packages as a Dist without any other data.
func folderDist(dir string) (artifact.Dist, error) {
	dist := artifact.Dist{Dir: dir}
	files, err := stage.Files(dir)
	for _, f := range files {
		dist.Manifest.Files = append(dist.Manifest.Files, artifact.Output{Path: f.Name})
	}
	return dist, err
}
