// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"encoding/json"
	"time"

	"github.com/docker/docker/api/types/container"
)

const (
	// lookInterval is the time between two looks at the number of processes of a container.
	lookInterval = 5 * time.Second
	// looksAtLimit in a row find a container at its limit before it is ended: one alone may be a moment of a build that goes on.
	looksAtLimit = 3
	// nearLimit is the part of the limit that a container lacks when it counts as at its limit. One that forks without end goes up and
	// down a little below it, because a process that cannot fork ends.
	nearLimit = 32
)

// watchProcesses returns a context that ends, with a *LimitError as its cause, when the container stays at its limit of processes. Whatever
// forks without end otherwise hangs there until its time is over: what waits for its processes never sees one of them fail.
// An engine that does not say how many there are is not asked again.
func (e *Engine) watchProcesses(ctx context.Context, id string, limits Limits) (context.Context, context.CancelFunc) {
	ctx, end := context.WithCancelCause(ctx)
	if limits.Processes > 0 {
		go func() {
			if e.staysAtLimit(ctx, id, limits.Processes) {
				end(limits.met(LimitProcesses))
			}
		}()
	}
	return ctx, func() { end(nil) }
}

// staysAtLimit looks until the container stays at its limit of processes, or ctx ends.
func (e *Engine) staysAtLimit(ctx context.Context, id string, limit int64) bool {
	tick := time.NewTicker(e.patience.look)
	defer tick.Stop()
	for there := 0; there < looksAtLimit; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
		count, err := e.processes(ctx, id)
		switch {
		case err != nil:
			return false
		case count >= limit-limit/nearLimit:
			there++
		default:
			there = 0
		}
	}
	return true
}

// processes is how many processes and threads a container has.
func (e *Engine) processes(ctx context.Context, id string) (int64, error) {
	answer, err := e.cli.ContainerStatsOneShot(ctx, id)
	if err != nil {
		return 0, err //nolint:wrapcheck // it is not reported
	}
	defer answer.Body.Close()
	var stats container.StatsResponse
	if err := json.NewDecoder(answer.Body).Decode(&stats); err != nil {
		return 0, err //nolint:wrapcheck // it is not reported
	}
	return int64(stats.PidsStats.Current), nil
}
