// SPDX-License-Identifier: Apache-2.0

package stage_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
)

// A file of any size flows through the same memory: into a container, into an output, into a key.
func TestMemoryDoesNotGrowWithFiles(t *testing.T) {
	r := stagetest.NewRunner(t, nil)
	large := func(size int64) stage.File {
		entry, err := r.Cache.Do(t.Context(), "large", strconv.FormatInt(size, 10), func(_ context.Context, dir string) error {
			file := filepath.Join(dir, "file")
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				return err
			}
			return os.Truncate(file, size)
		})
		if err != nil {
			t.Fatal(err)
		}
		return stage.File{Name: "in/file", Path: filepath.Join(entry.Dir, "file")}
	}
	const size = 2 << 20
	once, tenfold := large(size), large(10*size)
	for name, flow := range map[string]func(f stage.File) error{
		"stream": func(f stage.File) error { return stage.Tar([]stage.File{f})(io.Discard) },
		"output": func(f stage.File) error { return stage.KeepFiles([]stage.File{f}, t.TempDir()) },
		"key": func(f stage.File) error {
			_, err := f.Describe(&stagecache.Verifier{})
			return err
		},
	} {
		if a, b := allocated(t, flow, once), allocated(t, flow, tenfold); b > a+size/2 {
			t.Errorf("%s: %d bytes of memory for %d MiB, %d for tenfold", name, a, size>>20, b)
		}
	}
}

// allocated is the memory that a file takes on its way.
func allocated(t *testing.T, flow func(stage.File) error, f stage.File) uint64 {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := flow(f); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
