// SPDX-License-Identifier: Apache-2.0

package stagecache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// layout names the directory of this version of the cache's layout. Another version would be
// next to it.
const layout = "v1"

var nameShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$`)

func validName(name string) bool { return nameShape.MatchString(name) }

// Cache is an opened cache. Its methods may be called from several goroutines,
// and several processes may open the same directory.
type Cache struct {
	dir  string // as given, absolute
	root string // dir/v1

	mu   sync.Mutex
	held map[string]*flock.Flock // by the entry's directory: the entries that this process uses
	made bool                    // this process has made an entry
}

// Entry is one stage's output.
type Entry struct {
	Dir    string // the directory with the stage's output and nothing else; its files belong to the cache: copy before changing one
	Stage  string
	Key    string
	Digest string            // of the names, modes and contents of everything in Dir: equal outputs have equal digests
	Hit    bool              // it was cached
	Made   time.Time         // when it was made
	Inputs map[string]string // as KeyBuilder.Inputs, if made by DoKey
	Damage string            // the damage of the entry that this one replaced, if it replaced one

	record record
}

// Open opens the cache in the directory dir and creates the directory if necessary. Leftovers
// of processes that died are removed. It returns a *DirError if the directory cannot be made or
// written to, a *SpaceError if the disk is full.
func Open(dir string) (*Cache, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, &DirError{Dir: dir, Err: err}
	}
	c := &Cache{dir: abs, root: filepath.Join(abs, layout)}
	if err := os.MkdirAll(c.tmp(), 0o755); err != nil {
		return nil, c.dirError(err)
	}
	probe, err := os.MkdirTemp(c.tmp(), probePattern)
	if err != nil {
		return nil, c.dirError(err)
	}
	if err := os.Remove(probe); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, c.dirError(err)
	}
	if err := c.sweep(context.Background()); err != nil {
		return nil, c.dirError(err)
	}
	return c, nil
}

// Made reports whether this process has made an entry. If not, there are no more than before.
func (c *Cache) Made() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.made
}

// Dir returns the cache's directory, absolute.
func (c *Cache) Dir() string { return c.dir }

// Do returns the output of a stage for a key. If the cache does not have it, Do calls build
// with an empty directory. When build returns nil, the directory becomes the entry. If it
// returns an error, panics, or ctx ends, nothing of it is kept.
//
// Of several callers with the same stage and key, in this process or in others, one builds and
// the others wait for it; if it fails the next one builds. An entry with a missing, truncated
// or altered file is rebuilt.
//
// No other process removes the entry until this one ends, or calls Prune or
// RemoveAll.
//
// Errors: that of build, wrapped; *NameError; *DirError; *SpaceError when the
// disk was full; the context's error.
func (c *Cache) Do(ctx context.Context, stage, key string, build func(ctx context.Context, dir string) error) (Entry, error) {
	return c.do(ctx, order{stage: stage, key: key}, build)
}

// DoKey is Do with the stage and key of k. The entry keeps k's inputs for Explain. If k has an
// error, it is returned.
func (c *Cache) DoKey(ctx context.Context, k *KeyBuilder, build func(ctx context.Context, dir string) error) (Entry, error) {
	if err := k.Err(); err != nil {
		return Entry{}, err
	}
	return c.do(ctx, order{stage: k.stage, key: k.Sum(), inputs: k.Inputs(), onWait: k.onWait}, build)
}

// Has reports whether the cache has the output for a key, as DoKey would find it.
func (c *Cache) Has(k *KeyBuilder) bool {
	if k.Err() != nil {
		return false
	}
	e, _ := c.lookup(order{stage: k.stage, key: k.Sum()})
	return e.Hit
}

// order is the stage and key of one call of Do.
type order struct {
	stage, key string
	inputs     map[string]string
	onWait     func(holder string)
}

func (o order) String() string { return o.stage + "/" + o.key }

func (c *Cache) do(ctx context.Context, o order, build func(ctx context.Context, dir string) error) (Entry, error) {
	if err := o.check(); err != nil {
		return Entry{}, err
	}
	if err := ctx.Err(); err != nil {
		return Entry{}, fmt.Errorf("stage %s: %w", o.stage, err)
	}
	// Most calls are hits, and a hit needs no lock: entries appear whole.
	if e, _ := c.lookup(o); e.Hit {
		return e, nil
	}
	held, err := acquire(ctx, c.keyLock(o), o.onWait)
	if err != nil {
		return Entry{}, c.failed(o.stage, c.dirError(err))
	}
	defer release(held)
	e, damaged := c.lookup(o)
	if e.Hit {
		return e, nil
	}
	// The leftovers of dead processes may fill the disk. If they cannot be removed, the next
	// Open reports it.
	_ = c.sweep(ctx)
	r, err := c.fill(ctx, o, build)
	if err != nil {
		return Entry{}, err
	}
	e = c.entry(r)
	e.Damage = damaged
	c.hold(c.entryDir(o)) // nobody can have removed it: this key's lock is ours
	c.mu.Lock()
	c.made = true
	c.mu.Unlock()
	return e, nil
}

func (o order) check() error {
	if !validName(o.stage) {
		return &NameError{What: "stage", Name: o.stage}
	}
	if o.stage == tmpFolder || o.stage == lockFolder {
		return &NameError{What: "stage", Name: o.stage}
	}
	if !validName(o.key) {
		return &NameError{What: "key", Name: o.key}
	}
	return nil
}

// lookup returns a complete entry, with Hit set, or describes the damage of the existing one.
func (c *Cache) lookup(o order) (e Entry, damaged string) {
	dir := c.entryDir(o)
	r, err := readRecord(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Lstat(dir); err == nil {
			return Entry{}, recordFile + " is missing"
		}
		return Entry{}, ""
	case err != nil:
		return Entry{}, err.Error()
	case r.Stage != o.stage || r.Key != o.key:
		return Entry{}, fmt.Sprintf("%s belongs to %s/%s", recordFile, r.Stage, r.Key)
	}
	if what := damage(filepath.Join(dir, outFolder), r.Files); what != "" {
		return Entry{}, what
	}
	if !c.hold(dir) {
		return Entry{}, ""
	}
	// The record's time is the entry's last use, which Prune needs. A cache on a read-only file
	// system still has hits.
	now := time.Now()
	_ = os.Chtimes(filepath.Join(dir, recordFile), now, now)
	e = c.entry(r)
	e.Hit = true
	return e, ""
}

func (c *Cache) entry(r record) Entry {
	o := order{stage: r.Stage, key: r.Key}
	return Entry{
		Dir: filepath.Join(c.entryDir(o), outFolder), Stage: r.Stage, Key: r.Key,
		Digest: r.digest(), Made: r.Made, Inputs: r.Inputs, record: r,
	}
}

const (
	tmpFolder  = "tmp"
	lockFolder = "locks"
)

func (c *Cache) tmp() string             { return filepath.Join(c.root, tmpFolder) }
func (c *Cache) entryDir(o order) string { return filepath.Join(c.root, o.stage, o.key) }
func (c *Cache) keyLock(o order) string  { return filepath.Join(c.root, lockFolder, o.stage, o.key) }

// No stage can be called _named, so no key's lock can lie there.
func (c *Cache) namedLock(name string) string {
	return filepath.Join(c.root, lockFolder, "_named", name)
}
