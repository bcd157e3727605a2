// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/volume"
)

// Kind is what an Object is.
type Kind string

// The kinds of things that verbsmith makes on an engine, in the order in which they can be removed.
const (
	KindContainer Kind = "container"
	KindVolume    Kind = "volume"
	KindImage     Kind = "image"
)

// Object is a thing on the engine that carries our label.
type Object struct {
	Kind   Kind
	ID     string // a volume's is its name
	Name   string // for people: a container's name, a volume's name, an image's references or short id
	Labels map[string]string
	// Size in bytes: of an image, what it adds to the image it was made from; -1 where the engine does not say.
	Size int64

	created int64
}

// Removed says what was removed, in order.
type Removed []Object

// sizeTimeout bounds the question for the sizes of volumes, which an engine answers by reading them all.
const sizeTimeout = 10 * time.Second

// Clean removes every container, running or not, every volume and every image that carries our label, of
// whichever run or machine, except those for which keep, if it is not nil, says true. It goes on after a failure;
// the error joins all of them. Removed says what is gone.
func (e *Engine) Clean(ctx context.Context, keep func(Object) bool) (Removed, error) {
	var removed Removed
	var errs []error
	for _, list := range []func(context.Context) ([]Object, error){e.ourContainers, e.ourVolumes, e.ourImages} {
		objects, err := list(ctx)
		if err != nil {
			errs = append(errs, interrupted(ctx, "clean", err))
			continue
		}
		if keep != nil {
			objects = slices.DeleteFunc(objects, keep)
		}
		gone, err := e.removeObjects(ctx, objects)
		removed = append(removed, gone...)
		if err != nil {
			errs = append(errs, interrupted(ctx, "clean", err))
		}
	}
	return removed, errors.Join(errs...)
}

// removeObjects removes in the given order, and again for as long as that helps: an image that others depend on
// goes once they are gone.
func (e *Engine) removeObjects(ctx context.Context, objects []Object) (gone []Object, err error) {
	for {
		var left []Object
		var errs []error
		for _, o := range objects {
			if err := e.removeObject(ctx, o); err != nil {
				left, errs = append(left, o), append(errs, err)
				continue
			}
			gone = append(gone, o)
		}
		if len(left) == 0 || len(left) == len(objects) || ctx.Err() != nil {
			return gone, errors.Join(errs...)
		}
		objects = left
	}
}

func (e *Engine) removeObject(ctx context.Context, o Object) error {
	var err error
	switch o.Kind {
	case KindContainer:
		return e.removeContainer(ctx, o.ID)
	case KindVolume:
		err = e.cli.VolumeRemove(ctx, o.ID, true)
	case KindImage:
		_, err = e.cli.ImageRemove(ctx, o.ID, image.RemoveOptions{Force: true, PruneChildren: true})
	}
	if err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("remove %s %s: %w", o.Kind, o.Name, err)
	}
	return nil
}

func (e *Engine) ourContainers(ctx context.Context) ([]Object, error) {
	found, err := e.containers(ctx, Label+"=1")
	if err != nil {
		return nil, err
	}
	objects := make([]Object, 0, len(found))
	for _, c := range found {
		objects = append(objects, Object{Kind: KindContainer, ID: c.id, Name: c.name(), Labels: c.labels, Size: -1})
	}
	return objects, nil
}

func (e *Engine) ourVolumes(ctx context.Context) ([]Object, error) {
	found, err := e.cli.VolumeList(ctx, volume.ListOptions{Filters: ourLabel()})
	if err != nil {
		return nil, fmt.Errorf("list volumes: %w", err)
	}
	if len(found.Volumes) == 0 {
		return nil, nil
	}
	sizes := e.volumeSizes(ctx)
	objects := make([]Object, 0, len(found.Volumes))
	for _, v := range found.Volumes {
		size, known := sizes[v.Name]
		if !known {
			size = -1
		}
		objects = append(objects, Object{Kind: KindVolume, ID: v.Name, Name: v.Name, Labels: v.Labels, Size: size})
	}
	return objects, nil
}

// volumeSizes gives what the engine knows in time; a size is nice to see but nothing depends on it.
func (e *Engine) volumeSizes(ctx context.Context) map[string]int64 {
	asking, stop := context.WithTimeout(ctx, sizeTimeout)
	defer stop()
	sizes := make(map[string]int64)
	usage, err := e.cli.DiskUsage(asking, types.DiskUsageOptions{Types: []types.DiskUsageObject{types.VolumeObject}})
	if err != nil {
		return sizes
	}
	for _, v := range usage.Volumes {
		if v.UsageData != nil {
			sizes[v.Name] = v.UsageData.Size
		}
	}
	return sizes
}

// ourImages gives the images, those in between of builds among them, the newest first: children before parents.
func (e *Engine) ourImages(ctx context.Context) ([]Object, error) {
	found, err := e.cli.ImageList(ctx, image.ListOptions{All: true, Filters: ourLabel()})
	if err != nil {
		return nil, fmt.Errorf("list images: %w", err)
	}
	whole := make(map[string]int64, len(found))
	for _, i := range found {
		whole[i.ID] = i.Size
	}
	objects := make([]Object, 0, len(found))
	for _, i := range found {
		objects = append(objects, Object{
			Kind: KindImage, ID: i.ID, Name: imageName(i), Labels: i.Labels, created: i.Created,
			Size: max(0, i.Size-whole[i.ParentID]),
		})
	}
	slices.SortStableFunc(objects, func(a, b Object) int { return cmp.Compare(b.created, a.created) })
	return objects, nil
}

func imageName(i image.Summary) string {
	var refs []string
	for _, ref := range i.RepoTags {
		if ref != "<none>:<none>" {
			refs = append(refs, ref)
		}
	}
	if len(refs) == 0 {
		id := strings.TrimPrefix(i.ID, "sha256:")
		return id[:min(12, len(id))]
	}
	return strings.Join(refs, ", ")
}

func ourLabel() filters.Args { return filters.NewArgs(filters.Arg("label", Label+"=1")) }
