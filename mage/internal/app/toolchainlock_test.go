// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/kit"
	"github.com/resnics/verbsmith/mage/internal/record"
)

// A locked toolchain is what it was, or nothing is built in it; locking it again takes what is there, and says what has changed.
func TestToolchainLock(t *testing.T) {
	for file, tt := range map[string]struct {
		suite *string
		make  func(*App, context.Context) error
	}{
		"rocky9.json":          {nil, (*App).RPM},
		"debian-bookworm.json": {new("bookworm"), (*App).Deb},
	} {
		t.Run(file, func(t *testing.T) {
			b := newTrial(t)
			b.flags.Suite, b.dirs.root = tt.suite, t.TempDir()
			do := func(call func(*App, context.Context) error) error {
				t.Helper()
				own, err := kit.Open(b.dirs.root)
				if err != nil {
					t.Fatal(err)
				}
				b.pipeline.Kit, b.pipeline.Unlocked = own, false
				b.out.Reset()
				return call(b.App, t.Context())
			}
			if err := do((*App).ToolchainLock); err != nil || !strings.Contains(b.out.String(), "1 package of "+strings.TrimSuffix(file, ".json")+" locked: ") {
				t.Fatalf("got %v\n%s", err, b.out.String())
			}
			if err := do(tt.make); err != nil || !strings.Contains(b.out.String(), "as locked") {
				t.Errorf("in the locked toolchain: %v\n%s", err, b.out.String())
			}
			lock := filepath.Join(b.dirs.root, "verbsmith", "locks", file)
			replaceIn(t, lock, "gcc-14-1.x86_64", "gcc-13-1.x86_64")
			err := do(tt.make)
			if drift, ok := errors.AsType[*record.DriftError](err); !ok || !strings.Contains(drift.Error(), "verbsmith/locks/"+file+": gcc-13-1.x86_64 is now gcc-14-1.x86_64") {
				t.Errorf("in another one: got %v", err)
			}
			if err := do((*App).ToolchainLock); err != nil || !strings.Contains(b.out.String(), "gcc-13-1.x86_64 is now gcc-14-1.x86_64\n") {
				t.Errorf("locked again: %v\n%s", err, b.out.String())
			}
			if err := do(tt.make); err != nil {
				t.Error(err)
			}
			if err := os.WriteFile(lock, []byte("{}"), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, call := range []func(*App, context.Context) error{tt.make, (*App).ToolchainLock} {
				if err := do(call); err == nil || !strings.Contains(err.Error(), "verbsmith/locks/"+file+`: want "format"`) {
					t.Errorf("no lock: got %v", err)
				}
			}
		})
	}
}
