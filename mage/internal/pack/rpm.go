// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"context"
	"path/filepath"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/scripts"
)

const (
	rpmStage = 3
)

// RPM runs rpmbuild -ba on the tarball, the patch and the spec, and what else a
// distro's source package holds, without a
// network and as an unprivileged user.
//
// Errors: *containers.RunError.
func (p *Packer) RPM(
	ctx context.Context, j job.Job, src artifact.Source, patch artifact.Patch, spec artifact.Spec, tc artifact.Toolchain,
) (artifact.Packages, error) {
	c := p.Compiler(j, tc, src.Epoch, stage.ForPackages)
	inputs := rpmInputs(j, src, patch, spec)
	key, err := rpmKey(inputs, c)
	if err != nil {
		return artifact.Packages{}, err
	}
	entry, err := p.Cached(ctx, "rpm", key, func(ctx context.Context, dir string, s *ui.Stage) error {
		return p.rpmbuild(ctx, inputs, c, dir, s)
	})
	return artifact.Packages{Dir: entry.Dir, Key: entry.Key}, err
}

// rpmKey has everything that rpmbuild reads.
func rpmKey(inputs []stage.File, c stage.Compiler) (*stagecache.KeyBuilder, error) {
	key, err := stage.ScriptKey("rpm", rpmStage, scripts.RPMBuild)
	if err != nil {
		return nil, err
	}
	key = c.Key(key)
	for _, f := range inputs {
		key = key.File(f.Name, f.Path)
	}
	return key, nil
}

func (p *Packer) rpmbuild(ctx context.Context, inputs []stage.File, c stage.Compiler, dir string, s *ui.Stage) error {
	// First, since a build takes minutes in which other runs may prune the cache.
	if err := stage.KeepFiles(inputs, dir); err != nil {
		return err
	}
	err := p.Compile(ctx, s, c, containers.RunSpec{
		Argv: []string{scripts.RPMBuild, "all", stage.Topdir + "/SPECS/" + artifact.SpecFile},
		Name: "rpm", User: stage.Builder, WorkDir: stage.Topdir,
		Volumes: []containers.VolumeMount{stage.OwnVolume(stage.Topdir)},
		Inputs:  []containers.Input{{Path: stage.Topdir, Write: stage.Tar(inputs)}},
		Outputs: []containers.Output{
			{Path: stage.Topdir + "/RPMS", Dir: filepath.Join(dir, "RPMS")},
			{Path: stage.Topdir + "/SRPMS", Dir: filepath.Join(dir, "SRPMS")},
		},
		Log: stage.NinjaLog(s),
	})
	if err != nil {
		return err
	}
	return stage.KeepLog(s, dir, "rpm.log")
}

// rpmInputs is what rpmbuild reads, dated like the release so that the source
// package is the same bytes each time.
func rpmInputs(j job.Job, src artifact.Source, patch artifact.Patch, spec artifact.Spec) []stage.File {
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

// packageInputs are the files of a distro's source package beside its tarball and its
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
