// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

const (
	rpmStage  = 3
	rpmScript = "rpm-build.sh"
)

// RPM runs rpmbuild -ba on the tarball, the patch and the spec, and what else a
// distro's source package holds, without a
// network and as an unprivileged user.
//
// Errors: *containers.RunError.
func (p *Pipeline) RPM(ctx context.Context, job job.Job, src artifact.Source, patch artifact.Patch, spec artifact.Spec, tc artifact.Toolchain) (artifact.Packages, error) {
	c := p.compiler(job, tc, src.Epoch, forPackages)
	inputs := rpmInputs(job, src, patch, spec)
	key, err := rpmKey(inputs, c)
	if err != nil {
		return artifact.Packages{}, err
	}
	entry, err := p.cached(ctx, "rpm", key, func(ctx context.Context, dir string, s *ui.Stage) error {
		return p.rpmbuild(ctx, inputs, c, dir, s)
	})
	return artifact.Packages{Dir: entry.Dir, Key: entry.Key}, err
}

// rpmKey has everything that rpmbuild reads.
func rpmKey(inputs []tarFile, c compiler) (*stagecache.KeyBuilder, error) {
	key, err := scriptKey("rpm", rpmStage, rpmScript)
	if err != nil {
		return nil, err
	}
	key = c.key(key)
	for _, f := range inputs {
		key = key.File(f.name, f.path)
	}
	return key, nil
}

func (p *Pipeline) rpmbuild(ctx context.Context, inputs []tarFile, c compiler, dir string, s *ui.Stage) error {
	// First, since a build takes minutes in which other runs may prune the cache.
	if err := keepInputs(inputs, dir); err != nil {
		return err
	}
	err := p.runCompiler(ctx, s, c, containers.RunSpec{
		Argv: []string{rpmScript, "all", topdir + "/SPECS/" + artifact.SpecFile},
		Name: "rpm", User: builder, WorkDir: topdir,
		Volumes: []containers.VolumeMount{ownVolume(topdir)},
		Inputs:  []containers.Input{{Path: topdir, Write: tarOf(inputs)}},
		Outputs: []containers.Output{
			{Path: topdir + "/RPMS", Dir: filepath.Join(dir, "RPMS")},
			{Path: topdir + "/SRPMS", Dir: filepath.Join(dir, "SRPMS")},
		},
		Log: ninjaLog(s),
	})
	if err != nil {
		return err
	}
	return keepLog(s, dir, "rpm.log")
}

// keepLog puts the stage's log beside what it made, for later readers of dist.
func keepLog(s *ui.Stage, dir, name string) error {
	log, err := os.ReadFile(s.LogPath())
	if err != nil {
		return fmt.Errorf("keep %s: %w", name, err)
	}
	if err := os.Mkdir(filepath.Join(dir, "logs"), 0o755); err != nil {
		return fmt.Errorf("make the folder of the log: %w", err)
	}
	return writeFile(dir, filepath.Join("logs", name), log)
}

// rpmInputs is what rpmbuild reads, dated like the release so that the source
// package is the same bytes each time.
func rpmInputs(job job.Job, src artifact.Source, patch artifact.Patch, spec artifact.Spec) []tarFile {
	files := []tarFile{
		{name: "SOURCES/" + spec.SourceFile, path: src.Tarball},
		{name: "SPECS/" + artifact.SpecFile, path: spec.File},
	}
	files = append(files, packageInputs(src)...)
	if job.Provider != nil {
		files = append(files, tarFile{name: "SOURCES/" + patch.Name, path: patch.File})
	}
	for i := range files {
		files[i].owner, files[i].mtime = builderUID, src.Epoch
	}
	return files
}

// packageInputs are the files of a distro's source package beside its tarball and its
// spec: its patches and further sources.
func packageInputs(src artifact.Source) []tarFile {
	if src.Package == nil {
		return nil
	}
	var files []tarFile
	for _, name := range src.Package.Files {
		if name != src.Package.Spec && name != src.Package.Tarball {
			files = append(files, tarFile{name: "SOURCES/" + name, path: filepath.Join(src.Package.Dir, name)})
		}
	}
	return files
}

func keepInputs(files []tarFile, dir string) error {
	for _, f := range files {
		data := f.data
		if f.path != "" {
			var err error
			if data, err = stagecache.ReadFile(f.path); err != nil {
				return fmt.Errorf("read %s: %w", f.name, err)
			}
		}
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(f.name)), 0o755); err != nil {
			return fmt.Errorf("make the folder of %s: %w", f.name, err)
		}
		if err := writeFile(dir, f.name, data); err != nil {
			return err
		}
	}
	return nil
}

// isDebugPackage tells packages that carry debugging data from the others.
func isDebugPackage(name string) bool {
	return strings.HasSuffix(name, "-debuginfo") || strings.HasSuffix(name, "-debugsource")
}
