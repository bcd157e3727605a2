// SPDX-License-Identifier: Apache-2.0

package image

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

// The distro is asked once for each toolchain, over the network of a real one. Repositories that do not answer are asked
// again by the next run, and are no error.
func TestDistroRelease(t *testing.T) {
	engine, exit, answer := &stagetest.Engine{}, 1, "0:57.0-2.el9\n"
	engine.Answer = func(run stagetest.Run) (containers.Result, error) {
		if run.Root || run.User != stage.Builder {
			t.Errorf("asks as %q, root %t", run.User, run.Root)
		}
		return containers.Result{ExitCode: exit}, os.WriteFile(filepath.Join(run.Outputs[0].Dir, "libibverbs"), []byte(answer), 0o600)
	}
	b := newBuilder(t, engine)
	tc := artifact.Toolchain{ID: "sha256:tools"}
	ask := func(want string, runs int) {
		t.Helper()
		got, err := b.DistroRelease(t.Context(), tc)
		if n := len(engine.Runs()); err != nil || got != want || n != runs {
			t.Errorf("got %q, %v after %d runs, want %q after %d", got, err, n, want, runs)
		}
	}
	ask("", 1)
	exit = 0
	ask("0:57.0-2.el9", 2)
	ask("0:57.0-2.el9", 2)
	tc.ID, answer = "sha256:others", ""
	ask("", 3)
	tc.ID, tc.Base.Local = "sha256:standin", true
	ask("", 4)
	if runs := engine.Runs(); !runs[0].Network || runs[3].Network {
		t.Error("a real distro is asked over the network, a stand-in without one")
	}
	gone := errors.New("the daemon is gone")
	engine.Answer = func(stagetest.Run) (containers.Result, error) { return containers.Result{}, gone }
	tc.ID = "sha256:third"
	if _, err := b.DistroRelease(t.Context(), tc); !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
}
