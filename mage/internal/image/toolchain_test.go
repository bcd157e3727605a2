// SPDX-License-Identifier: Apache-2.0

package image

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/resnics/verbsmith/containers"
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
	return &Builder{Runner: stagetest.NewRunner(t, engine), Files: containers.Files, Releases: releases}
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

// What a toolchain is made from is in its reference: another base, Containerfile, list of
// repositories or spec is another image.
func TestToolchainRefs(t *testing.T) {
	b, other := newBuilder(t, &stagetest.Engine{}), newBuilder(t, &stagetest.Engine{})
	dir := t.TempDir()
	other.Files = os.DirFS(dir)
	for name, text := range map[string]string{"a": "BuildRequires: gcc\n", "b": "BuildRequires: clang\n", "el/Containerfile": "FROM x\n"} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	rocky, debian, crb := job.Job{Target: rocky9}, job.Job{Target: bookworm}, rocky9
	crb.Distro.Repositories = []string{"crb"}
	base := artifact.Base{ID: "sha256:base", Folder: "base"}
	refs := map[string]string{}
	for what, tt := range map[string]struct {
		b    *Builder
		job  job.Job
		base artifact.Base
		file string
	}{
		"rocky":         {b, rocky, base, "a"},
		"repositories":  {b, job.Job{Target: crb}, base, "a"},
		"spec":          {b, rocky, base, "b"},
		"base":          {b, rocky, artifact.Base{ID: "sha256:other", Folder: "base"}, "a"},
		"debian":        {b, debian, base, "a"},
		"Containerfile": {other, rocky, base, "a"},
	} {
		tc, here, err := tt.b.ToolchainState(t.Context(), tt.job, tt.base, filepath.Join(dir, tt.file))
		if err != nil || here || refs[tc.Ref] != "" {
			t.Errorf("%s and %s: %s, %t, %v", what, refs[tc.Ref], tc.Ref, here, err)
		}
		refs[tc.Ref] = what
	}
}

// The Containerfile finds a distro's spec and Debian's control file under their own names,
// and only a distro has repositories to enable.
func TestToolchainContext(t *testing.T) {
	crb := rocky9
	crb.Distro.Repositories = []string{"crb", "extras"}
	for want, target := range map[string]job.Target{artifact.SpecFile: crb, artifact.ControlFile: bookworm} {
		file := filepath.Join(t.TempDir(), "spec")
		if err := os.WriteFile(file, []byte("text"), 0o644); err != nil {
			t.Fatal(err)
		}
		i, err := newBuilder(t, nil).toolchainImage(job.Job{Target: target}, artifact.Base{ID: "sha256:base"}, file)
		if err != nil {
			t.Fatal(err)
		}
		in, _ := i.how.(built)
		repositories, asked := in.Args["REPOSITORIES"]
		if _, rpm := target.(job.RPM); asked != rpm || rpm && repositories != "crb extras" || in.Args["BASE"] != "sha256:base" {
			t.Errorf("%s: the arguments are %q", target.Folder(), in.Args)
		}
		var names []string
		for _, f := range in.Files {
			names = append(names, f.Name)
		}
		if !slices.Equal(names, []string{"Containerfile", want}) {
			t.Errorf("%s: the build has %q, want %s", target.Folder(), names, want)
		}
	}
}

// There is no toolchain without a Containerfile.
func TestToolchainNeedsAContainerfile(t *testing.T) {
	engine := &stagetest.Engine{}
	b := newBuilder(t, engine)
	b.Files = os.DirFS(t.TempDir())
	j := job.Job{Target: rocky9}
	if _, err := b.Toolchain(t.Context(), j, artifact.Base{}, "none", false); !errors.Is(err, os.ErrNotExist) || len(engine.Built()) > 0 {
		t.Errorf("got %v, built %d images", err, len(engine.Built()))
	}
}
