// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/lab"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/provider"
)

func TestStepsCountsCasesPerDevice(t *testing.T) {
	plan := lab.Plan{
		Devices: lab.Devices("rib", 21),
		Cases:   []string{"claimed", "renamed", lab.CaseRate},
	}
	if n := steps(plan); n != 4 {
		t.Errorf("got %d, want 2 for claimed, 1 for renamed, 1 for a measurement of both", n)
	}
}

func TestFixtureIsMissed(t *testing.T) {
	b := &Bench{Runner: &stage.Runner{UI: ui.New(ui.Options{})}}
	j := job.Job{Provider: &provider.Provider{Dir: t.TempDir()}}
	_, err := b.Fixture(context.Background(), j, artifact.Lab{ID: "sha256:0", Kernel: "6.12"})
	advice, ok := errors.AsType[*stage.AdviceError](err)
	if !ok || !errors.Is(err, os.ErrNotExist) || advice.What == "" {
		t.Errorf("got %v, want advice to add lab/", err)
	}
}

// A guest that is late is stopped, with the reason; one that is not is left alone.
func TestWatchStopsASilentGuest(t *testing.T) {
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	tick, ended := make(chan time.Time), make(chan struct{})
	late := time.Unix(100, 0)
	go func() {
		defer close(ended)
		watch(ctx, tick, func(now time.Time) time.Duration { return now.Sub(late) }, stop)
	}()
	pass := func(at time.Time) {
		select {
		case tick <- at:
		case <-ended:
		}
	}
	pass(late.Add(-time.Second))
	pass(late) // taken only after the first one has been looked at
	if cause := context.Cause(ctx); cause != nil {
		t.Fatalf("stopped in time: %v", cause)
	}
	pass(late.Add(time.Second))
	<-ended
	if cause := context.Cause(ctx); !errors.Is(cause, errSilent) {
		t.Errorf("got %v, want %v", cause, errSilent)
	}
}

func TestWatchEndsWithTheRun(t *testing.T) {
	ctx, stop := context.WithCancelCause(t.Context())
	stop(os.ErrClosed)
	watch(ctx, nil, func(time.Time) time.Duration { return 1 }, func(error) { t.Error("stopped what has ended") })
}

// The module of the tree goes into the guest where it was made.
func TestGuestFilesHaveTheDebugModule(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "librib-rdmav34.so"), "module")
	has := func(setup Setup) bool {
		files, err := guestFiles(setup, lab.Plan{}, "init")
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(files, func(f stage.File) bool {
			return f.Name == lab.DebugFolder[1:]+"/librib-rdmav34.so" && f.Path == filepath.Join(dir, "librib-rdmav34.so")
		})
	}
	if !has(Setup{Debug: artifact.DebugModule{Dir: dir}}) {
		t.Error("the guest has no module of the tree")
	}
	if has(Setup{}) {
		t.Error("the guest has a module that was not made")
	}
}
