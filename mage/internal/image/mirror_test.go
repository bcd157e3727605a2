// SPDX-License-Identifier: Apache-2.0

package image

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/specs"
)

func TestParseMirror(t *testing.T) {
	for _, text := range []string{
		"", "registry.example", "registry.example:5000", "localhost", "localhost/a", "127.0.0.1:5000/a/b-c_d.e", "[::1]:5000/a",
		"node7:5000", "Registry.Example/a--b/c__d",
	} {
		if got, err := ParseMirror(text); err != nil || string(got) != text {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for text, why := range map[string]string{
		"https://registry.example":         "scheme",
		"registry.example/":                "host with a path",
		"registry.example/Upper":           "lower-case",
		"registry.example/a//b":            "host with a path",
		"registry.example/a:tag":           "host with a path",
		"registry.example:port":            "host with a path",
		"registry.example:0":               "port 0",
		"registry.example:65536":           "port 65536",
		"mirror/rocky":                     "Docker Hub",
		"mirror":                           "Docker Hub",
		" ":                                "host with a path",
		"a b.example":                      "host with a path",
		"-registry.example":                "host with a path",
		"user:secret@registry.example":     "docker login",
		"http://user:secret@r.example/a@b": "docker login",
		"r.example\nx.example":             "host with a path",
	} {
		got, err := ParseMirror(text)
		wrong, ok := errors.AsType[*MirrorError](err)
		if !ok || got != "" || !strings.Contains(wrong.Error(), why) || !strings.HasPrefix(wrong.Error(), MirrorVariable) {
			t.Errorf("%q: %q, %v, want %q", text, got, err, why)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestMirrorReference(t *testing.T) {
	for usual, want := range map[string]string{
		"rockylinux/rockylinux:9":             "r.example:5000/m/rockylinux/rockylinux:9",
		"quay.io/centos/centos:stream9":       "r.example:5000/m/centos/centos:stream9",
		"debian:trixie-slim":                  "r.example:5000/m/library/debian:trixie-slim",
		"docker.io/debian:trixie":             "r.example:5000/m/library/debian:trixie",
		"docker.io/rockylinux/rockylinux:9":   "r.example:5000/m/rockylinux/rockylinux:9",
		"localhost/own:1":                     "r.example:5000/m/own:1",
		"r2.example:1/own:1":                  "r.example:5000/m/own:1",
		"rockylinux/rockylinux:9@sha256:0123": "r.example:5000/m/rockylinux/rockylinux@sha256:0123",
		"r2.example:1/own:1@sha256:0123":      "r.example:5000/m/own@sha256:0123",
		"r2.example:1/own@sha256:0123":        "r.example:5000/m/own@sha256:0123",
	} {
		if got := Mirror("r.example:5000/m").Reference(usual); got != want {
			t.Errorf("%s: got %s, want %s", usual, got, want)
		}
		if got, want := Mirror("").Reference(usual), strings.Replace(usual, ":9@", "@", 1); got != want && got != strings.Replace(usual, ":1@", "@", 1) {
			t.Errorf("without a mirror: got %s, want %s", got, want)
		}
	}
}

// Every image is taken from the site's registry, and the stage's line says so. The base keeps its usual name.
func TestImagesComeFromTheMirror(t *testing.T) {
	const site = "r.example:5000/m/"
	digests := map[string]string{site + "example/rocky:9": "sha256:01"}
	for what, tt := range map[string]struct {
		here  []string // on the engine: an image of the usual name is another one
		make  func(*Builder) (artifact.Base, error)
		calls []string
		from  string
		want  artifact.Base
	}{
		"a base": {
			[]string{"example/rocky:9"},
			func(b *Builder) (artifact.Base, error) {
				return b.Base(context.Background(), job.Job{Target: rocky9, Base: job.BaseAuto})
			},
			[]string{"pull " + site + "example/rocky:9"},
			site + "example/rocky:9",
			artifact.Base{Ref: "example/rocky:9", Digest: "sha256:01", Folder: "rocky9"},
		},
		"a base that is here": {
			[]string{site + "example/rocky:9"},
			func(b *Builder) (artifact.Base, error) {
				return b.Base(context.Background(), job.Job{Target: rocky9, Base: job.BaseAuto})
			},
			nil, site + "example/rocky:9",
			artifact.Base{Ref: "example/rocky:9", Digest: "sha256:01", Folder: "rocky9"},
		},
		"a suite": {
			nil,
			func(b *Builder) (artifact.Base, error) {
				return b.Base(context.Background(), job.Job{Target: bookworm, Base: job.BaseRegistry})
			},
			[]string{"pull " + site + "example/debian:bookworm"},
			site + "example/debian:bookworm",
			artifact.Base{Ref: "example/debian:bookworm", Folder: "debian-bookworm"},
		},
		"the lab": {
			nil,
			func(b *Builder) (artifact.Base, error) {
				_, err := b.Lab(context.Background(), job.Job{Base: job.BaseAuto})
				return artifact.Base{}, err
			},
			[]string{"pull " + site + "library/debian:trixie-slim"},
			"",
			artifact.Base{},
		},
		"Debian for its sources": {
			nil,
			func(b *Builder) (artifact.Base, error) {
				_, err := b.debianImage(context.Background(), b.Begin("source"))
				return artifact.Base{}, err
			},
			[]string{"pull " + site + "library/debian:bookworm-slim"},
			"",
			artifact.Base{},
		},
	} {
		engine := &stagetest.Engine{Digests: digests, Images: map[string]string{}}
		for _, ref := range tt.here {
			engine.Images[ref] = "sha256:" + ref
		}
		b, out := newBuilder(t, engine), new(bytes.Buffer)
		b.Mirror = "r.example:5000/m"
		b.Engine = func(context.Context) (stage.Engine, error) { return labEngine{engine}, nil }
		b.UI = ui.New(ui.Options{Out: out, Err: out, LogDir: t.TempDir()})
		b.Log = slog.New(slog.DiscardHandler)
		b.Releases = &specs.Releases{DebianImage: "debian:bookworm-slim", LabImage: "debian:trixie-slim"}
		got, err := tt.make(b)
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if calls := engine.Calls(); !slices.Equal(calls, tt.calls) {
			t.Errorf("%s: asks for %q, want %q", what, calls, tt.calls)
		}
		if got.ID, got.Minimal = "", ""; got != tt.want {
			t.Errorf("%s: got %+v, want %+v", what, got, tt.want)
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if last := lines[len(lines)-1]; !strings.Contains(last, tt.from) || strings.Contains(last, "pull") {
			t.Errorf("%s: the stage's line is %q, want %s", what, last, tt.from)
		}
	}
}

// What cannot be pulled from a site's registry says which variable named it.
func TestMirrorIsNamedInAdvice(t *testing.T) {
	b := newBuilder(t, &stagetest.Engine{Unreachable: errUnreachable})
	b.Mirror = "r.example"
	_, err := b.Base(t.Context(), job.Job{Target: rocky9, Base: job.BaseRegistry})
	if advice, ok := errors.AsType[*stage.AdviceError](err); !ok || !strings.Contains(advice.Advice(), MirrorVariable) {
		t.Errorf("got %v", err)
	}
}
