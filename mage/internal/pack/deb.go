// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"context"
	"fmt"
	"path"
	"slices"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/scripts"
)

const (
	debScript = "deb-build.sh"
	debFolder = "/builder/deb" // created by the Containerfile
	debIn     = debFolder + "/in"
	debOut    = debFolder + "/out"
)

// Deb builds Debian's source package from the release's tarball and debian/, and the binary
// packages from that package alone, without a network and as an unprivileged user.
//
// Errors: *containers.RunError.
func (p *Packer) Deb(
	ctx context.Context, j job.Job, src artifact.Source, debian artifact.DebianSource, tc artifact.Toolchain,
) (artifact.Packages, error) {
	files, err := debFiles(src, debian)
	if err != nil {
		return artifact.Packages{}, err
	}
	in := debInput{Compiler: p.Compiler(j, tc, src.Epoch, stage.ForPackages), Version: src.Version, Files: files}
	if tc.Base.Standin {
		in.Suffix = artifact.StandinSuffix
	}
	if j.Provider != nil {
		in.Common = debCommon(p.Compiler(j.Stock(), tc, src.Epoch, stage.ForPackages), in, debian.Patch)
	}
	entry, err := p.Make(ctx, "deb", in)
	return packagesIn(entry), err
}

// debFiles are debian/ and the release's tarball under the name that Debian gives it.
func debFiles(src artifact.Source, debian artifact.DebianSource) ([]stage.File, error) {
	files, err := stage.Files(debian.Dir)
	if err != nil {
		return nil, err
	}
	for i, f := range files {
		files[i].Name = artifact.DebianDir + "/" + f.Name
	}
	files = append(files, stage.File{Name: fmt.Sprintf("rdma-core_%s.orig.tar.gz", src.Version), Path: src.Tarball})
	for i := range files {
		files[i].Owner, files[i].Time = stage.BuilderUID, src.Epoch
	}
	return files, nil
}

// debCommon are the common objects of Debian packages of that input, with the other patch.
func debCommon(c stage.Compiler, in debInput, patch artifact.Patch) *stage.Common {
	files := slices.Clone(in.Files)
	for i, f := range files {
		if f.Name == patch.Name {
			files[i].Path = patch.Common
		}
		files[i].Name = path.Base(debIn) + "/" + f.Name
	}
	return &stage.Common{
		Compiler: c, Argv: []string{debScript, "common", in.Version, in.Suffix, debIn, stage.CommonFolder}, Folder: debFolder, Files: files,
		Scripts: stage.Scripts{scripts.CommonObjects},
	}
}

// debInput is the input of dpkg-buildpackage.
type debInput struct {
	Compiler stage.Compiler
	Version  string
	Suffix   string        // of the packages' version
	Files    []stage.File  // debian/ and the release's tarball
	Common   *stage.Common `key:"-"`
}

// Container implements stage.Contained.
func (in debInput) Container() containers.RunSpec {
	return in.Compiler.Spec(containers.RunSpec{
		Argv: append([]string{debScript, "packages", in.Version, in.Suffix, debIn, debOut}, in.Common.Args()...),
		Name: "deb", User: stage.Builder, WorkDir: debFolder,
		Volumes: []containers.VolumeMount{stage.OwnVolume(debFolder)},
		Inputs:  []containers.Input{stage.BuilderInput(debIn, in.Files)},
		Outputs: []containers.Output{{Path: debOut}},
	})
}

// Make implements stage.Input.
func (in debInput) Make(ctx context.Context, w *stage.Work) error {
	if err := in.Common.Run(ctx, w); err != nil {
		return err
	}
	return stage.KeepLog(w.Stage, w.Dir, "deb.log")
}
