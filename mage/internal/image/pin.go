// SPDX-License-Identifier: Apache-2.0

package image

import (
	"context"
	"errors"
	"fmt"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/specs"
)

// Seen is what a distro's tag stands for.
type Seen struct {
	Digest string
	Where  string // it was asked for
}

// TagDigest returns the digest that the tag of a distro's image has in the registry now or, if the registry does not answer,
// had when the engine pulled it.
//
// Errors: *containers.PullError.
func (b *Builder) TagDigest(ctx context.Context, d specs.Distro) (Seen, error) {
	engine, err := b.Engine(ctx)
	if err != nil {
		return Seen{}, err
	}
	ref := b.Mirror.Reference(d.Image)
	digest, failed := engine.RegistryDigest(ctx, ref)
	if failed == nil && digest != "" {
		return Seen{Digest: digest, Where: ref}, nil
	}
	if failed == nil {
		failed = fmt.Errorf("the digest of image %s: this engine does not say which one a registry has: pull the image first", ref)
	} else if pull, ok := errors.AsType[*containers.PullError](failed); !ok || pull.Reason != containers.NoAnswer {
		return Seen{}, failed
	}
	if _, here, err := engine.ImageID(ctx, ref); err != nil || !here {
		return Seen{}, failed
	}
	if digest, err = engine.ImageDigest(ctx, ref); err != nil || digest == "" {
		return Seen{}, failed
	}
	return Seen{Digest: digest, Where: ref + " on the engine"}, nil
}

// Moved says that the tag of a distro's pinned image stands for another image now, or returns "" if it does not, nothing is
// pinned, or the registry does not say.
func (b *Builder) Moved(ctx context.Context, d specs.Distro) (string, error) {
	if d.Digest == "" {
		return "", nil
	}
	engine, err := b.Engine(ctx)
	if err != nil {
		return "", err
	}
	ref := b.Mirror.Reference(d.Image)
	digest, err := b.registryDigest(ctx, engine, ref)
	if err != nil || digest == "" || digest == d.Digest {
		return "", ctx.Err()
	}
	return fmt.Sprintf("%s has moved to %s since %s was pinned%s", ref, digest, d.Digest, since(d)), nil
}

func since(d specs.Distro) string {
	if d.Pinned == "" {
		return ""
	}
	return " (" + d.Pinned + ")"
}

// pinGone adds what to do to the error of a pinned image that the registry does not have.
func pinGone(err error, target job.Target) error {
	pull, ok := errors.AsType[*containers.PullError](err)
	if !ok || pull.Reason != containers.NoDigest {
		return err
	}
	what := "correct the digest in specs/suites"
	if rpm, ok := target.(job.RPM); ok {
		what = PinAdvice(rpm.Distro) + " pins what the registry has now"
	}
	return &stage.AdviceError{Err: err, What: what}
}

// PinAdvice is the command that pins a distro's image.
func PinAdvice(d specs.Distro) string { return "go tool mage toolchain:pin -distro=" + d.Name }
