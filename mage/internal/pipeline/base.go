// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// ChooseBase says which base a job would use and why, without making it.
func (p *Pipeline) ChooseBase(ctx context.Context, j job.Job) (standin bool, why string, err error) {
	return p.chooseBase(ctx, j.Base, j.Target.Reference())
}

// chooseBase says whether an image is not to be used, or cannot be had, and why.
func (p *Pipeline) chooseBase(ctx context.Context, mode job.BaseMode, image string) (standin bool, why string, err error) {
	switch mode {
	case job.BaseStandin:
		return true, "asked for", nil
	case job.BaseRegistry:
		return false, "asked for", nil
	case job.BaseAuto:
	}
	engine, err := p.Engine(ctx)
	if err != nil {
		return false, "", err
	}
	if _, ok, err := engine.ImageID(ctx, image); err != nil {
		return false, "", err
	} else if ok {
		return false, image + " is here", nil
	}
	if p.registryReachable(ctx, engine, image) != nil {
		return true, image + " is not here and cannot be pulled (doctor says why)", nil //nolint:nilerr // that is the answer
	}
	return false, image + " can be pulled", nil
}

// registryReachable asks the registry at most once in ten minutes: a machine
// without one shall not wait for it at each run.
func (p *Pipeline) registryReachable(ctx context.Context, engine stage.Engine, image string) error {
	const remember = 10 * time.Minute
	memo := filepath.Join(p.CacheDir, stage.VolumeName("unreachable", image))
	if st, err := os.Stat(memo); err == nil && time.Since(st.ModTime()) < remember {
		reason, err := os.ReadFile(memo)
		if err == nil {
			return errors.New(string(reason))
		}
	}
	err := engine.RegistryReachable(ctx, image)
	if err == nil {
		_ = os.Remove(memo)
		return nil
	}
	if ctx.Err() == nil {
		_ = os.WriteFile(memo, []byte(ui.Redact(err.Error())), 0o644) // only a memory: losing it costs a probe
	}
	return err
}

// Base makes sure that the job's base image is here.
func (p *Pipeline) Base(ctx context.Context, j job.Job) (artifact.Base, error) {
	s := p.Begin("base")
	base, hit, err := p.base(ctx, j, s)
	return base, p.End("base", s, hit, err)
}

func (p *Pipeline) base(ctx context.Context, j job.Job, s *ui.Stage) (artifact.Base, bool, error) {
	standin, why, err := p.ChooseBase(ctx, j)
	if err != nil {
		return artifact.Base{}, false, err
	}
	engine, err := p.Engine(ctx)
	if err != nil {
		return artifact.Base{}, false, err
	}
	if standin {
		if j.Base == job.BaseAuto {
			p.Log.WarnContext(ctx, "the STAND-IN base is used: what it makes is not for release", "because", why)
		}
		return p.standin(ctx, engine, j.Distro(), s)
	}
	return realBase(ctx, engine, j.Target, s)
}

func pullProgress(s *ui.Stage) func(containers.PullProgress) {
	return func(pr containers.PullProgress) {
		_, _ = fmt.Fprintf(s.Log(), "%s %s %d/%d\n", pr.Layer, pr.Status, pr.Current, pr.Total)
		if pr.Total > 0 {
			s.Bytes(pr.Current, pr.Total, pr.Layer+" "+pr.Status)
		}
	}
}

func realBase(ctx context.Context, engine stage.Engine, target job.Target, s *ui.Stage) (artifact.Base, bool, error) {
	ref := target.Reference()
	id, here, err := engine.ImageID(ctx, ref)
	if err != nil {
		return artifact.Base{}, false, err
	}
	if !here {
		s.Note("pull " + ref)
		if err := engine.Pull(ctx, ref, pullProgress(s)); err != nil {
			return artifact.Base{}, false, &stage.AdviceError{Err: err, What: "use -base=standin where no registry can be reached"}
		}
		if id, here, err = engine.ImageID(ctx, ref); err != nil || !here {
			return artifact.Base{}, false, fmt.Errorf("image %s is not here after its pull: %w", ref, err)
		}
	}
	return artifact.Base{ID: id, Minimal: id, Ref: ref, Folder: target.Folder()}, here, nil
}

// BaseState tells which base a job would use and whether it is here, without
// making it.
func (p *Pipeline) BaseState(ctx context.Context, j job.Job, standin bool) (artifact.Base, bool, error) {
	engine, err := p.Engine(ctx)
	if err != nil {
		return artifact.Base{}, false, err
	}
	if standin {
		return p.standinState(ctx, engine, j.Distro())
	}
	ref := j.Target.Reference()
	id, here, err := engine.ImageID(ctx, ref)
	return artifact.Base{ID: id, Minimal: id, Ref: ref, Folder: j.Target.Folder()}, here, err
}
