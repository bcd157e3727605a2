// SPDX-License-Identifier: Apache-2.0

package stagecache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func open(t *testing.T, dir string) *Cache {
	t.Helper()
	c, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// counting is a build that writes a file, a link and an empty directory.
func counting(made *int, content string) func(context.Context, string) error {
	return func(_ context.Context, dir string) error {
		*made++
		return errors.Join(
			os.WriteFile(filepath.Join(dir, "file"), []byte(content), 0o600),
			os.Symlink("file", filepath.Join(dir, "link")),
			os.MkdirAll(filepath.Join(dir, "sub", "empty"), 0o755),
			os.WriteFile(filepath.Join(dir, "sub", "bad\xff\nname"), nil, 0o600),
		)
	}
}

// leftovers lists what is below the cache's tmp.
func leftovers(t *testing.T, c *Cache) []string {
	t.Helper()
	found, err := os.ReadDir(c.tmp())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	var names []string
	for _, f := range found {
		names = append(names, f.Name())
	}
	return names
}

func TestDoMakesOnceAndKeeps(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "yet [there]")
	c := open(t, dir)
	made := 0
	first, err := c.Do(t.Context(), "rpm", "k1", counting(&made, "x"))
	if err != nil || first.Hit || made != 1 {
		t.Fatalf("first: %+v, made %d times, error %v", first, made, err)
	}
	second, err := open(t, dir).Do(t.Context(), "rpm", "k1", counting(&made, "y"))
	if err != nil || !second.Hit || made != 1 || second.Dir != first.Dir || !second.Made.Equal(first.Made) {
		t.Errorf("second: %+v, made %d times, error %v", second, made, err)
	}
	if data, err := os.ReadFile(filepath.Join(second.Dir, "file")); string(data) != "x" {
		t.Errorf("holds %q, error %v", data, err)
	}
	for _, other := range [][2]string{{"rpm", "k2"}, {"build", "k1"}} {
		if e, err := c.Do(t.Context(), other[0], other[1], counting(&made, "z")); err != nil || e.Hit {
			t.Errorf("%v: %+v, error %v", other, e, err)
		}
	}
	if left := leftovers(t, c); made != 3 || len(left) > 0 {
		t.Errorf("made %d times, left over %v", made, left)
	}
}

func TestFailedBuildLeavesNothing(t *testing.T) {
	boom := errors.New("boom")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	write := func(dir string) { _ = os.WriteFile(filepath.Join(dir, "half"), []byte("half"), 0o600) }
	tests := []struct {
		name  string
		ctx   context.Context
		build func(ctx context.Context, dir string) error
		want  error
	}{
		{"an error", t.Context(), func(_ context.Context, dir string) error { write(dir); return boom }, boom},
		{"a panic", t.Context(), func(_ context.Context, dir string) error { write(dir); panic("boom") }, nil},
		{"an end of the goroutine", t.Context(), func(_ context.Context, dir string) error { write(dir); runtime.Goexit(); return nil }, nil},
		{"a stop that build keeps quiet about", ctx, func(_ context.Context, dir string) error { write(dir); cancel(); return nil }, context.Canceled},
		{"a folder that may not be written to", t.Context(), func(_ context.Context, dir string) error {
			write(dir)
			return errors.Join(boom, os.Chmod(dir, 0o500))
		}, boom},
		{"a pipe in the output", t.Context(), func(_ context.Context, dir string) error {
			return syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600)
		}, errors.New("want a file, directory or link")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := open(t, t.TempDir())
			var err error
			done := make(chan struct{})
			go func() {
				defer close(done)
				defer func() { _ = recover() }()
				_, err = c.Do(tt.ctx, "rpm", "k1", tt.build)
			}()
			<-done
			if tt.want != nil && !errors.Is(err, tt.want) && (err == nil || !strings.Contains(err.Error(), tt.want.Error())) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if left := leftovers(t, c); len(left) > 0 {
				t.Errorf("left over: %v", left)
			}
			if stages, err := c.stages(); err != nil || len(stages) > 0 {
				t.Errorf("an entry of %v, error %v", stages, err)
			}
			made := 0
			if e, err := c.Do(t.Context(), "rpm", "k1", counting(&made, "x")); err != nil || e.Hit || made != 1 {
				t.Errorf("then: %+v, made %d times, error %v", e, made, err)
			}
		})
	}
}

func TestDamagedEntryIsMadeAgain(t *testing.T) {
	later := time.Now().Add(time.Hour)
	// Each gets the entry's directory and returns the first error.
	tests := []struct {
		name   string
		harm   func(entry string) error
		damage string // empty: no harm at all
	}{
		{"nothing", func(string) error { return nil }, ""},
		{"touched", func(e string) error { return os.Chtimes(e+"/out/file", later, later) }, ""},
		{"a file missing", func(e string) error { return os.Remove(e + "/out/file") }, "1 of 5 files are missing"},
		{"a file truncated", func(e string) error { return os.Truncate(e+"/out/file", 2) }, `"file" has 2 bytes, want 7`},
		{"a file grown", func(e string) error { return os.Truncate(e+"/out/file", 9) }, `"file" has 9 bytes, want 7`},
		{"a file altered", func(e string) error {
			return errors.Join(os.WriteFile(e+"/out/file", []byte("CONTENT"), 0o600), os.Chtimes(e+"/out/file", later, later))
		}, `"file" does not have the content that the stage wrote`},
		{"a file added", func(e string) error { return os.WriteFile(e+"/out/sub/new", nil, 0o600) }, `"sub/new" was not written by the stage`},
		{"a mode changed", func(e string) error { return os.Chmod(e+"/out/file", 0o400) }, `"file" has mode -r--------, want -rw-------`},
		{"a link redirected", func(e string) error {
			return errors.Join(os.Remove(e+"/out/link"), os.Symlink("elsewhere", e+"/out/link"))
		}, `"link" does not have the content that the stage wrote`},
		{"an empty folder gone", func(e string) error { return os.Remove(e + "/out/sub/empty") }, "1 of 5 files are missing"},
		{"all files gone", func(e string) error { return os.RemoveAll(e + "/out") }, "no such file or directory"},
		{"the record gone", func(e string) error { return os.Remove(e + "/entry.json") }, "entry.json is missing"},
		{"the record cut short", func(e string) error { return os.Truncate(e+"/entry.json", 20) }, "unexpected end of JSON input"},
		{"the record of another", func(e string) error {
			return os.WriteFile(e+"/entry.json", []byte(`{"stage":"rpm","key":"k2"}`), 0o600)
		}, "entry.json belongs to rpm/k2"},
		{"a file in its place", func(e string) error { return errors.Join(os.RemoveAll(e), os.WriteFile(e, nil, 0o600)) }, "not a directory"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := open(t, t.TempDir())
			made := 0
			e, err := c.Do(t.Context(), "rpm", "k1", counting(&made, "content"))
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.harm(filepath.Dir(e.Dir)); err != nil {
				t.Fatal(err)
			}
			e, err = c.Do(t.Context(), "rpm", "k1", counting(&made, "content"))
			if err != nil {
				t.Fatal(err)
			}
			if harmless := tt.damage == ""; e.Hit != harmless || (made == 1) != harmless || !strings.Contains(e.Damage, tt.damage) {
				t.Errorf("hit %t, made %d times, damage %q, want %q", e.Hit, made, e.Damage, tt.damage)
			}
			if e, err = c.Do(t.Context(), "rpm", "k1", counting(&made, "content")); err != nil || !e.Hit {
				t.Errorf("afterwards: %+v, error %v", e, err)
			}
			if left := leftovers(t, c); len(left) > 0 {
				t.Errorf("left over: %v", left)
			}
		})
	}
}

func TestFullDisk(t *testing.T) {
	c := open(t, t.TempDir())
	_, err := c.Do(t.Context(), "rpm", "k1", func(context.Context, string) error {
		return fmt.Errorf("packing: %w", os.WriteFile("/dev/full", []byte("x"), 0o600))
	})
	var full *SpaceError
	if !errors.As(err, &full) || full.Stage != "rpm" || !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), c.Dir()) {
		t.Errorf("error %v", err)
	}
	_, err = c.Do(t.Context(), "rpm", "k1", func(context.Context, string) error { return os.ErrPermission })
	if err == nil || errors.As(err, &full) {
		t.Errorf("another error: %v", err)
	}
}

func TestUnusableFolders(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below"), "/proc/self"} {
		_, err := Open(dir)
		var refused *DirError
		if !errors.As(err, &refused) || refused.Dir != dir || !strings.Contains(err.Error(), "cannot be used") {
			t.Errorf("%s: error %v", dir, err)
		}
	}
}

func TestHostileNames(t *testing.T) {
	c := open(t, t.TempDir())
	made := 0
	for _, name := range []string{"", ".", "..", "../x", "a/b", "a b", "a\nb", "-x", "_named", strings.Repeat("k", 129), "é"} {
		var refused *NameError
		if _, err := c.Do(t.Context(), name, "k1", counting(&made, "")); !errors.As(err, &refused) || refused.What != "stage" {
			t.Errorf("stage %q: %v", name, err)
		}
		if _, err := c.Do(t.Context(), "rpm", name, counting(&made, "")); !errors.As(err, &refused) || refused.What != "key" {
			t.Errorf("key %q: %v", name, err)
		}
	}
	for _, name := range []string{tmpFolder, lockFolder} {
		if _, err := c.Do(t.Context(), name, "k1", counting(&made, "")); err == nil {
			t.Errorf("stage %q is one of the cache's own folders", name)
		}
	}
	if made > 0 {
		t.Errorf("made %d times", made)
	}
}

func TestGoroutinesMakeOnce(t *testing.T) {
	c := open(t, t.TempDir())
	var made, hits atomic.Int32
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			e, err := c.Do(t.Context(), "rpm", "k1", func(context.Context, string) error {
				made.Add(1)
				time.Sleep(2 * pollEvery)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			if e.Hit {
				hits.Add(1)
			}
		})
	}
	all.Wait()
	if made.Load() != 1 || hits.Load() != 11 {
		t.Errorf("made %d times, %d hits", made.Load(), hits.Load())
	}
}

func TestNextMakesWhenTheFirstFails(t *testing.T) {
	c := open(t, t.TempDir())
	begun, fail := make(chan struct{}), make(chan struct{})
	second := order{stage: "rpm", key: "k1", onWait: func(string) { close(fail) }}
	var all sync.WaitGroup
	all.Go(func() {
		_, err := c.Do(t.Context(), "rpm", "k1", func(context.Context, string) error {
			close(begun)
			<-fail
			return errors.New("boom")
		})
		if err == nil {
			t.Error("the first does not fail")
		}
	})
	<-begun
	made := 0
	if e, err := c.do(t.Context(), second, counting(&made, "x")); err != nil || e.Hit || made != 1 {
		t.Errorf("%+v, made %d times, error %v", e, made, err)
	}
	all.Wait()
}

// A digest is of names, modes and contents, and of nothing else.
func TestDigestIsOfTheOutput(t *testing.T) {
	c := open(t, t.TempDir())
	digest := func(key, name, content string, mode fs.FileMode) string {
		t.Helper()
		e, err := c.Do(t.Context(), "rpm", key, func(_ context.Context, dir string) error {
			file := filepath.Join(dir, name)
			return errors.Join(os.WriteFile(file, []byte(content), 0o600), os.Chmod(file, mode))
		})
		if err != nil {
			t.Fatal(err)
		}
		return e.Digest
	}
	first := digest("a", "x", "text", 0o644)
	for key, same := range map[string]bool{"b": true, "a": true} {
		if got := digest(key, "x", "text", 0o644); (got == first) != same {
			t.Errorf("the same made for the key %s has another digest", key)
		}
	}
	for what, other := range map[string]string{
		"name": digest("c", "y", "text", 0o644), "content": digest("d", "x", "texT", 0o644), "mode": digest("e", "x", "text", 0o755),
	} {
		if other == first {
			t.Errorf("the %s is not in the digest", what)
		}
	}
}
