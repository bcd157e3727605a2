// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/volume"
)

const (
	// programsDir is what is copied: it has all of an image's programs, headers and libraries.
	programsDir = "/usr"
	// copyLabel is, on a volume with a copy of it, the id of the image.
	copyLabel = Label + ".copy"
	// completeSuffix ends the name of the empty volume that says that a copy is complete: a volume cannot be renamed
	// and its labels cannot be changed.
	completeSuffix = "-complete"
)

// slowStorage reports whether an engine reads the files of an image through a process (FUSE). A compiler starts
// thousands of programs and reads millions of headers; a build takes about a fifth longer there.
func slowStorage(driver string) bool { return driver == "fuse-overlayfs" }

// withPrograms mounts the copy of the image's programs, where the run may use it and it helps. A copy that cannot be
// made is reported: the run then reads the image.
func (e *Engine) withPrograms(ctx context.Context, spec RunSpec, base image.InspectResponse) (RunSpec, error) {
	if !spec.Programs || !e.slow {
		return spec, nil
	}
	name, err := e.programs(ctx, base.ID)
	if ctx.Err() != nil {
		return spec, interrupted(ctx, "copy of the image's programs", err)
	}
	if err != nil {
		e.uncopied.Do(func() { e.notice("programs are read from the image, which is slower: " + oneLine(err)) })
		return spec, nil
	}
	spec.Volumes = append(slices.Clone(spec.Volumes), VolumeMount{Name: name, Path: programsDir, ReadOnly: true})
	return spec, nil
}

// programs returns the volume with a copy of the image's programs, and makes it if there is none.
func (e *Engine) programs(ctx context.Context, id string) (string, error) {
	sum := sha256.Sum256([]byte(id))
	name := "verbsmith-usr-" + hex.EncodeToString(sum[:8])
	e.copying.Lock()
	defer e.copying.Unlock()
	found, err := e.copies(ctx)
	if err != nil {
		return "", err
	}
	if slices.Contains(found.names, name) && slices.Contains(found.names, name+completeSuffix) {
		return name, nil
	}
	if err := e.removeCopies(ctx, found.useless(ctx, e, id)); err != nil {
		return "", err
	}
	labels := e.run.labels(map[string]string{copyLabel: id})
	if err := e.fillCopy(ctx, id, name, labels); err != nil {
		return "", err
	}
	if _, err := e.cli.VolumeCreate(ctx, volume.CreateOptions{Name: name + completeSuffix, Labels: labels}); err != nil {
		return "", fmt.Errorf("volume %s: %w", name+completeSuffix, engineError(err))
	}
	return name, nil
}

// fillCopy makes a container with a new volume, because an engine then fills the volume with what the image has there.
func (e *Engine) fillCopy(ctx context.Context, id, name string, labels map[string]string) error {
	if _, err := e.cli.VolumeCreate(ctx, volume.CreateOptions{Name: name, Labels: labels}); err != nil {
		return fmt.Errorf("volume %s: %w", name, engineError(err))
	}
	base, err := e.inspectImage(ctx, id)
	if err != nil {
		return err
	}
	box, err := e.create(ctx, RunSpec{
		Name: "copy of " + programsDir, Image: id, Argv: []string{"/never-started"},
		Volumes: []VolumeMount{{Name: name, Path: programsDir}},
	}, base)
	if err != nil {
		return err
	}
	e.terminate(ctx, box)
	return nil
}

// copies are the volumes with copies, and those that say that one is complete.
type copies struct {
	names  []string
	images map[string]string // by the name of the volume
}

func (e *Engine) copies(ctx context.Context) (copies, error) {
	found, err := e.cli.VolumeList(ctx, volume.ListOptions{Filters: filters.NewArgs(filters.Arg("label", copyLabel))})
	if err != nil {
		return copies{}, fmt.Errorf("list volumes: %w", engineError(err))
	}
	all := copies{images: make(map[string]string)}
	for _, v := range found.Volumes {
		all.names = append(all.names, v.Name)
		all.images[v.Name] = v.Labels[copyLabel]
	}
	return all, nil
}

// useless returns what is to be removed before a copy for the image is made: what is left of an incomplete one, and
// the copies of images that are gone. What says "complete" comes first, so that a removal that is cut short leaves an
// incomplete copy.
func (c copies) useless(ctx context.Context, e *Engine, id string) []string {
	gone := map[string]bool{id: true}
	var names []string
	for _, name := range c.names {
		of := c.images[name]
		if _, asked := gone[of]; !asked {
			_, err := e.cli.ImageInspect(ctx, of)
			gone[of] = errdefs.IsNotFound(err)
		}
		if gone[of] {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, completeFirst)
	return names
}

// completeFirst sorts what says that a copy is complete before the copies.
func completeFirst(a, b string) int {
	switch first := strings.HasSuffix(a, completeSuffix); {
	case first == strings.HasSuffix(b, completeSuffix):
		return strings.Compare(a, b)
	case first:
		return -1
	}
	return 1
}

// isCopy reports whether a volume belongs to an image of ours, and so to every cache.
func isCopy(o Object) bool { return o.Labels[copyLabel] != "" }

func (e *Engine) removeCopies(ctx context.Context, names []string) error {
	for _, name := range names {
		if err := e.cli.VolumeRemove(ctx, name, false); err != nil && !errdefs.IsNotFound(err) {
			return fmt.Errorf("remove volume %s: %w", name, engineError(err))
		}
	}
	return nil
}
