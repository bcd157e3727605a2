// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/pkg/jsonmessage"
)

// registryTimeout bounds the probe of a registry. A slower one is useless for a build.
const registryTimeout = 10 * time.Second

// ImageID returns the ID ("sha256:...") of an image; ok is false if the engine has none of that reference.
func (e *Engine) ImageID(ctx context.Context, ref string) (id string, ok bool, err error) {
	found, err := e.inspectImage(ctx, ref)
	if missing := (*NoImageError)(nil); errors.As(err, &missing) {
		return "", false, nil
	}
	return found.ID, err == nil, err
}

// ImageDigest returns the digest of an image in the registry that it was pulled from or pushed to, "" if there is none. It
// fails with *NoImageError.
func (e *Engine) ImageDigest(ctx context.Context, ref string) (string, error) {
	found, err := e.inspectImage(ctx, ref)
	if err != nil {
		return "", err
	}
	digest := ""
	for _, known := range found.RepoDigests {
		repository, sum, _ := strings.Cut(known, "@")
		if strings.HasPrefix(ref, repository+":") || strings.HasPrefix(ref, repository+"@") {
			return sum, nil
		}
		digest = sum
	}
	return digest, nil
}

// inspectImage fails with *NoImageError if the image is not on the engine.
func (e *Engine) inspectImage(ctx context.Context, ref string) (image.InspectResponse, error) {
	found, err := e.cli.ImageInspect(ctx, ref)
	if errdefs.IsNotFound(err) {
		return found, &NoImageError{Ref: ref}
	}
	if err != nil {
		return found, interrupted(ctx, "image "+ref, fmt.Errorf("image %s: %w", ref, err))
	}
	if found.ID == "" || found.Config == nil {
		return found, fmt.Errorf("image %s: the engine returned no ID or no configuration", ref)
	}
	return found, nil
}

// Import creates an image of one layer from a tar stream of a root file system, with our labels and the given ones,
// and returns its ID. ref may be "name" or "name:tag".
func (e *Engine) Import(
	ctx context.Context, tar io.Reader, ref string, labels map[string]string,
) (id string, err error) {
	changes, err := labelInstructions(e.run.labels(labels))
	if err != nil {
		return "", err
	}
	source := image.ImportSource{Source: tar, SourceName: "-"}
	body, err := e.cli.ImageImport(ctx, source, ref, image.ImportOptions{Changes: changes})
	if err == nil {
		defer func() { _ = body.Close() }()
		err = readMessages(body, func(m jsonmessage.JSONMessage) error {
			if strings.HasPrefix(m.Status, "sha256:") {
				id = m.Status
			}
			return nil
		})
	}
	if err == nil && id == "" {
		err = errors.New("the engine returned no image ID")
	}
	if err != nil {
		return "", interrupted(ctx, "import of image "+ref, fmt.Errorf("import of image %s: %w", ref, engineError(err)))
	}
	return id, nil
}

// PullProgress is a progress report of a pull.
type PullProgress struct {
	Layer          string // short id of a layer, or the tag
	Status         string // the engine's word, e.g. "Downloading"
	Current, Total int64  // bytes of this layer; 0 where unknown
}

// Pull pulls an image from its registry, with the credentials of the docker command's configuration. progress may
// be nil. It fails with *PullError.
func (e *Engine) Pull(ctx context.Context, ref string, progress func(PullProgress)) error {
	body, err := e.cli.ImagePull(ctx, ref, image.PullOptions{RegistryAuth: credentials(ctx, ref)})
	if err == nil {
		defer func() { _ = body.Close() }()
		err = readMessages(body, func(m jsonmessage.JSONMessage) error {
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
	if err != nil {
		return interrupted(ctx, "pull of image "+ref, pullError(ref, err))
	}
	return nil
}

// RegistryReachable asks the registry of ref, through the engine, whether it has the image; nothing is downloaded. It
// returns nil, or a *PullError within about 10 s. Its field Unreachable distinguishes a registry that does not answer
// from one that refuses.
func (e *Engine) RegistryReachable(ctx context.Context, ref string) error {
	asking, stop := context.WithTimeout(ctx, registryTimeout)
	defer stop()
	if _, err := e.cli.DistributionInspect(asking, ref, credentials(asking, ref)); err != nil {
		return interrupted(ctx, "registry of image "+ref, pullError(ref, err))
	}
	return nil
}

// RemoveImage removes a reference, and the image if that was its last. A missing one is not an error.
func (e *Engine) RemoveImage(ctx context.Context, ref string) error {
	_, err := e.cli.ImageRemove(ctx, ref, image.RemoveOptions{PruneChildren: true})
	if err != nil && !errdefs.IsNotFound(err) {
		return interrupted(ctx, "removal of image "+ref, fmt.Errorf("remove image %s: %w", ref, err))
	}
	return nil
}

// maxMessage is more than the length of any message in an engine's stream.
const maxMessage = 1 << 20

// readMessages reads an engine's stream of JSON messages to its end. It stops at a message that is an error, with a
// *jsonmessage.JSONError, and at an error of each.
func readMessages(r io.Reader, each func(jsonmessage.JSONMessage) error) error {
	limited := &io.LimitedReader{R: r}
	for decoder := json.NewDecoder(limited); ; {
		var m jsonmessage.JSONMessage
		limited.N = maxMessage
		err := decoder.Decode(&m)
		switch {
		case err != nil && limited.N <= 0:
			return fmt.Errorf("the engine's answer: a message longer than %d MiB", maxMessage>>20)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("the engine's answer: %w", err)
		case m.Error != nil:
			return m.Error
		}
		if err := each(m); err != nil {
			return err
		}
	}
}
