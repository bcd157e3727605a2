// SPDX-License-Identifier: Apache-2.0

package prove

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/stage"
)

const (
	repackageIn  = "/builder/in"
	repackageOut = "/builder/update"

	newerFolder = "/newer"

	// repositoryIndex is the file that makes a directory of Debian's packages a repository.
	repositoryIndex = "Packages"
)

// Update repackages packages with a higher release, like a distribution's update.
//
// Errors: *containers.RunError.
func (p *Prover) Update(ctx context.Context, tc artifact.Toolchain, stock artifact.Dist) (artifact.Dist, error) {
	return p.repackage(ctx, "update", tc, stock, "+update1")
}

// Across repackages Debian's packages as a release that an add-on is not for.
//
// Errors: *containers.RunError.
func (p *Prover) Across(ctx context.Context, tc artifact.Toolchain, stock artifact.Dist, release string) (artifact.Dist, error) {
	return p.repackage(ctx, "across", tc, stock, release+"-1")
}

// repackage repackages packages; version is for Debian's.
func (p *Prover) repackage(
	ctx context.Context, name string, tc artifact.Toolchain, stock artifact.Dist, version string,
) (artifact.Dist, error) {
	files, _, err := stage.Installable(stock)
	if err != nil {
		return artifact.Dist{}, err
	}
	from := repackageIn + "/" + stage.PackagesDir(stock)
	argv := []string{"repackage.sh", from, repackageOut}
	if stock.Debian() {
		argv = []string{"repackage-deb.sh", from, repackageOut, version}
	}
	entry, err := p.Make(ctx, name, repackageInput{Toolchain: tc.ID, Packages: files, Argv: argv})
	if err != nil {
		return artifact.Dist{}, err
	}
	dist, err := folderDist(entry.Dir)
	dist.Manifest.Suite = stock.Manifest.Suite
	return dist, err
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

// repackageInput is the input of an update.
type repackageInput struct {
	Toolchain string // image
	Packages  []stage.File
	Argv      []string
}

// Container implements stage.Contained.
func (in repackageInput) Container() containers.RunSpec {
	return containers.RunSpec{
		Argv: in.Argv, Name: "update", Image: in.Toolchain, User: stage.Builder,
		Env:     map[string]string{"HOME": "/builder", "LC_ALL": "C.UTF-8"},
		Inputs:  []containers.Input{stage.BuilderInput(repackageIn, in.Packages)},
		Outputs: []containers.Output{{Path: repackageOut}},
	}
}

// Make implements stage.Input.
func (in repackageInput) Make(ctx context.Context, w *stage.Work) error { return w.Run(ctx) }

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
