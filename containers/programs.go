// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/volume"
)

const (
	// copyLabel is, on a volume with a copy of one of the directories, the id of the image.
	copyLabel = Label + ".copy"
	// complete ends the name of the empty volume that says that all copies are complete: a volume cannot be renamed and
	// its labels cannot be changed.
	complete = "complete"
)

// programDirs are copied where an image has them: programs, libraries, headers and what scripts read. Not all of /usr:
// an engine mounts its init program at /sbin/docker-init before volumes, which would hide it.
func programDirs() []string {
	return []string{"/usr/bin", "/usr/include", "/usr/lib", "/usr/lib64", "/usr/libexec", "/usr/share"}
}

// slowStorage reports whether an engine reads the files of an image through a process (FUSE). A compiler starts
// thousands of programs and reads millions of headers; a build takes about a fifth longer there.
func slowStorage(driver string) bool { return driver == "fuse-overlayfs" }

// withPrograms mounts the copies of the image's programs, where the run may use them and it helps. If they cannot be
// made, that is reported, and the run reads the image.
func (e *Engine) withPrograms(ctx context.Context, spec RunSpec, base image.InspectResponse) (RunSpec, error) {
	if !spec.Programs || !e.slow {
		return spec, nil
	}
	mounts, err := e.programs(ctx, base)
	if ctx.Err() != nil {
		return spec, interrupted(ctx, "copy of the image's programs", err)
	}
	if err != nil {
		e.uncopied.Do(func() { e.notice("programs are read from the image, which is slower: " + oneLine(err)) })
		return spec, nil //nolint:nilerr // it was reported, and the run does not need them
	}
	for i := range mounts {
		mounts[i].ReadOnly = true
	}
	spec.Volumes = append(slices.Clone(spec.Volumes), mounts...)
	return spec, nil
}

// programs returns the volumes with copies of the image's programs, and makes them if there are none.
func (e *Engine) programs(ctx context.Context, base image.InspectResponse) ([]VolumeMount, error) {
	e.copying.Lock()
	defer e.copying.Unlock()
	found, err := e.copies(ctx)
	if err != nil {
		return nil, err
	}
	all := copyMounts(base.ID)
	marker := copyName(base.ID, complete)
	if slices.Contains(found.names, marker) {
		return slices.DeleteFunc(all, func(v VolumeMount) bool { return !slices.Contains(found.names, v.Name) }), nil
	}
	if err := e.removeCopies(ctx, found.useless(ctx, e, base.ID)); err != nil {
		return nil, err
	}
	labels := e.run.labels(map[string]string{copyLabel: base.ID})
	made, err := e.makeCopies(ctx, base, all, labels)
	if err != nil {
		return nil, err
	}
	return made, e.createCopy(ctx, marker, labels)
}

func copyName(id, what string) string {
	sum := sha256.Sum256([]byte(id))
	return "verbsmith-usr-" + hex.EncodeToString(sum[:8]) + "-" + what
}

func copyMounts(id string) []VolumeMount {
	var mounts []VolumeMount
	for _, dir := range programDirs() {
		mounts = append(mounts, VolumeMount{Name: copyName(id, path.Base(dir)), Path: dir})
	}
	return mounts
}

// makeCopies makes a container with new volumes, because an engine then fills a volume with what the image has there.
func (e *Engine) makeCopies(
	ctx context.Context, base image.InspectResponse, all []VolumeMount, labels map[string]string,
) (made []VolumeMount, err error) {
	spec := RunSpec{Name: "copy programs", Image: base.ID, Argv: []string{"/never-started"}}
	bare, err := e.create(ctx, spec, base)
	if err != nil {
		return nil, err
	}
	defer e.terminate(ctx, bare)
	for _, v := range all {
		hidesInit := v.Path == "/usr/bin" && !e.isDir(ctx, bare.id, "/usr/sbin") // where that is a link to bin
		if e.isDir(ctx, bare.id, v.Path) && !hidesInit {
			spec.Volumes = append(spec.Volumes, v)
		}
	}
	for _, v := range spec.Volumes {
		if err := e.createCopy(ctx, v.Name, labels); err != nil {
			return nil, err
		}
	}
	filled, err := e.create(ctx, spec, base)
	if err != nil {
		return nil, err
	}
	e.terminate(ctx, filled)
	return spec.Volumes, nil
}

// isDir reports whether a path of a container is a directory and no link.
func (e *Engine) isDir(ctx context.Context, id, dir string) bool {
	found, err := e.cli.ContainerStatPath(ctx, id, dir)
	return err == nil && found.Mode.IsDir()
}

func (e *Engine) createCopy(ctx context.Context, name string, labels map[string]string) error {
	if _, err := e.cli.VolumeCreate(ctx, volume.CreateOptions{Name: name, Labels: labels}); err != nil {
		return fmt.Errorf("volume %s: %w", name, engineError(err))
	}
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
	switch first := strings.HasSuffix(a, "-"+complete); {
	case first == strings.HasSuffix(b, "-"+complete):
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
