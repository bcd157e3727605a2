// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// Toolchain is the image in which a spec's BuildRequires are installed.
type Toolchain struct {
	ID   string
	Ref  string
	Base Base
}

const toolchainStage = 1

// toolchainKey is the digest of what the image is built from.
func (p *Pipeline) toolchainKey(job Job, base Base, spec Spec) *stagecache.KeyBuilder {
	return stagecache.NewKey("toolchain", toolchainStage).
		String("base", base.ID).
		File("Containerfile", p.containerfile(job)).
		File("spec", spec.File)
}

func (p *Pipeline) containerfile(job Job) string {
	return filepath.Join(p.Root, "containers", job.Distro.Name, "Containerfile")
}

// ToolchainState tells the image's reference and whether it is here.
func (p *Pipeline) ToolchainState(ctx context.Context, job Job, base Base, spec Spec) (Toolchain, bool, error) {
	key := p.toolchainKey(job, base, spec)
	tc := Toolchain{Ref: imageRef("toolchain", base.Folder, key.Sum()), Base: base}
	engine, err := p.Engine(ctx)
	if err != nil {
		return tc, false, err
	}
	id, here, err := engine.ImageID(ctx, tc.Ref)
	tc.ID = id
	return tc, here, err
}

// Toolchain makes sure that the image is here; refresh builds it anew even if
// it is, without the engine's layer cache.
//
// Errors: *containers.BuildError, with the name of a BuildRequires that the
// distro does not have in its last lines.
func (p *Pipeline) Toolchain(ctx context.Context, job Job, base Base, spec Spec, refresh bool) (Toolchain, error) {
	s := p.begin("toolchain")
	tc, hit, err := p.toolchain(ctx, job, base, spec, refresh, s)
	return tc, p.end("toolchain", s, hit, err)
}

func (p *Pipeline) toolchain(
	ctx context.Context, job Job, base Base, spec Spec, refresh bool, s *ui.Stage,
) (Toolchain, bool, error) {
	unlock, err := p.Cache.Lock(ctx, "toolchain-"+base.Folder, func(holder string) {
		s.Note("waiting for " + holder)
	})
	if err != nil {
		return Toolchain{}, false, err
	}
	defer unlock()
	tc, here, err := p.ToolchainState(ctx, job, base, spec)
	if err != nil || (here && !refresh) {
		return tc, here, err
	}
	recipe, err := os.ReadFile(p.containerfile(job))
	if err != nil {
		return tc, false, fmt.Errorf("read the distro's Containerfile: %w", err)
	}
	text, err := os.ReadFile(spec.File)
	if err != nil {
		return tc, false, fmt.Errorf("read the spec: %w", err)
	}
	engine, err := p.Engine(ctx)
	if err != nil {
		return tc, false, err
	}
	tc.ID, err = engine.Build(ctx, containers.BuildSpec{
		ContextTar:    streamed(tarOf([]tarFile{{name: "Containerfile", data: recipe}, {name: specFile, data: text}})),
		Containerfile: "Containerfile",
		Args:          map[string]string{"BASE": base.ID},
		Tag:           tc.Ref,
		Network:       true,
		NoCache:       refresh,
		Log:           s.Log(),
		Step:          s.Step,
	})
	return tc, false, err
}
