// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/pkg/jsonmessage"
)

// ImageID returns the ID ("sha256:...") of an image; ok is false if the engine has none of that reference.
func (e *Engine) ImageID(ctx context.Context, ref string) (id string, ok bool, err error) {
	found, err := e.inspectImage(ctx, ref)
	if missing := (*NoImageError)(nil); errors.As(err, &missing) {
		return "", false, nil
	}
	return found.ID, err == nil, err
}

// ImageDigest returns the digest of an image in the registry that it was pulled from or pushed to, "" if there is none. It
// fails with *NoImageError. If the image was pulled as itself and in a list of manifests, a tag may get either digest.
func (e *Engine) ImageDigest(ctx context.Context, ref string) (string, error) {
	found, err := e.inspectImage(ctx, ref)
	if err != nil {
		return "", err
	}
	if _, asked, pinned := strings.Cut(ref, "@"); pinned {
		return asked, nil // by which it was found; a list of manifests with the image has another one
	}
	if e.isOfNoRegistry(found) {
		return "", nil
	}
	digest := ""
	for _, known := range found.RepoDigests {
		repository, sum, _ := strings.Cut(familiar(known), "@")
		if strings.HasPrefix(ref, repository+":") {
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
