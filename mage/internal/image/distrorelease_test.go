// SPDX-License-Identifier: Apache-2.0

package image

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

// The distro is asked once a day for each toolchain, over the network of a real one, a stand-in once and for all. Repositories that
// do not answer are asked again by the next run, and are no error.
func TestDistroRelease(t *testing.T) {
	engine, exit, answer := &stagetest.Engine{}, 1, "0:57.0-2.el9\n"
	engine.Answer = func(run stagetest.Run) (containers.Result, error) {
		if run.Root || run.User != stage.Builder {
			t.Errorf("asks as %q, root %t", run.User, run.Root)
		}
		return containers.Result{ExitCode: exit}, os.WriteFile(filepath.Join(run.Outputs[0].Dir, "libibverbs"), []byte(answer), 0o600)
	}
	b, log := newBuilder(t, engine), new(bytes.Buffer)
	b.Log = slog.New(slog.NewTextHandler(log, nil))
	day := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	b.Now = func() time.Time { return day }
	tc := artifact.Toolchain{ID: "sha256:tools"}
	ask := func(want string, runs int) {
		t.Helper()
		got, err := b.DistroRelease(t.Context(), tc)
		if n := len(engine.Runs()); err != nil || got != want || n != runs {
			t.Errorf("got %q, %v after %d runs, want %q after %d", got, err, n, want, runs)
		}
	}
	ask("", 1)
	if !strings.Contains(log.String(), "is not known") {
		t.Errorf("no warning: %s", log)
	}
	exit = 0
	ask("0:57.0-2.el9", 2)
	ask("0:57.0-2.el9", 2)
	answer = "0:58.0-1.el9\n"
	day = day.AddDate(0, 0, 1)
	ask("0:58.0-1.el9", 3)
	tc.ID, answer = "sha256:others", ""
	ask("", 4)
	tc.ID, tc.Base.Local, answer = "sha256:standin", true, "0:57.0-2.el9"
	ask("0:57.0-2.el9", 5)
	day = day.AddDate(0, 0, 1)
	ask("0:57.0-2.el9", 5)
	if runs := engine.Runs(); !runs[0].Network || runs[4].Network {
		t.Error("a real distro is asked over the network, a stand-in without one")
	}
	gone := errors.New("the daemon is gone")
	engine.Answer = func(stagetest.Run) (containers.Result, error) { return containers.Result{}, gone }
	tc.ID = "sha256:third"
	if _, err := b.DistroRelease(t.Context(), tc); !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
}
