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

// newer returns a repository with stubs of the packages of dist in the next release of rdma-core, as an input of a container.
func (t *trial) newer(ctx context.Context, dist artifact.Dist) (containers.Input, error) {
	files, _, err := stage.Installable(dist)
	if err != nil {
		return containers.Input{}, err
	}
	major, _, _ := strings.Cut(dist.Manifest.Release, ".")
	number, err := strconv.Atoi(major)
	if err != nil {
		return containers.Input{}, fmt.Errorf("the release after %s: %w", dist.Manifest.Release, err)
	}
	next := updateInput{Toolchain: t.toolchain, Packages: files, Version: strconv.Itoa(number+1) + ".0"}
	stubs, err := t.MakePart(ctx, t.line, "newer", next)
	if err != nil {
		return containers.Input{}, err
	}
	if files, err = stage.Files(stubs.Dir); err != nil {
		return containers.Input{}, err
	}
	entry, err := t.MakePart(ctx, t.line, "repository", repositoryInput{Toolchain: t.toolchain, Network: !t.base.Standin, Packages: files})
	if err != nil {
		return containers.Input{}, err
	}
	files, err = stage.Files(entry.Dir)
	return containers.Input{Path: newerFolder, Write: stage.Tar(files)}, err
}

// updateInput is the input of an update.
type updateInput struct {
	Toolchain string // image
	Packages  []stage.File
	Version   string // of stubs; "": the same files with a higher release
}

// Container implements stage.Contained.
func (in updateInput) Container() containers.RunSpec {
	argv := []string{repackageScript, repackageIn, repackageOut}
	if in.Version != "" {
		argv = append(argv, in.Version)
	}
	return containers.RunSpec{
		Argv: argv,
		Name: "update", Image: in.Toolchain, User: stage.Builder,
		Env:     map[string]string{"HOME": "/builder", "LC_ALL": "C.UTF-8"},
		Inputs:  []containers.Input{stage.BuilderInput(filepath.Dir(repackageIn), in.Packages)},
		Outputs: []containers.Output{{Path: repackageOut}},
	}
}

// Make implements stage.Input.
func (in updateInput) Make(ctx context.Context, w *stage.Work) error { return w.Run(ctx) }

// repositoryInput is the input of a repository of packages.
type repositoryInput struct {
	Toolchain string // image
	Network   bool   // a real distro's toolchain fetches createrepo_c
	Packages  []stage.File
}

// Container implements stage.Contained.
func (in repositoryInput) Container() containers.RunSpec {
	return containers.RunSpec{
		Argv: []string{"repository.sh", "/packages", newerFolder},
		Name: "repository", Image: in.Toolchain, Root: true, User: "root", Network: in.Network,
		Inputs:  []containers.Input{{Path: "/packages", Write: stage.Tar(in.Packages)}},
		Outputs: []containers.Output{{Path: newerFolder}},
	}
}

// Make implements stage.Input.
func (in repositoryInput) Make(ctx context.Context, w *stage.Work) error { return w.Run(ctx) }

// folderDist is a directory of packages as a Dist without any other data.
func folderDist(dir string) (artifact.Dist, error) {
	dist := artifact.Dist{Dir: dir}
	files, err := stage.Files(dir)
	for _, f := range files {
		dist.Manifest.Files = append(dist.Manifest.Files, artifact.Output{Path: f.Name})
	}
	return dist, err
}
