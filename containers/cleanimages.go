// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/image"
)

// cleanImages removes our references, then the intermediate images of their builds, or with All every image that has
// our label and no reference.
func (c *cleaning) cleanImages(ctx context.Context) error {
	found, err := c.chosen(c.ourImages(ctx))
	if err != nil {
		return err
	}
	between := map[string]bool{} // images from which those with our references were made
	byID := make(map[string]Object, len(found))
	for _, o := range found {
		byID[o.ID] = o
	}
	for _, o := range found {
		for range o.ours {
			for at := o; at.parent != "" && !between[at.parent]; at = byID[at.parent] {
				between[at.parent] = true
			}
		}
	}
	for _, o := range found {
		for _, ref := range o.ours {
			c.untag(ctx, o, ref)
		}
	}
	c.removeUnnamed(ctx, c.unnamed(found, between))
	return nil
}

// unnamed returns the images that have no reference, or have lost theirs.
func (c *cleaning) unnamed(found []Object, between map[string]bool) []Object {
	var unnamed []Object
	for _, o := range found { // the newest first: children before parents
		switch {
		case len(o.theirs) > 0:
		case len(o.ours) > 0 || between[o.ID] || c.All:
			o.Name = shortID(o.ID)
			unnamed = append(unnamed, o)
		case !o.children:
			c.leave(o, "untagged, so someone else may have built it from a verbsmith image (-all removes it)")
		}
	}
	return unnamed
}

// untag removes a reference of ours. The engine removes the image with its last reference, unless it is in use.
func (c *cleaning) untag(ctx context.Context, o Object, ref string) {
	o.Name = familiar(ref)
	_, err := c.cli.ImageRemove(ctx, ref, image.RemoveOptions{})
	if errdefs.IsConflict(err) {
		// An image from which others were made is kept without its reference, which the engine reports as an error.
		if _, gone := c.cli.ImageInspect(ctx, ref); errdefs.IsNotFound(gone) {
			err = nil
		}
	}
	c.done(ctx, o, err)
}

// removeUnnamed removes images without a reference, repeatedly, because each removal may free others.
func (c *cleaning) removeUnnamed(ctx context.Context, images []Object) {
	for {
		var left []Object
		var errs []error
		for _, o := range images {
			err := c.removeIfUnnamed(ctx, o)
			if errdefs.IsConflict(err) {
				left, errs = append(left, o), append(errs, err)
				continue
			}
			if !errdefs.IsNotFound(err) { // else it went with its last name
				c.done(ctx, o, err)
			}
		}
		if len(left) == len(images) || ctx.Err() != nil {
			for i, o := range left {
				c.done(ctx, o, errs[i])
			}
			return
		}
		images = left
	}
}

// removeIfUnnamed removes an image by its ID. If it has been given a name meanwhile, it is not found, so that the
// name is kept.
func (c *cleaning) removeIfUnnamed(ctx context.Context, o Object) error {
	now, err := c.cli.ImageInspect(ctx, o.ID)
	if err == nil && now.ID == "" {
		return errors.New("the engine returned no ID")
	}
	if err == nil && len(named(now.RepoTags))+len(named(now.RepoDigests)) > 0 {
		return errdefs.ErrNotFound
	}
	if err == nil {
		err = c.hasNoChildren(ctx, o)
	}
	if err == nil {
		_, err = c.cli.ImageRemove(ctx, o.ID, image.RemoveOptions{})
	}
	return err //nolint:wrapcheck // the caller looks at what it is
}

// ourImages returns the images with our label, intermediate ones included, the newest first: children before their
// parents.
func (e *Engine) ourImages(ctx context.Context) ([]Object, error) {
	found, err := e.cli.ImageList(ctx, image.ListOptions{All: true, Filters: ourLabel()})
	if err != nil {
		return nil, fmt.Errorf("list images: %w", err)
	}
	whole := make(map[string]int64, len(found))
	parents := make(map[string]bool, len(found))
	for n, i := range found {
		i.ParentID = imageID(i.ParentID)
		found[n] = i
		whole[i.ID] = i.Size
		parents[i.ParentID] = true
	}
	objects := make([]Object, 0, len(found))
	for _, i := range found {
		o := Object{
			Kind: KindImage, ID: i.ID, Name: imageName(i), Labels: i.Labels, created: i.Created, parent: i.ParentID,
			Size: max(0, i.Size-whole[i.ParentID]), children: parents[i.ID],
		}
		for _, ref := range named(i.RepoTags) {
			if strings.HasPrefix(familiar(ref), e.references) {
				o.ours = append(o.ours, ref)
			} else {
				o.theirs = append(o.theirs, ref)
			}
		}
		for _, ref := range named(i.RepoDigests) {
			if !strings.HasPrefix(familiar(ref), e.references) {
				o.theirs = append(o.theirs, ref)
			}
		}
		objects = append(objects, o)
	}
	slices.SortStableFunc(objects, func(a, b Object) int { return cmp.Compare(b.created, a.created) })
	return objects, nil
}

// named filters out the engine's notation for no reference.
func named(refs []string) []string {
	var names []string
	for _, ref := range refs {
		if !strings.HasPrefix(ref, "<none>") {
			names = append(names, ref)
		}
	}
	return names
}

func imageName(i image.Summary) string {
	if refs := named(i.RepoTags); len(refs) > 0 {
		for n, ref := range refs {
			refs[n] = familiar(ref)
		}
		return strings.Join(refs, ", ")
	}
	return shortID(i.ID)
}

func shortID(id string) string {
	id = strings.TrimPrefix(id, "sha256:")
	return id[:min(12, len(id))]
}
