// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/scripts"
)

// Rebuild rebuilds the source package of dist alone in a clean toolchain
// container, as rpmbuild --rebuild does, and writes the resulting packages to dir.
//
// Errors: *containers.RunError.
func (p *Packer) Rebuild(
	ctx context.Context, j job.Job, src artifact.Source, tc artifact.Toolchain, dist artifact.Dist, dir string,
) (artifact.Dist, error) {
	s := p.Begin("rebuild")
	out, err := p.rebuild(ctx, j, src, tc, dist, dir, s)
	return out, p.End("rebuild", s, false, err)
}

func (p *Packer) rebuild(
	ctx context.Context, j job.Job, src artifact.Source, tc artifact.Toolchain, dist artifact.Dist, dir string, s *ui.Stage,
) (artifact.Dist, error) {
	out := artifact.Dist{Dir: dir}
	i := slices.IndexFunc(dist.Manifest.Files, func(o artifact.Output) bool { return strings.HasSuffix(o.Path, ".src.rpm") })
	if i < 0 {
		return out, fmt.Errorf("%s: %w", dist.Dir, errNoSourcePackage)
	}
	const name = "in.src.rpm"
	srpm := filepath.Join(dist.Dir, filepath.FromSlash(dist.Manifest.Files[i].Path))
	c := p.Compiler(j, tc, src.Epoch, stage.ForPackages)
	err := p.Compile(ctx, s, c, containers.RunSpec{
		Argv: []string{scripts.RPMBuild, "rebuild", stage.Topdir + "/" + name},
		Name: "rebuild", User: stage.Builder, WorkDir: stage.Topdir,
		Volumes: []containers.VolumeMount{stage.OwnVolume(stage.Topdir)},
		Inputs: []containers.Input{{Path: stage.Topdir, Write: stage.Tar([]stage.File{
			{Name: name, Path: srpm, Owner: stage.BuilderUID, Time: src.Epoch},
		})}},
		Outputs: []containers.Output{{Path: stage.Topdir + "/RPMS", Dir: filepath.Join(dir, "RPMS")}},
		Log:     stage.NinjaLog(s),
	})
	if err != nil {
		return out, err
	}
	files, err := stage.Files(dir)
	for _, f := range files {
		out.Manifest.Files = append(out.Manifest.Files, artifact.Output{Path: f.Name})
	}
	return out, err
}

var errNoSourcePackage = errors.New("no source package")
