// SPDX-License-Identifier: Apache-2.0

package image

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/mage/internal/upstream"
)

// fakeMachine puts in the path what the script that bootstraps a suite asks for, ending with
// the status.
func fakeMachine(t *testing.T, status string) {
	t.Helper()
	dir := t.TempDir()
	for name, script := range bootstrapMachine {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	t.Setenv("SEEN", dir)
	t.Setenv("STATUS", status)
}

// The stand-in is built on its suite's userland, the minimal image and the full one, once.
func TestStandinIsBuiltOnce(t *testing.T) {
	fakeMachine(t, "0")
	engine := &stagetest.Engine{}
	b, debian := newBuilder(t, engine), userland(t, "bookworm")
	j := job.Job{Target: rocky9, Base: job.BaseStandin}
	first, err := b.Base(t.Context(), j)
	if err != nil || !first.Standin {
		t.Fatalf("got %+v, %v", first, err)
	}
	if calls := engine.Calls(); !slices.Equal(calls, []string{"import " + debian}) {
		t.Errorf("asks for %q", calls)
	}
	var targets []string
	for _, spec := range engine.Built() {
		targets = append(targets, spec.Target)
		if spec.Args["ROOTFS"] != debian || spec.Args["EL"] != "9" || spec.Args["DIST"] != ".el9.standin" {
			t.Errorf("%s is built with %v", spec.Target, spec.Args)
		}
	}
	if !slices.Equal(targets, []string{standinMinimal, standinFull}) {
		t.Errorf("built %q", targets)
	}
	if again, err := b.Base(t.Context(), j); err != nil || again != first || len(engine.Built()) != 2 {
		t.Errorf("the second time: %+v, %v, built %d images", again, err, len(engine.Built()))
	}
}

// What an image is made from is in its reference.
func TestStandinRefs(t *testing.T) {
	b := newBuilder(t, &stagetest.Engine{})
	refs := map[string]string{}
	el, dist, suite := rocky9.Distro, rocky9.Distro, rocky9.Distro
	el.EL, dist.Dist, suite.Standin = 10, ".el9_4", "trixie"
	other := newBuilder(t, &stagetest.Engine{})
	dir := t.TempDir()
	if err := errors.Join(os.CopyFS(dir, b.Files), os.WriteFile(filepath.Join(dir, "standin", "Containerfile"), []byte("FROM x\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	other.Files = os.DirFS(dir)
	for what, of := range map[string]func() (image, error){
		"full":          func() (image, error) { return b.standinImage(rocky9.Distro, standinFull) },
		"minimal":       func() (image, error) { return b.standinImage(rocky9.Distro, standinMinimal) },
		"EL":            func() (image, error) { return b.standinImage(el, standinFull) },
		"dist":          func() (image, error) { return b.standinImage(dist, standinFull) },
		"suite":         func() (image, error) { return b.standinImage(suite, standinFull) },
		"Containerfile": func() (image, error) { return other.standinImage(rocky9.Distro, standinFull) },
	} {
		got, err := of()
		if err != nil || refs[got.ref] != "" {
			t.Errorf("%s and %s: %s, %v", what, refs[got.ref], got.ref, err)
		}
		refs[got.ref] = what
	}
}

// A suite that no registry has is bootstrapped, imported under its own reference, and no
// stand-in; a failure of the script is reported with its output.
func TestSuiteIsBootstrapped(t *testing.T) {
	j := job.Job{Target: bookworm, Base: job.BaseAuto}
	fakeMachine(t, "1")
	engine := &stagetest.Engine{Unreachable: errUnreachable}
	_, err := newBuilder(t, engine).Base(t.Context(), j)
	if failed, ok := errors.AsType[*stage.ScriptError](err); !ok || failed.Name != bootstrapScript || len(engine.Calls()) > 0 {
		t.Errorf("debootstrap failed: %v after %q", err, engine.Calls())
	}
	fakeMachine(t, "0")
	engine = &stagetest.Engine{Unreachable: errUnreachable}
	b := newBuilder(t, engine)
	base, err := b.Base(t.Context(), j)
	if err != nil || base.Standin || base.Folder != "debian-bookworm" || base.Ref != userland(t, "bookworm") || base.ID != engine.Images[base.Ref] {
		t.Errorf("got %+v, %v", base, err)
	}
	if again, err := b.Base(t.Context(), j); err != nil || again != base || len(b.Ran()) != 1 {
		t.Errorf("the second time: %+v, %v, after %d runs", again, err, len(b.Ran()))
	}
	if calls := engine.Calls(); !slices.Equal(calls, []string{"import " + base.Ref}) {
		t.Errorf("asks for %q", calls)
	}
}

// The container that downloads Debian's sources is the userland of a suite that is here, else
// the image that specs/ names; it has a network, and its output goes where it is wanted.
func TestDebianContainer(t *testing.T) {
	for _, tt := range []struct {
		here  []string
		image string
		calls []string
	}{
		{[]string{userland(t, "bookworm"), userland(t, "trixie")}, userland(t, "bookworm"), nil},
		{[]string{userland(t, "trixie"), "debian:bookworm-slim"}, userland(t, "trixie"), nil},
		{[]string{"debian:bookworm-slim"}, "debian:bookworm-slim", nil},
		{nil, "debian:bookworm-slim", []string{"pull debian:bookworm-slim"}},
	} {
		engine := &stagetest.Engine{Images: map[string]string{}}
		for _, ref := range tt.here {
			engine.Images[ref] = "sha256:" + ref
		}
		b := newBuilder(t, engine)
		s, dir := b.Begin("source"), filepath.Join(t.TempDir(), "out")
		if apt := b.AptSource(s); len(apt) != 2 {
			t.Errorf("%d ways to ask Debian's archive, want this machine's apt and a container's", len(apt))
		}
		err := b.runDebian(t.Context(), upstream.ScriptJob{Suite: "sid", Version: "56.1-1", DestDir: dir}, s)
		runs := engine.Runs()
		if err != nil || len(runs) != 1 {
			t.Fatalf("%q: %d runs, %v", tt.here, len(runs), err)
		}
		run := runs[0]
		if run.Image != "sha256:"+tt.image || !run.Network || run.Outputs[0].Dir != dir || !strings.HasSuffix(strings.Join(run.Argv, " "), "debian-source.sh sid 56.1-1 "+run.Outputs[0].Path) {
			t.Errorf("%q: runs %q of %s with network %t", tt.here, run.Argv, run.Image, run.Network)
		}
		if calls := engine.Calls(); !slices.Equal(calls, tt.calls) {
			t.Errorf("%q: asks for %q, want %q", tt.here, calls, tt.calls)
		}
	}
	b := newBuilder(t, &stagetest.Engine{Unreachable: errUnreachable})
	if err := b.runDebian(t.Context(), upstream.ScriptJob{}, b.Begin("source")); !errors.Is(err, errUnreachable) {
		t.Errorf("without a Debian: %v", err)
	}
}
