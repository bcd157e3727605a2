// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/image"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/kit"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/specs"
)

// newPins is a trial with specs of its own, and what registries have for rocky9 and rocky8.
func newPins(t *testing.T) *trial {
	t.Helper()
	b := newTrial(t)
	root := t.TempDir()
	if err := os.CopyFS(filepath.Join(root, "specs"), specs.Files); err != nil {
		t.Fatal(err)
	}
	b.dirs.root, b.dirs.own = root, true
	b.engine.Registry = map[string]string{"rockylinux/rockylinux:9": "sha256:" + strings.Repeat("9", 64), "rockylinux/rockylinux:8": "sha256:" + strings.Repeat("8", 64)}
	return b
}

func (b *trial) distroFile(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(b.dirs.root, "specs", filepath.FromSlash(specs.DistroFile(name))))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// A pin is written once; the same digest changes nothing. The table says what was and what is.
func TestPinIsWritten(t *testing.T) {
	b := newPins(t)
	before := b.distroFile(t, "rocky8")
	pin := func(want ...string) {
		t.Helper()
		b.out.Reset()
		if err := b.ToolchainPin(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, text := range want {
			if !strings.Contains(b.out.String(), text) {
				t.Errorf("want %q in\n%s", text, b.out.String())
			}
		}
		var err error
		if b.distros, err = specs.LoadDistros(os.DirFS(filepath.Join(b.dirs.root, "specs"))); err != nil {
			t.Fatal(err)
		}
	}
	nine, later := strings.Repeat("9", 64), strings.Repeat("1", 64)
	pin("| rocky9", "not pinned", "rockylinux/rockylinux:9", nine)
	first := b.distroFile(t, "rocky9")
	if !regexp.MustCompile(`(?m)^digest: sha256:9{64}\npinned: "[0-9]{4}-[0-9]{2}-[0-9]{2}"$`).MatchString(first) {
		t.Errorf("the file is\n%s", first)
	}
	pin("the same", "unchanged")
	if got := b.distroFile(t, "rocky9"); got != first {
		t.Errorf("the file was written again:\n%s", got)
	}
	b.engine.Registry["rockylinux/rockylinux:9"] = "sha256:" + later
	pin(nine, later)
	if got := b.distroFile(t, "rocky9"); !strings.Contains(got, later) || strings.Contains(got, nine) {
		t.Errorf("the file is\n%s", got)
	}
	if b.distroFile(t, "rocky8") != before {
		t.Error("another distro's file was changed")
	}
	if left, err := filepath.Glob(filepath.Join(b.dirs.root, "specs", "distros", "*")); err != nil || len(left) != len(b.distros.Names()) {
		t.Errorf("%q, %v", left, err)
	}
}

// A repository with a driver gets a file of its own with the pin, which the next run uses and changes.
func TestPinInARepositoryOfADriver(t *testing.T) {
	b := newPins(t)
	b.dirs.root, b.dirs.own = t.TempDir(), false
	for _, digest := range []string{"9", "1"} {
		b.engine.Registry["rockylinux/rockylinux:9"] = "sha256:" + strings.Repeat(digest, 64)
		if err := b.ToolchainPin(t.Context()); err != nil {
			t.Fatal(err)
		}
		files, err := kit.Open(b.dirs.root)
		if err != nil {
			t.Fatal(err)
		}
		if own := files.Own(); !slices.Equal(own, []string{"verbsmith/specs/distros/rocky9.yaml"}) {
			t.Errorf("the repository's own files are %q", own)
		}
		if b.distros, err = specs.LoadDistros(files.Dir("specs")); err != nil {
			t.Fatal(err)
		}
		if d, err := b.distros.Find("rocky9"); err != nil || d.Digest != b.engine.Registry["rockylinux/rockylinux:9"] {
			t.Errorf("got %+v, %v", d.Digest, err)
		}
		b.pipeline.Kit = files
	}
}

// Each distro is tried, and each that cannot be pinned is an error with its file as it was.
func TestPinOfAll(t *testing.T) {
	b := newPins(t)
	refused := &containers.PullError{Ref: "x", Reason: containers.LoginMissing}
	b.pipeline.Engine = func(context.Context) (stage.Engine, error) { return halfRegistry{b.engine, refused}, nil }
	b.flags.Distro = new(allDistros)
	before := b.distroFile(t, "rocky10")
	err := b.ToolchainPin(t.Context())
	if !errors.Is(err, refused) || strings.Count(err.Error(), "cannot be pulled") != len(b.distros.Names())-2 {
		t.Errorf("got %v", err)
	}
	for _, name := range []string{"rocky8", "rocky9"} {
		if !strings.Contains(b.distroFile(t, name), "digest: sha256:") || !strings.Contains(b.out.String(), "| "+name) {
			t.Errorf("%s is not pinned:\n%s", name, b.out.String())
		}
	}
	if b.distroFile(t, "rocky10") != before {
		t.Error("the file of a distro without an answer was changed")
	}
	b.flags.Distro = new("x")
	if err := b.ToolchainPin(t.Context()); !errors.As(err, new(*specs.UnknownError)) {
		t.Errorf("got %v", err)
	}
	gone := errors.New("no engine")
	b.pipeline.Engine = func(context.Context) (stage.Engine, error) { return nil, gone }
	b.flags.Distro = new(allDistros)
	if err := b.ToolchainPin(t.Context()); !errors.Is(err, gone) || strings.Count(err.Error(), "no engine") != 1 {
		t.Errorf("got %v", err)
	}
}

// halfRegistry has no answer for what it does not have.
type halfRegistry struct {
	stage.Engine

	otherwise error
}

func (h halfRegistry) RegistryDigest(ctx context.Context, ref string) (string, error) {
	digest, err := h.Engine.RegistryDigest(ctx, ref)
	if err == nil && digest == "" {
		err = h.otherwise
	}
	return digest, err
}

// doctor and toolchain:list tell of a tag that has moved since it was pinned, and of the command that takes the new image.
func TestMovedTagIsReported(t *testing.T) {
	for _, tt := range []struct {
		what, now     string
		found, advice string // of doctor
	}{
		{"the same", "sha256:1", "rockylinux/rockylinux:9@sha256:1 of 2026-01-02", ""},
		{"moved", "sha256:2", "rockylinux/rockylinux:9 has moved to sha256:2 since sha256:1 was pinned (2026-01-02)", "toolchain:pin -distro=rocky9 takes the new one"},
	} {
		b := newPins(t)
		data := b.distroFile(t, "rocky9")
		digest := "sha256:" + strings.Repeat("1", 64)
		pinned, err := specs.PinDistro("rocky9.yaml", []byte(data), digest, "2026-01-02")
		if err != nil {
			t.Fatal(err)
		}
		putFile(t, filepath.Join(b.dirs.root, "specs", filepath.FromSlash(specs.DistroFile("rocky9"))), string(pinned))
		if b.distros, err = specs.LoadDistros(os.DirFS(filepath.Join(b.dirs.root, "specs"))); err != nil {
			t.Fatal(err)
		}
		long := func(text string) string { return strings.ReplaceAll(text, "sha256:1", digest) }
		b.engine.Registry["rockylinux/rockylinux:9"] = long(tt.now)
		distro, err := b.distros.Find("rocky9")
		if err != nil {
			t.Fatal(err)
		}
		found := b.pinFindings(t.Context(), job.Job{Target: job.RPM{Distro: distro}})
		if len(found) != 1 || found[0].found != long(tt.found) || !strings.HasSuffix(found[0].advice, tt.advice) || found[0].bad {
			t.Errorf("%s: got %+v", tt.what, found)
		}
		if err := b.ToolchainList(t.Context()); err != nil {
			t.Fatal(err)
		}
		notes := slices.DeleteFunc(strings.Split(b.out.String(), "\n"), func(line string) bool { return !strings.HasPrefix(line, "note: ") })
		if (len(notes) == 1) != (tt.advice != "") || len(notes) == 1 && notes[0] != "note: rocky9: "+long(tt.found)+"; "+image.PinAdvice(distro)+" takes the new one" {
			t.Errorf("%s: got %q", tt.what, notes)
		}
	}
	b := newPins(t)
	distro, err := b.distros.Find("rocky10")
	if err != nil {
		t.Fatal(err)
	}
	if found := b.pinFindings(t.Context(), job.Job{Target: job.RPM{Distro: distro}}); distro.Digest == "" && len(found) > 0 {
		t.Errorf("nothing is pinned: %+v", found)
	}
}
