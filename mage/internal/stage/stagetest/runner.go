// SPDX-License-Identifier: Apache-2.0

package stagetest

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// NewRunner returns a runner with an empty cache and the engine, which may be nil if no stage
// needs one.
func NewRunner(t testing.TB, engine *Engine) *stage.Runner {
	t.Helper()
	dir := t.TempDir()
	cache, err := stagecache.Open(filepath.Join(dir, "stages"))
	if err != nil {
		t.Fatal(err)
	}
	show := ui.New(ui.Options{LogDir: filepath.Join(dir, "logs")})
	t.Cleanup(show.Close)
	return &stage.Runner{
		CacheDir: dir, Cache: cache, UI: show, Log: slog.New(slog.DiscardHandler),
		Engine: func(context.Context) (stage.Engine, error) {
			if engine == nil {
				t.Fatal("an engine is asked for")
			}
			return engine, nil
		},
	}
}
