// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/volume"
)

// Kind is the kind of an Object.
type Kind string

// The kinds of objects that verbsmith creates on an engine, in the order in which they can be removed.
const (
	KindContainer Kind = "container"
	KindVolume    Kind = "volume"
	KindImage     Kind = "image"
)

// Object is a container, volume or image on the engine with our label.
type Object struct {
	Kind   Kind
	ID     string // a volume's is its name
	Name   string // for people: a container's name, a volume's name, an image's references or short id
	Labels map[string]string
	// Size in bytes. An image counts what it adds to the image that it was made from. -1 if the engine does not know.
	Size int64
	// Why says why Clean kept the object.
	Why string

	created  int64
	running  bool     // of a container
	parent   string   // of an image: the id of what it was made from, where known
	ours     []string // of an image: our references
	theirs   []string // of an image: everybody else's, by tag or digest
	children bool     // of an image: others were made from it
}

// Removed lists what was removed, in order. An image that has other references, or from which others were made, is
// listed by the reference that it lost.
type Removed []Object

// CleanOptions selects what Clean may remove.
type CleanOptions struct {
	// All selects everything that verbsmith created on this engine, for any run directory.
	All bool
	// OwnVolume reports whether an unlabelled volume of that name belongs to this cache. Nil means that none does.
	OwnVolume func(name string) bool

	keep func(Object) bool // of tests, which share an engine with others
}

// sizeTimeout bounds the request for the sizes of volumes: to answer it, an engine reads all of them.
const sizeTimeout = 10 * time.Second

// references is the beginning of the names of our images. Other names were given by someone else.
const references = "verbsmith/"

// Clean removes what verbsmith created and is not in use: containers of dead runs of this run directory; volumes of
// this cache; our references, with their images and the intermediate images of their builds unless these have other
// references, are in use, or have others made from them. With All it also removes containers of dead runs of other
// run directories, all our volumes, and our images without a reference.
//
// Nothing is forced: what is in use is kept, and so is what only inherited our labels. Clean continues after a
// failure and joins the errors. Removed lists what is gone, and what is ours but kept, with the reason.
func (e *Engine) Clean(ctx context.Context, options CleanOptions) (removed Removed, kept []Object, err error) {
	c := &cleaning{Engine: e, CleanOptions: options, now: time.Now()}
	for _, step := range []func(context.Context) error{c.cleanContainers, c.cleanVolumes, c.cleanImages} {
		if err := step(ctx); err != nil {
			c.errs = append(c.errs, interrupted(ctx, "clean", err))
		}
	}
	return c.removed, c.kept, errors.Join(c.errs...)
}

// cleaning is the state of one Clean.
type cleaning struct {
	*Engine
	CleanOptions

	now     time.Time
	removed Removed
	kept    []Object
	errs    []error
}

func (c *cleaning) leave(o Object, why string) {
	o.Why = why
	c.kept = append(c.kept, o)
}

// done records the result of a removal: what the engine refuses to remove because it is in use is kept.
func (c *cleaning) done(ctx context.Context, o Object, err error) {
	switch {
	case err == nil || errdefs.IsNotFound(err):
		c.removed = append(c.removed, o)
	case errdefs.IsConflict(err):
		c.leave(o, "in use: "+refusal(err))
	default:
		c.errs = append(c.errs, interrupted(ctx, "clean", fmt.Errorf("remove %s %s: %w", o.Kind, o.Name, err)))
	}
}

// refusal is the reason for which an engine refuses a removal, without the name of the image.
func refusal(err error) string {
	why := strings.TrimPrefix(oneLine(err), "Error response from daemon: ")
	if _, reason, ok := strings.Cut(why, "d) - "); ok { // "(must be forced) - ", "(cannot be forced) - "
		return reason
	}
	return why
}

// chosen filters out what a test does not mean.
func (c *cleaning) chosen(objects []Object, err error) ([]Object, error) {
	if c.keep != nil {
		objects = slices.DeleteFunc(objects, c.keep)
	}
	return objects, err
}

func (c *cleaning) cleanVolumes(ctx context.Context) error {
	volumes, err := c.chosen(c.ourVolumes(ctx))
	slices.SortStableFunc(volumes, func(a, b Object) int { return completeFirst(a.Name, b.Name) })
	for _, o := range volumes {
		switch {
		case !c.All && !isCopy(o) && !c.ownVolume(o):
			c.leave(o, "belongs to another cache (-all removes it)")
		case c.inUse(o.Labels):
			c.leave(o, "a run with its cache is in progress")
		default:
			c.done(ctx, o, c.cli.VolumeRemove(ctx, o.ID, false))
		}
	}
	return err
}

func (c *cleaning) ownVolume(o Object) bool {
	if home := o.Labels[homeLabel]; home != "" && c.run.home != "" {
		return home == c.run.home
	}
	return c.OwnVolume != nil && c.OwnVolume(o.Name)
}

func (e *Engine) ourContainers(ctx context.Context) ([]Object, error) {
	found, err := e.containers(ctx, Label+"=1")
	if err != nil {
		return nil, err
	}
	objects := make([]Object, 0, len(found))
	for _, c := range found {
		objects = append(objects, Object{Kind: KindContainer, ID: c.id, Name: c.name(), Labels: c.labels, Size: -1, running: c.running})
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

// volumeSizes returns the sizes that the engine reports in time. They are only displayed.
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

func ourLabel() filters.Args { return filters.NewArgs(filters.Arg("label", Label+"=1")) }
