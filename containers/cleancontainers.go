// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
)

// idle is how long a container must have been stopped to count as a leftover, if nothing is known of its run: a live
// run fills a container before it starts, and copies files out after it has ended.
const idle = time.Hour

// cleanContainers removes the containers of dead runs. One that runs, and whose run is not known to be dead, is kept.
func (c *cleaning) cleanContainers(ctx context.Context) error {
	found, err := c.chosen(c.ourContainers(ctx))
	for _, o := range found {
		home, self := o.Labels[homeLabel], o.Labels[selfLabel]
		switch own := home == c.run.home; {
		case self != o.Name || home == "" || o.Labels[RunLabel] == "":
			c.leave(o, "made by someone else from a verbsmith image")
		case o.Labels[RunLabel] == c.run.id:
		case !own && !c.All:
			c.leave(o, "belongs to another cache (-all removes it once its run has ended)")
		default:
			c.cleanContainer(ctx, o, own)
		}
	}
	return err
}

func (c *cleaning) cleanContainer(ctx context.Context, o Object, own bool) {
	runs := c.run
	if !own {
		runs = runsElsewhere(o.Labels)
	}
	if runs == nil {
		still, err := c.stoodStill(ctx, o)
		switch {
		case err != nil:
			c.done(ctx, o, err)
			return
		case !still:
			c.leave(o, "its run may still be active")
			return
		}
		c.done(ctx, o, c.cli.ContainerRemove(ctx, o.ID, container.RemoveOptions{RemoveVolumes: true}))
		return
	}
	release, dead := runs.dead(o.Labels[RunLabel])
	if !dead {
		c.leave(o, "its run is still active")
		return
	}
	// A container of a dead run may still be running: nobody waits for it.
	err := c.removeContainer(ctx, o.ID)
	release(err == nil)
	c.done(ctx, o, err)
}

// stoodStill reports whether a container that is not running has been stopped for long.
func (c *cleaning) stoodStill(ctx context.Context, o Object) (bool, error) {
	if o.running {
		return false, nil
	}
	state, err := c.cli.ContainerInspect(ctx, o.ID)
	switch {
	case err != nil:
		return false, err //nolint:wrapcheck // the caller looks at what it is
	case state.ContainerJSONBase == nil || state.State == nil:
		return false, errors.New("the engine returned no state")
	case state.State.Running || state.State.Paused:
		return false, nil
	}
	for _, text := range []string{state.Created, state.State.FinishedAt} {
		if at, err := time.Parse(time.RFC3339Nano, text); err == nil && c.now.Sub(at) < idle {
			return false, nil
		}
	}
	return true, nil
}

// runsElsewhere returns the run directory that an object's labels name, if it is on this machine and still the same
// one. Otherwise it returns nil, because nothing is known of its runs.
func runsElsewhere(labels map[string]string) *run {
	dir, home := labels[runsLabel], labels[homeLabel]
	if !filepath.IsAbs(dir) || home == "" {
		return nil
	}
	data, err := os.ReadFile(filepath.Join(dir, homeFile))
	if err != nil || strings.TrimSpace(string(data)) != home {
		return nil
	}
	return &run{home: home, dir: dir}
}

// inUse reports whether another run of the directory that the labels name is alive.
func (c *cleaning) inUse(labels map[string]string) bool {
	runs := runsElsewhere(labels)
	return runs != nil && slices.ContainsFunc(runs.others(), func(id string) bool {
		if labels[homeLabel] == c.run.home && id == c.run.id {
			return false
		}
		release, dead := runs.dead(id)
		if dead {
			release(true)
		}
		return !dead
	})
}
