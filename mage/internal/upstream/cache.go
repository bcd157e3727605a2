// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/renameio/v2"
)

// cache keeps archives in DIR/downloads/KEY/FILE. KEY is the pinned sum, or a digest of the
// origin if none is pinned; then FILE.sha256 next to the file has the sum of the first
// download, so that damage is detected.
type cache struct {
	dir  string
	lim  limits
	note func(origin, format string, args ...any)
}

func newCache(req *Request) *cache {
	return &cache{dir: filepath.Join(req.CacheDir, "downloads"), lim: defaultLimits(), note: req.notef}
}

// slot is a place in the cache.
type slot struct {
	key, file string
	origin    string // for notes
	shown     string // the file or URL, for errors
	version   string
	want      *Candidate // the expected sum, if known
}

func (s slot) in(c *cache) string     { return filepath.Join(c.dir, s.key, s.file) }
func (s slot) part(c *cache) string   { return s.in(c) + ".part" }
func (s slot) sumOf(c *cache) string  { return s.in(c) + ".sha256" }
func (s slot) lockOf(c *cache) string { return s.in(c) + ".lock" }

// originKey names an origin without a pinned sum.
func originKey(version string, o Origin) string {
	sum := sha256.New()
	for _, part := range []string{version, o.Kind, o.URL, o.Suite, o.File} {
		// The length keeps the parts apart.
		_, _ = fmt.Fprintf(sum, "%d:%s", len(part), part)
	}
	return "origin-" + hex.EncodeToString(sum.Sum(nil))[:32]
}

// filler writes the file part. It may continue the part of an earlier try; resumed reports that
// it did.
type filler func(ctx context.Context, part string) (resumed bool, err error)

// find returns the cached file if it exists and is intact. A damaged one is removed.
func (c *cache) find(ctx context.Context, s slot) (path string, ok bool, err error) {
	reason, err := c.fault(ctx, s)
	if err != nil || reason == "" {
		return s.in(c), err == nil, err
	}
	if reason == faultMissing {
		return "", false, nil
	}
	// Look again with the lock: another process may be replacing it.
	unlock, err := c.lock(ctx, s)
	if err != nil {
		return "", false, err
	}
	defer unlock()
	return c.findLocked(ctx, s)
}

func (c *cache) findLocked(ctx context.Context, s slot) (path string, ok bool, err error) {
	path = s.in(c)
	reason, err := c.fault(ctx, s)
	switch {
	case err != nil:
		return "", false, err
	case reason == "":
		return path, true, nil
	case reason == faultMissing:
		return "", false, nil
	}
	c.note(s.origin, "the cached file %s %s: removed", path, reason)
	return "", false, os.RemoveAll(path)
}

const faultMissing = "is missing"

// fault describes the damage of a cached file, "" if there is none.
func (c *cache) fault(ctx context.Context, s slot) (reason string, err error) {
	path := s.in(c)
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return faultMissing, nil
	}
	if err != nil {
		return "", err
	}
	want := c.expected(s)
	switch {
	case !info.Mode().IsRegular():
		return "is not a regular file", nil
	case want == "":
		return "has no recorded SHA-256", nil
	}
	got, err := fileSum(ctx, path, c.lim.packed)
	switch cause := context.Cause(ctx); {
	case cause != nil:
		return "", cause
	case err != nil:
		return err.Error(), nil //nolint:nilerr // an unreadable file is a damaged one
	case got != want:
		return fmt.Sprintf("has the SHA-256 %s, want %s", got, want), nil
	}
	return "", nil
}

func (c *cache) expected(s slot) string {
	if s.want != nil {
		return s.want.SHA256
	}
	text, err := os.ReadFile(s.sumOf(c))
	if sum := strings.TrimSpace(string(text)); err == nil && sumForm.MatchString(sum) {
		return sum
	}
	return ""
}

// obtain fills a slot, or waits for another process that does, and returns the file. The file
// gets its final name only if its sum is right or, if no sum is known, if it is an archive of
// the right rdma-core.
func (c *cache) obtain(ctx context.Context, s slot, fill filler) (string, error) {
	dir := filepath.Dir(s.in(c))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", writeError(dir, err)
	}
	unlock, err := c.lock(ctx, s)
	if err != nil {
		return "", err
	}
	defer unlock()
	if path, ok, err := c.findLocked(ctx, s); ok || err != nil {
		return path, err
	}
	for {
		resumed, err := fill(ctx, s.part(c))
		if err != nil {
			if errors.As(err, new(*SpaceError)) {
				c.drop(s) // free the space
			}
			return "", err
		}
		err = c.accept(ctx, s)
		if err == nil {
			return s.in(c), nil
		}
		if context.Cause(ctx) != nil {
			return "", err
		}
		c.drop(s)
		if !resumed {
			return "", err
		}
		c.note(s.origin, "the partial download of %s does not match: starting over", s.file)
	}
}

func (c *cache) drop(s slot) {
	_ = os.Remove(s.part(c))
	_ = os.Remove(partInfoPath(s.part(c)))
}

// accept checks the complete part file and gives it its final name.
func (c *cache) accept(ctx context.Context, s slot) error {
	part := s.part(c)
	sum, err := fileSum(ctx, part, c.lim.packed)
	if err != nil {
		return err
	}
	if s.want != nil && sum != s.want.SHA256 {
		return &SumError{Version: s.version, File: s.shown, Want: []Candidate{*s.want}, Got: sum}
	}
	if s.want == nil {
		found, err := inspect(ctx, part, c.lim)
		if err != nil {
			return err
		}
		if found.version != s.version {
			return &VersionError{Source: s.shown, Want: s.version, Got: found.version, Where: cmakeLists}
		}
	}
	if err := renameio.WriteFile(s.sumOf(c), []byte(sum+"\n"), 0o644); err != nil {
		return writeError(s.sumOf(c), err)
	}
	if err := os.Rename(part, s.in(c)); err != nil {
		return writeError(s.in(c), err)
	}
	_ = os.Remove(partInfoPath(part))
	return nil
}

// lockPause is the pause between two tries for the lock.
const lockPause = 200 * time.Millisecond

// lock prevents two processes from writing one part file. The lock file stays: after a removal
// a third process could lock a new file of that name.
func (c *cache) lock(ctx context.Context, s slot) (unlock func(), err error) {
	path := s.lockOf(c)
	l := flock.New(path)
	ok, err := l.TryLock()
	if err == nil && !ok {
		c.note(s.origin, "another process is downloading %s: waiting for it", s.file)
		ok, err = l.TryLockContext(ctx, lockPause)
	}
	if err != nil || !ok {
		return nil, fmt.Errorf("lock %s: %w", path, writeError(path, err))
	}
	return func() { _ = l.Unlock() }, nil
}
