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

// debians are the references of the images with the Debian packages of a suite's stand-ins.
func debians(t *testing.T, b *Builder, suite string) (base, tools string) {
	t.Helper()
	baseImage, toolsImage, err := b.debianImages(suite)
	if err != nil {
		t.Fatal(err)
	}
	return baseImage.ref, toolsImage.ref
}

// The stand-in is made once, on its suite's Debian packages, which are installed once for all distros on the suite. Only the
// image with the tools can make the repositories of the other one. Nothing has a network.
func TestStandinIsMadeOnce(t *testing.T) {
	fakeMachine(t, "0")
	engine := &stagetest.Engine{}
	b := newBuilder(t, engine)
	debian, tools := debians(t, b, "bookworm")
	j := job.Job{Target: rocky9, Base: job.BaseStandin}
	first, err := b.Base(t.Context(), j)
	if err != nil || !first.Standin {
		t.Fatalf("got %+v, %v", first, err)
	}
	if calls := engine.Calls(); !slices.Equal(calls, []string{"import " + debian, "import " + tools}) {
		t.Errorf("asks for %q", calls)
	}
	var runs []string
	for _, run := range engine.Runs() {
		said := run.Argv[3:]
		runs = append(runs, strings.Join(said, " ")+" in "+run.Image)
		if commits := run.Commit != ""; run.Network || commits == (said[1] == "repositories") {
			t.Errorf("%q: network %t, commits %q", said, run.Network, run.Commit)
		}
	}
	slices.Sort(runs)
	const script = "/verbsmith/image.sh "
	want := []string{
		script + "full 9 .el9.standin in " + tools, script + "minimal in " + debian,
		script + "repositories 9 .el9.standin /verbsmith/repositories in " + tools,
	}
	if !slices.Equal(runs, want) {
		t.Errorf("ran %q, want %q", runs, want)
	}
	if again, err := b.Base(t.Context(), j); err != nil || again != first || len(engine.Runs()) != 3 {
		t.Errorf("the second time: %+v, %v, %d runs", again, err, len(engine.Runs()))
	}
	other := rocky9
	other.Distro.Name, other.Distro.EL = "rocky8", 8
	second, err := b.Base(t.Context(), job.Job{Target: other, Base: job.BaseStandin})
	if err != nil || second.ID == first.ID || len(engine.Calls()) != 2 || len(engine.Runs()) != 6 {
		t.Errorf("another distro: %+v, %v, %q, %d runs", second, err, engine.Calls(), len(engine.Runs()))
	}
}

// Of a stand-in that is there, the Debian packages are not missed.
func TestStandinWithoutItsDebian(t *testing.T) {
	fakeMachine(t, "1")
	engine := &stagetest.Engine{Images: map[string]string{}}
	b := newBuilder(t, engine)
	for _, target := range []string{standinMinimal, standinFull} {
		i, err := b.standinImage(rocky9.Distro, target)
		if err != nil {
			t.Fatal(err)
		}
		engine.Images[i.ref] = "sha256:" + target
	}
	base, err := b.Base(t.Context(), job.Job{Target: rocky9, Base: job.BaseStandin})
	if err != nil || base.Minimal != "sha256:minimal" || base.ID != "sha256:full" || len(engine.Runs()) > 0 {
		t.Errorf("got %+v, %v, %d runs", base, err, len(engine.Runs()))
	}
}

// The script of the Debian packages fails: no image of a distro is made, and the error is the script's.
func TestStandinFailsWithItsDebian(t *testing.T) {
	fakeMachine(t, "1")
	engine := &stagetest.Engine{}
	_, err := newBuilder(t, engine).Base(t.Context(), job.Job{Target: rocky9, Base: job.BaseStandin})
	if failed, ok := errors.AsType[*stage.ScriptError](err); !ok || failed.Name != bootstrapScript || len(engine.Calls())+len(engine.Runs()) > 0 {
		t.Errorf("got %v after %q", err, engine.Calls())
	}
}

// What an image is made from is in its reference.
func TestStandinRefs(t *testing.T) {
	b := newBuilder(t, &stagetest.Engine{})
	refs := map[string]string{}
	el, dist, suite := rocky9.Distro, rocky9.Distro, rocky9.Distro
	el.EL, dist.Dist, suite.Standin = 10, ".el9_4", "trixie"
	changed := func(name string) *Builder {
		other := newBuilder(t, &stagetest.Engine{})
		dir := t.TempDir()
		if err := errors.Join(os.CopyFS(dir, b.Files), os.WriteFile(filepath.Join(dir, standinDir, name), []byte("x\n"), 0o644)); err != nil {
			t.Fatal(err)
		}
		other.Files = os.DirFS(dir)
		return other
	}
	for what, of := range map[string]func() (image, error){
		"full":           func() (image, error) { return b.standinImage(rocky9.Distro, standinFull) },
		"minimal":        func() (image, error) { return b.standinImage(rocky9.Distro, standinMinimal) },
		"EL":             func() (image, error) { return b.standinImage(el, standinFull) },
		"dist":           func() (image, error) { return b.standinImage(dist, standinFull) },
		"suite":          func() (image, error) { return b.standinImage(suite, standinFull) },
		debianScript:     func() (image, error) { return changed(debianScript).standinImage(rocky9.Distro, standinFull) },
		standinScript:    func() (image, error) { return changed(standinScript).standinImage(rocky9.Distro, standinFull) },
		repositoryScript: func() (image, error) { return changed(repositoryScript).standinImage(rocky9.Distro, standinFull) },
		"packages":       func() (image, error) { return changed("packages").standinImage(rocky9.Distro, standinFull) },
	} {
		got, err := of()
		if err != nil || refs[got.ref] != "" {
			t.Errorf("%s and %s: %s, %v", what, refs[got.ref], got.ref, err)
		}
		refs[got.ref] = what
	}
	base, tools := debians(t, b, "bookworm")
	if sameBase, sameTools := debians(t, changed("packages"), "bookworm"); sameBase != base || sameTools != tools {
		t.Error("the Debian packages are installed again for another table")
	}
	if otherBase, otherTools := debians(t, changed(debianScript), "bookworm"); otherBase == base || otherTools == tools || base == tools {
		t.Error("the Debian packages are not installed again for another script, or are one image")
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
