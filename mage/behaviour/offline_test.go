// SPDX-License-Identifier: Apache-2.0

//go:build behaviour

package behaviour

import (
	"os"
	"path/filepath"
	"testing"
)

// TestOffline runs without an engine; each script has a cache of its own
// unless it shares the machine's downloads.
func TestOffline(t *testing.T) {
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	// A cache of their own: test:all runs them beside the scripts that need an engine, and what one of those has made would not be
	// among the newest outputs any more when it makes it again.
	t.Setenv("VERBSMITH_CACHE", filepath.Join(cache, "verbsmith-scripts", "offline"))
	run(t, "testdata/offline", "", "VERBSMITH_CACHE")
}
