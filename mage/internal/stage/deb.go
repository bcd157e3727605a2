// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"path"
	"slices"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/scripts"
)

// The directories of Debian's packages in a container.
const (
	DebFolder = "/builder/deb" // the Containerfile creates it
	DebIn     = DebFolder + "/in"
	debOut    = DebFolder + "/out"
)

// DebBuild is a run of dpkg-buildpackage: of the source package that it makes from the release's tarball and debian/, and of the
// binary packages that it makes from that source package alone.
type DebBuild struct {
	Compiler Compiler
	Name     string  // of the source package
	Version  string  // of rdma-core
	Suffix   string  // appended to the packages' version
	Files    []File  // debian/ and the tarball
	Common   *Common `key:"-"`
}

// NewDebBuild is one with the files of debian/, on that base.
func NewDebBuild(c Compiler, base artifact.Base, name string, src artifact.Source, debian []File) DebBuild {
	files := make([]File, 0, len(debian)+1)
	for _, f := range debian {
		f.Name = artifact.DebianDir + "/" + f.Name
		files = append(files, f)
	}
	files = append(files, File{Name: name + "_" + src.Version + ".orig.tar.gz", Path: src.Tarball})
	for i := range files {
		files[i].Owner, files[i].Time = BuilderUID, src.Epoch
	}
	return DebBuild{Compiler: c, Name: name, Version: src.Version, Suffix: base.VersionSuffix(), Files: files}
}

// WithCommon adds the common objects, which are compiled by c from the same files with the patch's other text.
func (in DebBuild) WithCommon(c Compiler, patch artifact.Patch) DebBuild {
	files := slices.Clone(in.Files)
	for i, f := range files {
		if f.Name == patch.Name {
			files[i].Path = patch.Common
		}
		files[i].Name = path.Base(DebIn) + "/" + f.Name
	}
	in.Common = &Common{
		Compiler: c, Argv: []string{scripts.DebBuild, "common", in.Name, in.Version, in.Suffix, DebIn, CommonFolder},
		Folder: DebFolder, Files: files, Scripts: Scripts{scripts.CommonObjects},
	}
	return in
}

// Container implements Contained. Its first output has all that dpkg-buildpackage writes.
func (in DebBuild) Container() containers.RunSpec {
	return in.Compiler.Spec(containers.RunSpec{
		Argv: append([]string{scripts.DebBuild, "packages", in.Name, in.Version, in.Suffix, DebIn, debOut}, in.Common.Args()...),
		Name: "deb", User: Builder, WorkDir: DebFolder,
		Volumes: []containers.VolumeMount{OwnVolume(DebFolder)},
		Inputs:  []containers.Input{BuilderInput(DebIn, in.Files)},
		Outputs: []containers.Output{{Path: debOut}},
	})
}
