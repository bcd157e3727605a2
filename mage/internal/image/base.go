// SPDX-License-Identifier: Apache-2.0

package image

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// ChooseBase decides which base a job uses and why, without creating it: with own, the one
// created on this machine (a distro's stand-in or a bootstrapped suite), otherwise the target's
// image.
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
	image := b.Mirror.Reference(j.Target.Reference())
	if _, ok, err := engine.ImageID(ctx, image); err != nil {
		return false, "", err
	} else if ok {
		return false, image + " is on the engine", nil
	}
	_, err = b.registryDigest(ctx, engine, image)
	pull, refused := errors.AsType[*containers.PullError](err)
	switch {
	case err == nil:
		return false, image + " can be pulled", nil
	case ctx.Err() != nil || refused && b.isThere(pull.Reason, image, j.Target):
		return false, "", b.baseRefused(err, j.Target)
	case refused:
		return true, fmt.Sprintf("%s is not on the engine and cannot be pulled: %s", image, pull.Reason), nil
	}
	return true, fmt.Sprintf("%s is not on the engine and cannot be pulled: %v", image, err), nil
}

// isThere says whether a registry that refuses an image has it all the same, or has to have it: then nothing else is used
// instead. Who has pinned an image, or named a registry, does not want another base because of a bad hour.
func (b *Builder) isThere(why containers.PullReason, image string, target job.Target) bool {
	named := b.Mirror != "" || isPin(image)
	switch why {
	case containers.NoAnswer:
		return false
	case containers.NoDigest:
		return true
	case containers.RateLimited, containers.LoginRefused:
		return named || job.HasStandin(target) // Debian's own archive has the real Debian
	case containers.OutOfOrder, containers.Cut, containers.Stalled, containers.Damaged:
		return named
	case containers.NoTLS, containers.Untrusted, containers.LoginMissing, containers.NoTag, containers.WrongPlatform,
		containers.Failed:
	}
	return isPin(image)
}

func isPin(image string) bool { return strings.Contains(image, "@") }

// baseRefused adds what to do to the error of a base that is not replaced by one of this machine's own.
func (b *Builder) baseRefused(err error, target job.Target) error {
	if advised := pinGone(err, target); advised != err { //nolint:errorlint // the same value
		return advised
	}
	pull, ok := errors.AsType[*containers.PullError](err)
	if !ok {
		return err
	}
	what := "use -base=standin for a base that this machine makes"
	if advice := pull.Advice(); advice != "" {
		what = advice + ", or " + what
	}
	return &stage.AdviceError{Err: err, What: what}
}

// registryDigest asks a registry for the digest of an image. One that does not answer is asked at most once in ten minutes, so
// that a machine without one does not wait for it in each run; what it answers may be another thing soon, such as after a login.
func (b *Builder) registryDigest(ctx context.Context, engine stage.Registry, image string) (string, error) {
	const remember, most = 10 * time.Minute, 1 << 20
	memo := filepath.Join(b.CacheDir, stage.VolumeName("unreachable", image))
	if st, err := os.Stat(memo); err == nil && time.Since(st.ModTime()) < remember {
		if said, err := owned.ReadFile(memo, most); err == nil {
			return "", &containers.PullError{Ref: image, Reason: containers.NoAnswer, Err: errors.New(string(said))}
		}
	}
	digest, err := engine.RegistryDigest(ctx, image)
	pull, refused := errors.AsType[*containers.PullError](err)
	switch {
	case ctx.Err() != nil:
	case refused && pull.Reason == containers.NoAnswer:
		said := ""
		if pull.Err != nil {
			said = ui.Redact(pull.Err.Error())
		}
		_ = os.WriteFile(memo, []byte(said), 0o644) // only a cache: losing it costs a question
	default:
		_ = os.Remove(memo)
	}
	return digest, err
}

// Base makes sure that the job's base is on the engine: the image of its distro or suite, or,
// if no registry can be reached, the distro's stand-in, or a Debian bootstrapped from
// Debian's own archive: for a suite of Debian the real one, for an Ubuntu a stand-in.
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
	if own && j.Base == job.BaseAuto && job.HasStandin(j.Target) {
		b.Log.WarnContext(ctx, "the STAND-IN base is used: its packages are not for release", "because", why)
	}
	base, hit, err := b.chosenBase(ctx, j.Target, own, b.ensure, s)
	if err != nil && own && j.Base == job.BaseAuto && ctx.Err() == nil {
		err = fmt.Errorf("%w (%s)", err, why)
	}
	return base, hit, err
}

// BaseState returns the base that a job would use, why, and whether it is on the engine,
// without creating it.
func (b *Builder) BaseState(ctx context.Context, j job.Job) (base artifact.Base, here bool, why string, err error) {
	own, why, err := b.ChooseBase(ctx, j)
	if err != nil {
		return artifact.Base{}, false, why, err
	}
	base, here, err = b.chosenBase(ctx, j.Target, own, b.find, nil)
	return base, here, why, err
}

// chosenBase returns the base for a target: its image or, with own, the one created on this
// machine.
func (b *Builder) chosenBase(
	ctx context.Context, target job.Target, own bool, get finder, s *ui.Stage,
) (artifact.Base, bool, error) {
	base := artifact.Base{Ref: target.Reference(), Folder: target.Folder()}
	i := b.registryImage(target.Reference(), "use -base=standin if no registry can be reached")
	if own {
		switch t := target.(type) {
		case job.RPM:
			return b.standin(ctx, t.Distro, get, s)
		case job.Deb:
			var err error
			if i, err = userlandImage(t.Suite.Userland()); err != nil {
				return artifact.Base{}, false, err
			}
			base.Ref = i.ref
			if job.HasStandin(t) {
				base.Standin, base.Folder = true, target.Folder()+artifact.StandinSuffix
			}
		}
	}
	id, here, err := get(ctx, i, s)
	if err != nil || id == "" {
		return base, here, pinGone(err, target)
	}
	engine, err := b.Engine(ctx)
	if err != nil {
		return artifact.Base{}, false, err
	}
	base.ID, base.Minimal = id, id
	base.Digest, err = engine.ImageDigest(ctx, i.ref)
	return base, here, err
}
