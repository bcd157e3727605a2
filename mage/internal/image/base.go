// SPDX-License-Identifier: Apache-2.0

package image

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

// ChooseBase says which base a job would use and why, without making it: if own, the one
// that this machine makes, a distro's stand-in or a bootstrapped suite, else the image that
// the target names.
func (b *Builder) ChooseBase(ctx context.Context, j job.Job) (own bool, why string, err error) {
	switch j.Base {
	case job.BaseStandin:
		return true, "requested", nil
	case job.BaseRegistry:
		return false, "requested", nil
	case job.BaseAuto:
	}
	engine, err := b.Engine(ctx)
	if err != nil {
		return false, "", err
	}
	image := j.Target.Reference()
	if _, ok, err := engine.ImageID(ctx, image); err != nil {
		return false, "", err
	} else if ok {
		return false, image + " is on the engine", nil
	}
	if b.registryReachable(ctx, engine, image) != nil {
		return true, image + " is not on the engine and cannot be pulled (run doctor for the reason)", nil //nolint:nilerr // that is the answer
	}
	return false, image + " can be pulled", nil
}

// registryReachable asks the registry at most once in ten minutes: a machine
// without one must not wait for it in each run.
func (b *Builder) registryReachable(ctx context.Context, engine stage.Engine, image string) error {
	const remember = 10 * time.Minute
	memo := filepath.Join(b.CacheDir, stage.VolumeName("unreachable", image))
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
		_ = os.WriteFile(memo, []byte(ui.Redact(err.Error())), 0o644) // only a cache: losing it costs a probe
	}
	return err
}

// Base makes sure that the job's base is on the engine: the image of its distro or Debian suite, or,
// if no registry can be reached, the distro's stand-in, or the suite bootstrapped from
// Debian's own archive, which is a real Debian and no stand-in.
//
// Errors: *stage.AdviceError, *containers.PullError, *stage.ScriptError.
func (b *Builder) Base(ctx context.Context, j job.Job) (artifact.Base, error) {
	s := b.Begin("base")
	base, hit, err := b.base(ctx, j, s)
	return base, b.End("base", s, hit, err)
}

func (b *Builder) base(ctx context.Context, j job.Job, s *ui.Stage) (artifact.Base, bool, error) {
	own, why, err := b.ChooseBase(ctx, j)
	if err != nil {
		return artifact.Base{}, false, err
	}
	engine, err := b.Engine(ctx)
	if err != nil {
		return artifact.Base{}, false, err
	}
	if !own {
		return realBase(ctx, engine, j.Target, s)
	}
	if deb, ok := j.Target.(job.Deb); ok {
		return b.bootstrap(ctx, engine, deb.Suite, s)
	}
	if j.Base == job.BaseAuto {
		b.Log.WarnContext(ctx, "the STAND-IN base is used: its packages are not for release", "because", why)
	}
	return b.standin(ctx, engine, j.Distro(), s)
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
	base, here, err := imageBase(ctx, engine, target, ref)
	if err != nil || here {
		return base, here, err
	}
	s.Note("pull " + ref)
	if err := engine.Pull(ctx, ref, pullProgress(s)); err != nil {
		return base, false, &stage.AdviceError{Err: err, What: "use -base=standin if no registry can be reached"}
	}
	if base, here, err = imageBase(ctx, engine, target, ref); err == nil && !here {
		err = fmt.Errorf("image %s is missing after the pull", ref)
	}
	return base, false, err
}

// BaseState says which base a job would use, why, and whether it is on the engine, without
// making it.
func (b *Builder) BaseState(ctx context.Context, j job.Job) (base artifact.Base, here bool, why string, err error) {
	own, why, err := b.ChooseBase(ctx, j)
	if err != nil {
		return artifact.Base{}, false, why, err
	}
	engine, err := b.Engine(ctx)
	if err != nil {
		return artifact.Base{}, false, why, err
	}
	if !own {
		base, here, err = imageBase(ctx, engine, j.Target, j.Target.Reference())
		return base, here, why, err
	}
	if deb, ok := j.Target.(job.Deb); ok {
		base, here, err = bootstrapped(ctx, engine, deb.Suite)
		return base, here, why, err
	}
	base, here, err = b.standinState(ctx, engine, j.Distro())
	return base, here, why, err
}

// imageBase is a target's base that consists of one image.
func imageBase(ctx context.Context, engine stage.Engine, target job.Target, ref string) (base artifact.Base, here bool, err error) {
	id, here, err := engine.ImageID(ctx, ref)
	return artifact.Base{ID: id, Minimal: id, Ref: ref, Folder: target.Folder()}, here, err
}
