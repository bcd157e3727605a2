// SPDX-License-Identifier: Apache-2.0

package image

import (
	"errors"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/specs"
)

var (
	pinnedRocky = specs.Distro{Name: "rocky9", Image: "example/rocky:9", Digest: "sha256:1", Pinned: "2026-01-02", Standin: "bookworm"}
	errLogin    = &containers.PullError{Reason: containers.LoginMissing}
)

// A tag's digest is the registry's or, without an answer, the engine's; a registry that refuses is an error.
func TestTagDigest(t *testing.T) {
	for _, tt := range []struct {
		what   string
		mirror Mirror
		engine *stagetest.Engine
		want   Seen
		fails  error
	}{
		{"in the registry", "", &stagetest.Engine{Registry: map[string]string{"example/rocky:9": "sha256:2"}}, Seen{"sha256:2", "example/rocky:9"}, nil},
		{"in a site's", "r.example", &stagetest.Engine{Registry: map[string]string{"r.example/example/rocky:9": "sha256:3"}}, Seen{"sha256:3", "r.example/example/rocky:9"}, nil},
		{"on the engine", "", &stagetest.Engine{Unreachable: errUnreachable, Images: map[string]string{"example/rocky:9": "x"}, Digests: map[string]string{"example/rocky:9": "sha256:4"}}, Seen{"sha256:4", "example/rocky:9 on the engine"}, nil},
		{"made on the engine", "", &stagetest.Engine{Unreachable: errUnreachable, Images: map[string]string{"example/rocky:9": "x"}}, Seen{}, errUnreachable},
		{"nowhere", "", &stagetest.Engine{Unreachable: errUnreachable}, Seen{}, errUnreachable},
		{"refused", "", &stagetest.Engine{Unreachable: errLogin, Images: map[string]string{"example/rocky:9": "x"}, Digests: map[string]string{"example/rocky:9": "sha256:4"}}, Seen{}, errLogin},
	} {
		b := newBuilder(t, tt.engine)
		b.Mirror = tt.mirror
		got, err := b.TagDigest(t.Context(), pinnedRocky)
		if got != tt.want || !errors.Is(err, tt.fails) || (err == nil) != (tt.fails == nil) {
			t.Errorf("%s: got %+v, %v", tt.what, got, err)
		}
	}
}

// A tag that has moved since it was pinned is told of, with both digests and the day, and only if that is known.
func TestMoved(t *testing.T) {
	unpinned := pinnedRocky
	unpinned.Digest, unpinned.Pinned = "", ""
	byHand := pinnedRocky
	byHand.Pinned = ""
	moved := &stagetest.Engine{Registry: map[string]string{"example/rocky:9": "sha256:2"}}
	for _, tt := range []struct {
		what   string
		distro specs.Distro
		engine *stagetest.Engine
		want   string
	}{
		{"moved", pinnedRocky, moved, "example/rocky:9 has moved to sha256:2 since sha256:1 was pinned (2026-01-02)"},
		{"moved since somebody's pin", byHand, moved, "example/rocky:9 has moved to sha256:2 since sha256:1 was pinned"},
		{"not pinned", unpinned, moved, ""},
		{"the same", pinnedRocky, &stagetest.Engine{Registry: map[string]string{"example/rocky:9": "sha256:1"}}, ""},
		{"unknown", pinnedRocky, &stagetest.Engine{Unreachable: errUnreachable}, ""},
	} {
		if got, err := newBuilder(t, tt.engine).Moved(t.Context(), tt.distro); got != tt.want || err != nil {
			t.Errorf("%s: got %q, %v", tt.what, got, err)
		}
	}
}

// A pinned base is taken by its digest, and its name says what an unpinned one of the same image does.
func TestPinnedBase(t *testing.T) {
	pinned, free := pinnedRocky, pinnedRocky
	free.Digest = ""
	names := map[string]bool{}
	for _, d := range []specs.Distro{pinned, free} {
		engine := &stagetest.Engine{Digests: map[string]string{"example/rocky@sha256:1": "sha256:1", "example/rocky:9": "sha256:1"}}
		base, err := newBuilder(t, engine).Base(t.Context(), job.Job{Target: job.RPM{Distro: d}, Base: job.BaseRegistry})
		if err != nil {
			t.Fatal(err)
		}
		names[base.Name()] = true
		if calls := strings.Join(engine.Calls(), ", "); (calls == "pull example/rocky@sha256:1") != (d.Digest != "") {
			t.Errorf("asks for %s", calls)
		}
		if base.Digest != "sha256:1" {
			t.Errorf("got %+v", base)
		}
	}
	if len(names) != 1 || !names["example/rocky:9@sha256:1"] {
		t.Errorf("got %v", names)
	}
}
