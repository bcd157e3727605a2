// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"fmt"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/specs"
)

// DebianBase makes sure that the job's Debian suite is here: its image, or where
// no registry can be reached the suite bootstrapped from Debian's own archive.
// Either is a real Debian, so nothing is a stand-in.
//
// Errors: *AdviceError, *containers.PullError, *ScriptError.
func (p *Pipeline) DebianBase(ctx context.Context, j job.Job) (artifact.Base, error) {
	s := p.Begin("base")
	base, hit, err := p.debianBase(ctx, j, s)
	return base, p.End("base", s, hit, err)
}

func (p *Pipeline) debianBase(ctx context.Context, j job.Job, s *ui.Stage) (artifact.Base, bool, error) {
	engine, err := p.Engine(ctx)
	if err != nil {
		return artifact.Base{}, false, err
	}
	bootstrap, _, err := p.chooseBase(ctx, j.Base, j.Target.Reference())
	if err != nil {
		return artifact.Base{}, false, err
	}
	if !bootstrap {
		return realBase(ctx, engine, j.Target, s)
	}
	suite := j.Suite()
	unlock, err := p.Cache.Lock(ctx, "standin-"+suite.Name, func(holder string) { s.Note("waiting for " + holder) })
	if err != nil {
		return artifact.Base{}, false, err
	}
	defer unlock()
	base, here, err := bootstrapped(ctx, engine, suite)
	if err != nil || here {
		return base, here, err
	}
	if _, err := p.rootfs(ctx, engine, suite.Name, s); err != nil {
		return base, false, err
	}
	if base, here, err = bootstrapped(ctx, engine, suite); err == nil && !here {
		err = fmt.Errorf("image %s is not here after its import", base.Ref)
	}
	return base, false, err
}

// bootstrapped looks for the suite as this machine has made it.
func bootstrapped(ctx context.Context, engine stage.Engine, suite specs.Suite) (artifact.Base, bool, error) {
	ref, err := rootfsRef(suite.Name)
	if err != nil {
		return artifact.Base{}, false, err
	}
	id, here, err := engine.ImageID(ctx, ref)
	return artifact.Base{ID: id, Minimal: id, Ref: ref, Folder: job.Deb{Suite: suite}.Folder()}, here, err
}

// DebianBaseState tells which base a suite would have and whether it is here,
// without making it.
func (p *Pipeline) DebianBaseState(ctx context.Context, j job.Job) (base artifact.Base, here bool, why string, err error) {
	engine, err := p.Engine(ctx)
	if err != nil {
		return artifact.Base{}, false, "", err
	}
	ref := j.Target.Reference()
	bootstrap, why, err := p.chooseBase(ctx, j.Base, ref)
	if err != nil {
		return artifact.Base{}, false, why, err
	}
	if bootstrap {
		base, here, err = bootstrapped(ctx, engine, j.Suite())
		return base, here, why, err
	}
	id, here, err := engine.ImageID(ctx, ref)
	return artifact.Base{ID: id, Minimal: id, Ref: ref, Folder: j.Target.Folder()}, here, why, err
}
