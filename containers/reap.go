// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/gofrs/flock"
	"github.com/google/renameio/v2"
)

// run registers this process in a run directory: an ID, and a lock file that is held as long as the process lives.
// The kernel releases the lock however the process ends.
type run struct {
	id, home, dir string
	lock          *flock.Flock
}

// newRun registers a run in dir, which is created if it is missing. ctx limits how long it waits for other processes.
func newRun(ctx context.Context, dir string) (*run, error) {
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("create the directory for lock files: %w", err)
		}
		dir = filepath.Join(cache, "verbsmith", "runs")
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		return nil, fmt.Errorf("create the directory for lock files: %w", err)
	}
	home, err := runHome(ctx, dir)
	if err != nil {
		return nil, err
	}
	for range 10 {
		r := &run{id: randomID(), home: home, dir: dir}
		r.lock = flock.New(r.file(r.id))
		taken, err := r.lock.TryLock()
		if err != nil {
			return nil, fmt.Errorf("lock file of this run: %w", err)
		}
		if taken && r.holdsItsFile() {
			return r, nil
		}
		// Another run that cleaned up removed the file after it was created and before it was locked.
		_ = r.lock.Close()
	}
	return nil, fmt.Errorf("lock file of this run: %s: other processes keep locking it", dir)
}

func (r *run) file(id string) string { return filepath.Join(r.dir, id+".lock") }

// holdsItsFile reports whether the name still refers to the locked file.
func (r *run) holdsItsFile() bool {
	named, err := os.Stat(r.file(r.id))
	if err != nil {
		return false
	}
	held, err := r.lock.Stat()
	return err == nil && os.SameFile(named, held)
}

// end releases the lock; a second call does nothing.
func (r *run) end() error {
	if r.lock == nil || !r.lock.Locked() {
		return nil
	}
	return errors.Join(os.Remove(r.file(r.id)), r.lock.Close())
}

// dead reports whether the run of this directory with that ID has ended. If so, it holds the run's lock file, if
// there is one, until release is called, which removes the file if the run is to be forgotten.
func (r *run) dead(id string) (release func(forget bool), dead bool) {
	file := r.file(id)
	if r.dir == "" {
		return nil, false
	}
	if filepath.Base(file) != id+".lock" || id == r.id {
		return nil, false
	}
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		return func(bool) {}, true // it ended normally, but some of its containers were still there
	}
	lock := flock.New(file)
	if taken, err := lock.TryLock(); err != nil || !taken {
		_ = lock.Close()
		return nil, false
	}
	return func(forget bool) {
		if forget {
			_ = os.Remove(file)
		}
		_ = lock.Close()
	}, true
}

// others returns the IDs of the other runs that have a lock file, dead or alive.
func (r *run) others() []string {
	files, err := filepath.Glob(filepath.Join(r.dir, "*.lock"))
	if err != nil {
		return nil
	}
	var ids []string
	for _, file := range files {
		if id := strings.TrimSuffix(filepath.Base(file), ".lock"); id != r.id {
			ids = append(ids, id)
		}
	}
	return ids
}

// homeFile contains the identity of a run directory.
const homeFile = "home"

// runHome returns the identity of a run directory: a random number that the first run stores in it.
func runHome(ctx context.Context, dir string) (string, error) {
	file := filepath.Join(dir, homeFile)
	lock := flock.New(filepath.Join(dir, "home.guard"))
	const pause = 100 * time.Millisecond
	if _, err := lock.TryLockContext(ctx, pause); err != nil {
		return "", fmt.Errorf("identity of the lock directory: %w", err)
	}
	defer func() { _ = lock.Close() }()
	data, err := os.ReadFile(file)
	if id := strings.TrimSpace(string(data)); err == nil && id != "" {
		return id, nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("identity of the lock directory: %w", err)
	}
	id := randomID()
	if err := renameio.WriteFile(file, []byte(id+"\n"), 0o644); err != nil {
		return "", fmt.Errorf("identity of the lock directory: %w", err)
	}
	return id, nil
}

func randomID() string {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails: it ends the process instead
	return hex.EncodeToString(id[:])
}

// Reap removes the containers that dead runs of this run directory have left on the engine. A run is dead if its lock
// file is missing or not locked. Containers of live runs, of other directories or machines, and those that someone
// else made from our images are kept.
func (e *Engine) Reap(ctx context.Context) error {
	left, err := e.containers(ctx, homeLabel+"="+e.run.home)
	if err != nil {
		return err
	}
	byRun := make(map[string][]leftover)
	for _, id := range e.run.others() {
		byRun[id] = nil
	}
	for _, c := range left {
		if ownsItself(c.names, c.labels, e.run.home) {
			byRun[c.labels[RunLabel]] = append(byRun[c.labels[RunLabel]], c)
		}
	}
	var errs []error
	for id, list := range byRun {
		release, dead := e.run.dead(id)
		if !dead {
			continue
		}
		err := e.removeAll(ctx, list)
		release(err == nil)
		if err != nil {
			errs = append(errs, err)
			continue // its lock file is kept for the next attempt
		}
		for _, c := range list {
			e.notice("removed container " + c.name() + ", left by a run that was killed")
		}
	}
	return errors.Join(errs...)
}

// leftover is a container in the engine's list.
type leftover struct {
	id      string
	names   []string // as the engine gives them, with a leading slash
	labels  map[string]string
	created time.Time
	running bool
}

func (l leftover) name() string {
	if len(l.names) == 0 {
		return l.id[:min(12, len(l.id))]
	}
	return strings.TrimPrefix(l.names[0], "/")
}

// containers lists the containers, running or not, that have a label ("key" or "key=value").
func (e *Engine) containers(ctx context.Context, label string) ([]leftover, error) {
	labelled := filters.NewArgs(filters.Arg("label", label))
	found, err := e.cli.ContainerList(ctx, container.ListOptions{All: true, Filters: labelled})
	if err != nil {
		return nil, interrupted(ctx, "list containers", fmt.Errorf("list containers: %w", err))
	}
	list := make([]leftover, 0, len(found))
	for _, c := range found {
		list = append(list, leftover{
			id: c.ID, names: c.Names, labels: c.Labels, created: time.Unix(c.Created, 0),
			running: c.State == container.StateRunning || c.State == container.StatePaused || c.State == container.StateRestarting,
		})
	}
	return list, nil
}

// removeAll kills and removes containers concurrently, because there is little time after a cancel.
func (e *Engine) removeAll(ctx context.Context, list []leftover) error {
	errs := make([]error, len(list))
	var all sync.WaitGroup
	for i, c := range list {
		all.Go(func() { errs[i] = e.removeContainer(ctx, c.id) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// removeContainer kills and removes a container with its anonymous volumes. It is no error if the container is gone
// or being removed.
func (e *Engine) removeContainer(ctx context.Context, id string) error {
	err := e.cli.ContainerRemove(ctx, id, container.RemoveOptions{Force: true, RemoveVolumes: true})
	if err == nil || errdefs.IsNotFound(err) || strings.Contains(err.Error(), "is already in progress") {
		return nil
	}
	return fmt.Errorf("remove container %s: %w", id, engineError(err))
}
