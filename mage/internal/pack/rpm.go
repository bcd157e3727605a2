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
func (p *Packer) RPM(
	ctx context.Context, j job.Job, src artifact.Source, patch artifact.Patch, spec artifact.Spec, tc artifact.Toolchain,
) (artifact.Packages, error) {
	in := rpmInput{Compiler: p.Compiler(j, tc, src.Epoch, stage.ForPackages), Files: rpmFiles(j, src, patch, spec)}
	entry, err := p.Make(ctx, "rpm", in)
	return artifact.Packages{Dir: entry.Dir, Key: entry.Key}, err
}

// rpmInput is what rpmbuild is given.
type rpmInput struct {
	Compiler stage.Compiler
	Files    []stage.File
}

// Container implements stage.Contained.
func (in rpmInput) Container() containers.RunSpec {
	return in.Compiler.Spec(containers.RunSpec{
		Argv: []string{scripts.RPMBuild, "all", stage.Topdir + "/SPECS/" + artifact.SpecFile},
		Name: "rpm", User: stage.Builder, WorkDir: stage.Topdir,
		Volumes: []containers.VolumeMount{stage.OwnVolume(stage.Topdir)},
		Inputs:  []containers.Input{{Path: stage.Topdir, Write: stage.Tar(in.Files)}},
		Outputs: []containers.Output{{Path: stage.Topdir + "/RPMS", Dir: "RPMS"}, {Path: stage.Topdir + "/SRPMS", Dir: "SRPMS"}},
	})
}

// Make implements stage.Input.
func (in rpmInput) Make(ctx context.Context, w *stage.Work) error {
	// First, since a build takes minutes in which other runs may prune the cache.
	if err := stage.KeepFiles(in.Files, w.Dir); err != nil {
		return err
	}
	if err := w.Run(ctx); err != nil {
		return err
	}
	return stage.KeepLog(w.Stage, w.Dir, "rpm.log")
}

// rpmFiles is what rpmbuild reads, dated like the release so that the source
// package is identical each time.
func rpmFiles(j job.Job, src artifact.Source, patch artifact.Patch, spec artifact.Spec) []stage.File {
	files := []stage.File{
		{Name: "SOURCES/" + spec.SourceFile, Path: src.Tarball},
		{Name: "SPECS/" + artifact.SpecFile, Path: spec.File},
	}
	files = append(files, packageInputs(src)...)
	if j.Provider != nil {
		files = append(files, stage.File{Name: "SOURCES/" + patch.Name, Path: patch.File})
	}
	for i := range files {
		files[i].Owner, files[i].Time = stage.BuilderUID, src.Epoch
	}
	return files
}

// packageInputs are the files of a distro's source package except its tarball and its
// spec: its patches and further sources.
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
