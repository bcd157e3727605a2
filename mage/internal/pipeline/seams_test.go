// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/pack"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

// engineBench is a pipeline over an engine that records, and what stages in containers take.
type engineBench struct {
	*Pipeline

	engine *stagetest.Engine
	dir    string
	job    job.Job
	src    artifact.Source
	tree   artifact.Tree
	patch  artifact.Patch
	spec   artifact.Spec
	debian artifact.DebianSource
	tc     artifact.Toolchain
	dist   artifact.Dist
}

func newEngineBench(t *testing.T) *engineBench {
	t.Helper()
	dir, engine := t.TempDir(), &stagetest.Engine{}
	for _, name := range []string{"a.tar.gz", "a.patch", "a.spec", "helper", "tree/build.sh", "debian/control", "control"} {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), name)
	}
	rpmtest.Write(t, filepath.Join(dir, "dist", "RPMS", "noarch", "tiny-1-1.noarch.rpm"))
	b := &engineBench{
		Pipeline: &Pipeline{Runner: stagetest.NewRunner(t, engine), Root: "../../..", DistDir: filepath.Join(dir, "dist")},
		engine:   engine, dir: dir,
		job: job.Job{Target: job.RPM{Distro: specs.Distro{Name: "rocky9"}}, Provider: &provider.Provider{
			Dir: dir, Manifest: provider.Manifest{Name: "fly", Device: provider.Device{Name: "fly0"}},
		}},
		src: artifact.Source{Version: "56.1", Tarball: filepath.Join(dir, "a.tar.gz"), Epoch: time.Unix(1, 0), Package: &artifact.SourcePackage{
			Dir: dir, Tarball: "a.tar.gz", Spec: "a.spec", Files: []string{"a.tar.gz", "a.spec", "helper"},
		}},
		patch:  artifact.Patch{File: filepath.Join(dir, "a.patch"), Name: "a.patch"},
		spec:   artifact.Spec{File: filepath.Join(dir, "a.spec"), SourceFile: "a.tar.gz"},
		debian: artifact.DebianSource{Dir: filepath.Join(dir, "debian"), Control: filepath.Join(dir, "control"), Digest: "d"},
		tc:     artifact.Toolchain{ID: "sha256:tools", Base: artifact.Base{ID: "sha256:base", Minimal: "sha256:minimal", Folder: "rocky9"}},
		dist: artifact.Dist{Dir: filepath.Join(dir, "dist"), Manifest: artifact.Manifest{
			Release: "56.1", PrivateABI: 34, Files: []artifact.Output{{Path: "RPMS/noarch/tiny-1-1.noarch.rpm"}},
		}},
	}
	b.tree = artifact.Tree{Dir: filepath.Join(dir, "tree"), Digest: "t", Source: b.src}
	return b
}

func (b *engineBench) rpm(ctx context.Context) error {
	_, err := b.Packer().RPM(ctx, b.job, pack.Sources{Source: b.src, Patch: b.patch, Spec: b.spec, Toolchain: b.tc})
	return err
}

// Whatever compiles or reads what a provider brings has no network, no capability and
// an unprivileged user.
func TestContainersAreHermetic(t *testing.T) {
	for name, run := range map[string]func(context.Context, *engineBench) error{
		"rpm": func(ctx context.Context, b *engineBench) error { return b.rpm(ctx) },
		"build": func(ctx context.Context, b *engineBench) error {
			_, err := b.Packer().Build(ctx, b.job, b.tree, b.tc)
			return err
		},
		"deb": func(ctx context.Context, b *engineBench) error {
			_, err := b.Packer().Deb(ctx, b.job, b.src, b.debian, b.tc)
			return err
		},
		"rebuild": func(ctx context.Context, b *engineBench) error {
			b.dist.Manifest.Files = []artifact.Output{{Path: "RPMS/noarch/tiny-1-1.noarch.rpm"}, {Path: "../a.src.rpm"}}
			write(t, filepath.Join(b.dir, "a.src.rpm"), "source")
			_, err := b.Packer().Rebuild(ctx, b.job, pack.SourceRPM{Dist: b.dist, Source: b.src, Toolchain: b.tc}, filepath.Join(b.dir, "out"))
			return err
		},
	} {
		b := newEngineBench(t)
		if err := run(t.Context(), b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		runs := b.engine.Runs()
		if len(runs) == 0 {
			t.Errorf("%s runs nothing", name)
		}
		for _, r := range runs {
			if r.Network || r.Root || r.User != stage.Builder && r.User != "lab" || len(r.Devices) > 0 {
				t.Errorf("%s runs as %q with network %t, root %t, devices %q", name, r.User, r.Network, r.Root, r.Devices)
			}
		}
	}
}
