// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"context"
	"path/filepath"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/scripts"
)

// RPM runs rpmbuild -ba on the tarball, the patch and the spec, and the other files
// of a distro's source package, without a
// network and as an unprivileged user.
//
// Errors: *containers.RunError.
func (p *Packer) RPM(ctx context.Context, j job.Job, of Sources) (artifact.Packages, error) {
	in := rpmInput{
		Compiler: p.Compiler(j, of.Toolchain, of.Source.Epoch, stage.ForPackages),
		Files:    rpmFiles(j, of, of.Patch.File),
	}
	if p.Anew.Dir != "" {
		in.Compiler = in.Compiler.Fresh()
	} else if j.Provider != nil {
		compiler := p.Compiler(j.Stock(), of.Toolchain, of.Source.Epoch, stage.ForPackages)
		in.Common = stage.RPMCommon(compiler, specPath, rpmFiles(j, of, of.Patch.Common))
	}
	return p.MakePackages(ctx, "rpm", stage.PackagesInput{
		Input: in, Script: scripts.RPMBuild, Compiler: in.Compiler, Files: in.Files, Anew: p.Anew,
	}, nothing)
}

// Sources are the inputs of an RPM build.
type Sources struct {
	Source    artifact.Source
	Patch     artifact.Patch // of the job's provider, if it has one
	Spec      artifact.Spec
	Toolchain artifact.Toolchain
}

// rpmInput is the input of rpmbuild.
type rpmInput struct {
	Compiler stage.Compiler
	Files    []stage.File
	Common   *stage.Common `key:"-"`
}

// Container implements stage.Contained.
func (in rpmInput) Container() containers.RunSpec {
	return in.Compiler.Spec(containers.RunSpec{
		Argv: append([]string{scripts.RPMBuild, "all", specPath}, in.Common.Args()...),
		Name: "rpm", User: stage.Builder, WorkDir: stage.Topdir,
		Volumes: []containers.VolumeMount{stage.OwnVolume(stage.Topdir)},
		Inputs:  []containers.Input{{Path: stage.Topdir, Write: stage.Tar(in.Files)}},
		Outputs: []containers.Output{{Path: stage.Topdir + "/RPMS", Dir: "RPMS"}, {Path: stage.Topdir + "/SRPMS", Dir: "SRPMS"}},
	})
}

// Make implements stage.Input.
func (in rpmInput) Make(ctx context.Context, w *stage.Work) error {
	// First, because a build takes minutes in which other runs may prune the cache.
	if err := stage.KeepFiles(in.Files, w.Dir); err != nil {
		return err
	}
	if err := in.Common.Run(ctx, w); err != nil {
		return err
	}
	return stage.KeepLog(w.Stage, w.Dir, "rpm.log")
}

// specPath is the spec's path in the container.
const specPath = stage.Topdir + "/SPECS/" + artifact.SpecFile

// rpmFiles is what rpmbuild reads, with the provider's patch, dated like the release so that the source
// package is identical each time.
func rpmFiles(j job.Job, of Sources, patch string) []stage.File {
	files := []stage.File{
		{Name: "SOURCES/" + of.Spec.SourceFile, Path: of.Source.Tarball},
		{Name: "SPECS/" + artifact.SpecFile, Path: of.Spec.File},
	}
	files = append(files, packageInputs(of.Source)...)
	if j.Provider != nil {
		files = append(files, stage.File{Name: "SOURCES/" + of.Patch.Name, Path: patch})
	}
	for i := range files {
		files[i].Owner, files[i].Time = stage.BuilderUID, of.Source.Epoch
	}
	return files
}

// packageInputs are the patches and other sources of a distro's source package: all its files
// except tarball and spec.
func packageInputs(src artifact.Source) []stage.File {
	if src.Package == nil {
		return nil
	}
	var files []stage.File
	for _, name := range src.Package.Files {
		if name != src.Package.Spec && name != src.Package.Tarball {
			files = append(files, stage.File{Name: "SOURCES/" + name, Path: filepath.Join(src.Package.Dir, name)})
		}
	}
	return files
}
