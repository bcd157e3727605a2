// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/pkg/jsonmessage"
)

// registryTimeout bounds the question to a registry. A slower one is useless for a build.
const registryTimeout = 10 * time.Second

// pulling is how patient a pull is.
type pulling struct {
	silence time.Duration   // within which the engine has to report something
	waits   []time.Duration // before each further attempt, if another may help
}

// patientPull is what Pull waits for.
func patientPull() pulling {
	const silence, short, long = 2 * time.Minute, 2 * time.Second, 8 * time.Second
	return pulling{silence: silence, waits: []time.Duration{short, long}}
}

// PullProgress is a progress report of a pull.
type PullProgress struct {
	Layer          string // short id of a layer, or the tag
	Status         string // the engine's word, e.g. "Downloading"
	Current, Total int64  // bytes of this layer; 0 where unknown
}

// Pull pulls an image from its registry, with the login of the docker command's configuration. progress may be nil. It fails
// with *PullError, after which the reference is not on the engine if it was not there before. It tries three times, within
// ten seconds, if the connection was cut, the registry was out of order, or allowed no more requests at that moment, unless
// the engine has tried that part again by itself. It gives up if nothing comes for two minutes.
func (e *Engine) Pull(ctx context.Context, ref string, progress func(PullProgress)) error {
	return e.pull(ctx, ref, progress, patientPull())
}

func (e *Engine) pull(ctx context.Context, ref string, progress func(PullProgress), patient pulling) error {
	used := loginFor(ctx, ref)
	for _, wait := range append(slices.Clone(patient.waits), -1) {
		tried, err := e.pullOnce(ctx, ref, progress, used, patient.silence)
		if err == nil {
			return e.checkPlatform(ctx, ref)
		}
		if ctx.Err() != nil || tried || wait < 0 || !err.passing() {
			return interrupted(ctx, "pull of image "+ref, err.ofLogin(used))
		}
		if progress != nil {
			progress(PullProgress{Status: fmt.Sprintf("%s, trying again in %s", err.Reason, wait)})
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
	return nil // not reached
}

// passing reports whether another attempt may help at once. A limit for hours is not over in seconds.
func (e *PullError) passing() bool {
	switch e.Reason { //nolint:exhaustive // the others stay
	case Cut, OutOfOrder:
		return true
	case RateLimited:
		return !strings.Contains(e.Err.Error(), "pull rate limit")
	}
	return false
}

// pullOnce is one attempt. tried reports whether the engine itself has tried a part of it several times.
func (e *Engine) pullOnce(
	ctx context.Context, ref string, progress func(PullProgress), used registryLogin, silence time.Duration,
) (tried bool, failed *PullError) {
	hearing, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	stalled := &PullError{Ref: ref, Reason: Stalled, Err: fmt.Errorf("nothing came for %s", silence)}
	timer := time.AfterFunc(silence, func() { stop(stalled) })
	defer timer.Stop()
	body, err := e.cli.ImagePull(hearing, ref, image.PullOptions{RegistryAuth: used.header()})
	if err == nil {
		defer func() { _ = body.Close() }()
		err = readMessages(body, func(m jsonmessage.JSONMessage) error {
			timer.Reset(silence)
			tried = tried || strings.HasPrefix(m.Status, "Retrying in")
			if progress == nil {
				return nil
			}
			report := PullProgress{Layer: m.ID, Status: m.Status}
			if m.Progress != nil {
				report.Current, report.Total = m.Progress.Current, m.Progress.Total
			}
			progress(report)
			return nil
		})
	}
	if err == nil {
		return tried, nil
	}
	if errors.Is(context.Cause(hearing), stalled) {
		return tried, stalled
	}
	return tried || strings.Contains(err.Error(), "after attempts="), pullError(ref, err)
}

// checkPlatform removes an image that was pulled, and is for another kind of machine: an engine only warns of that when it
// creates a container.
func (e *Engine) checkPlatform(ctx context.Context, ref string) error {
	found, err := e.inspectImage(ctx, ref)
	if err != nil {
		return err
	}
	if err := e.otherPlatform(ref, []string{found.Os + "/" + found.Architecture}); err != nil {
		return errors.Join(err, e.RemoveImage(ctx, ref))
	}
	return nil
}

// otherPlatform fails with *PullError if none of the platforms is the engine's. An image may not say what it is for.
func (e *Engine) otherPlatform(ref string, platforms []string) error {
	own := e.Info.OS + "/" + e.Info.Arch
	known := slices.DeleteFunc(slices.Clone(platforms), func(name string) bool {
		return strings.HasPrefix(name, "/") || strings.HasSuffix(name, "/") || strings.HasPrefix(name, "unknown/")
	})
	if len(known) == 0 || slices.Contains(known, own) {
		return nil
	}
	return &PullError{
		Ref: ref, Reason: WrongPlatform,
		Err: fmt.Errorf("it is for %s, the engine is %s", strings.Join(slices.Compact(known), ", "), own), //nolint:err113 // said once
	}
}

// RegistryDigest asks the registry of ref, through the engine, for the digest of the image; nothing is downloaded. It
// returns the digest, or fails with *PullError within about 10 s, in which it asks three times if the registry may answer
// another thing a moment later. Podman does not say the digest: it is "" there.
func (e *Engine) RegistryDigest(ctx context.Context, ref string) (string, error) {
	return e.registryDigest(ctx, ref, registryTimeout)
}

func (e *Engine) registryDigest(ctx context.Context, ref string, patience time.Duration) (string, error) {
	asking, stop := context.WithTimeout(ctx, patience)
	defer stop()
	used := loginFor(asking, ref)
	ask := e.askDockersRegistry
	if e.podman() {
		ask = e.askPodmansRegistry
	}
	var before error // what the registry has answered already: silence after that is not all that is known of it
	for _, wait := range []time.Duration{patience / 10, patience / 5, -1} {
		digest, err := ask(asking, ref, used)
		if err != nil && asking.Err() != nil && before != nil {
			err = before
		}
		failed, refused := errors.AsType[*PullError](err)
		if !refused || wait < 0 || !failed.passing() || asking.Err() != nil {
			return digest, interrupted(ctx, "registry of image "+ref, err)
		}
		before = err
		select {
		case <-asking.Done():
		case <-time.After(wait):
		}
	}
	return "", nil // not reached
}

// askDockersRegistry asks for the digest once.
func (e *Engine) askDockersRegistry(ctx context.Context, ref string, used registryLogin) (string, error) {
	found, err := e.cli.DistributionInspect(ctx, ref, used.header())
	if err != nil {
		return "", pullError(ref, err).ofLogin(used)
	}
	var platforms []string
	for _, p := range found.Platforms {
		platforms = append(platforms, p.OS+"/"+p.Architecture)
	}
	if err := e.otherPlatform(ref, platforms); err != nil {
		return "", err
	}
	if found.Descriptor.Digest == "" {
		return "", fmt.Errorf("registry of image %s: the engine returned no digest", ref)
	}
	return found.Descriptor.Digest.String(), nil
}
