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

// Rebuild rebuilds the source package of dist with rpmbuild --rebuild in a clean toolchain
// container and writes the packages to dir. It is never cached, because it is a test.
//
// Errors: *containers.RunError.
func (p *Packer) Rebuild(ctx context.Context, j job.Job, of SourceRPM, dir string) (artifact.Dist, error) {
	s := p.Begin("rebuild")
	out, err := p.rebuild(ctx, j, of, dir, s)
	return out, p.End("rebuild", s, false, err)
}

// SourceRPM is a collected source package with its job and toolchain.
type SourceRPM struct {
	Dist      artifact.Dist
	Source    artifact.Source
	Toolchain artifact.Toolchain
}

func (p *Packer) rebuild(ctx context.Context, j job.Job, of SourceRPM, dir string, s *ui.Stage) (artifact.Dist, error) {
	out := artifact.Dist{Dir: dir}
	outputs := of.Dist.Manifest.Files
	i := slices.IndexFunc(outputs, func(o artifact.Output) bool { return strings.HasSuffix(o.Path, ".src.rpm") })
	if i < 0 {
		return out, fmt.Errorf("%s: %w", of.Dist.Dir, errNoSourcePackage)
	}
	err := p.MakeIn(ctx, s, dir, rebuildInput{
		Compiler: p.Compiler(j, of.Toolchain, of.Source.Epoch, stage.ForPackages),
		Files: []stage.File{{
			Name: rebuiltFile, Path: filepath.Join(of.Dist.Dir, filepath.FromSlash(outputs[i].Path)),
			Owner: stage.BuilderUID, Time: of.Source.Epoch,
		}},
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

const rebuiltFile = "in.src.rpm"

// rebuildInput is the input of rpmbuild --rebuild.
type rebuildInput struct {
	Compiler stage.Compiler
	Files    []stage.File
}

// Container implements stage.Contained.
func (in rebuildInput) Container() containers.RunSpec {
	return in.Compiler.Spec(containers.RunSpec{
		Argv: []string{scripts.RPMBuild, "rebuild", stage.Topdir + "/" + rebuiltFile},
		Name: "rebuild", User: stage.Builder, WorkDir: stage.Topdir,
		Volumes: []containers.VolumeMount{stage.OwnVolume(stage.Topdir)},
		Inputs:  []containers.Input{{Path: stage.Topdir, Write: stage.Tar(in.Files)}},
		Outputs: []containers.Output{{Path: stage.Topdir + "/RPMS", Dir: "RPMS"}},
	})
}

// Make implements stage.Input.
func (rebuildInput) Make(ctx context.Context, w *stage.Work) error { return w.Run(ctx) }
