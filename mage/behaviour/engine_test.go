// SPDX-License-Identifier: Apache-2.0

//go:build integration

package behaviour

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gofrs/flock"
)

// TestEngine runs what test:all runs on the machine's engine and cache: what one
// script has built the next one finds. Without an engine it fails.
func TestEngine(t *testing.T) { onEngine(t, "testdata/engine") }

// TestDeep runs what test:deep runs, in the same way.
func TestDeep(t *testing.T) { onEngine(t, "testdata/deep") }

func onEngine(t *testing.T, scripts string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "docker", "version", "--format", "{{.Server.Version}}").CombinedOutput(); err != nil {
		t.Fatalf("this needs a Docker engine and its docker command: %v\n%s", err, out)
	}
	run(t, scripts, onePlace(t), "VERBSMITH_CACHE")
}

// onePlace is where all scripts have their copy of the repository, one after the
// other: what is compiled of a provider is kept for its directory alone. It is
// this run's until the test ends.
func onePlace(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "verbsmith-scripts")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	lock := flock.New(filepath.Join(dir, "lock"))
	if err := lock.Lock(); err != nil {
		t.Fatal(err)
	}
	place := filepath.Join(dir, "repo")
	t.Cleanup(func() {
		if err := errors.Join(os.RemoveAll(place), lock.Unlock()); err != nil {
			t.Error(err)
		}
	})
	return place
}
