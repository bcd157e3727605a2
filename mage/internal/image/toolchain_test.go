// SPDX-License-Identifier: Apache-2.0

package image

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/specs"
)

// newBuilder makes images with an engine that records.
func newBuilder(t *testing.T, engine *stagetest.Engine) *Builder {
	t.Helper()
	releases, err := specs.LoadReleases(os.DirFS("../../../specs"))
	if err != nil {
		t.Fatal(err)
	}
	return &Builder{Runner: stagetest.NewRunner(t, engine), Root: "../../..", Releases: releases}
}

// A refresh builds what is there too, and takes no layer of an earlier build.
func TestRefreshRebuilds(t *testing.T) {
	engine := &stagetest.Engine{}
	b := newBuilder(t, engine)
	spec := filepath.Join(t.TempDir(), "a.spec")
	if err := os.WriteFile(spec, []byte("BuildRequires: gcc\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	j := job.Job{Target: job.RPM{Distro: specs.Distro{Name: "rocky9"}}}
	base := artifact.Base{ID: "sha256:base", Folder: "rocky9"}
	for _, tt := range []struct {
		refresh bool
		built   int
	}{{false, 1}, {false, 1}, {true, 2}} {
		tc, err := b.Toolchain(t.Context(), j, base, spec, tt.refresh)
		if err != nil || tc.ID == "" {
			t.Fatal(tc, err)
		}
		built := engine.Built()
		if len(built) != tt.built {
			t.Fatalf("refresh %t: built %d times, want %d", tt.refresh, len(built), tt.built)
		}
		last := built[len(built)-1]
		if last.Args["BASE"] != base.ID || last.Tag != tc.Ref || tt.refresh && !last.NoCache || !tt.refresh && last.NoCache {
			t.Errorf("refresh %t: got %+v", tt.refresh, last)
		}
		if state, here, err := b.ToolchainState(t.Context(), j, base, spec); err != nil || !here || state != tc {
			t.Errorf("refresh %t: ToolchainState gives %+v, %t, %v", tt.refresh, state, here, err)
		}
	}
}
