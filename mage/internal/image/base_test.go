// SPDX-License-Identifier: Apache-2.0

package image

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/specs"
)

var (
	errUnreachable = &containers.PullError{Ref: "example/x:9", Reason: containers.NoAnswer, Err: errors.New("no route to the registry")}

	rocky9   = job.RPM{Distro: specs.Distro{Name: "rocky9", EL: 9, Dist: ".el9", Image: "example/rocky:9", Standin: "bookworm"}}
	bookworm = job.Deb{Suite: specs.Suite{Name: "bookworm", Image: "example/debian:bookworm"}}
	noble    = job.Deb{Suite: specs.Suite{Name: "noble", Distribution: "ubuntu", Image: "example/ubuntu:24.04", Standin: "bookworm"}}
)

// userland is the reference of a suite that was bootstrapped here.
func userland(t *testing.T, suite string) string {
	t.Helper()
	i, err := userlandImage(suite)
	if err != nil {
		t.Fatal(err)
	}
	return i.ref
}

// The image that the target names is the base if it is available, and what this machine
// makes itself if it is not or if that is requested. Only a distro's stand-in is one.
func TestBase(t *testing.T) {
	debian := userland(t, "bookworm")
	standinBase, standinTools := debians(t, newBuilder(t, nil), "bookworm")
	for _, tt := range []struct {
		what        string
		target      job.Target
		mode        job.BaseMode
		here        []string
		unreachable error
		want        artifact.Base // without its images' ids
		calls       []string
		warned      bool
		fails       error
	}{
		{"here", rocky9, job.BaseAuto, []string{"example/rocky:9"}, errUnreachable, artifact.Base{Ref: "example/rocky:9", Folder: "rocky9"}, nil, false, nil},
		{"to be pulled", rocky9, job.BaseAuto, nil, nil, artifact.Base{Ref: "example/rocky:9", Folder: "rocky9"}, []string{"pull example/rocky:9"}, false, nil},
		{"unreachable", rocky9, job.BaseAuto, nil, errUnreachable, artifact.Base{Standin: true, Local: true, Folder: "rocky9.standin"}, nil, true, nil},
		{"the stand-in", rocky9, job.BaseStandin, []string{"example/rocky:9"}, nil, artifact.Base{Standin: true, Local: true, Folder: "rocky9.standin"}, nil, false, nil},
		{"unreachable, but asked for", rocky9, job.BaseRegistry, nil, errUnreachable, artifact.Base{}, []string{"pull example/rocky:9"}, false, errUnreachable},
		{"a suite that is here", bookworm, job.BaseAuto, []string{"example/debian:bookworm"}, errUnreachable, artifact.Base{Ref: "example/debian:bookworm", Folder: "debian-bookworm"}, nil, false, nil},
		{"a suite to be pulled", bookworm, job.BaseAuto, nil, nil, artifact.Base{Ref: "example/debian:bookworm", Folder: "debian-bookworm"}, []string{"pull example/debian:bookworm"}, false, nil},
		{"an unreachable suite", bookworm, job.BaseAuto, nil, errUnreachable, artifact.Base{Ref: debian, Folder: "debian-bookworm"}, nil, false, nil},
		{"a suite of one's own", bookworm, job.BaseStandin, []string{"example/debian:bookworm"}, nil, artifact.Base{Ref: debian, Folder: "debian-bookworm"}, nil, false, nil},
		{"an unreachable Ubuntu", noble, job.BaseAuto, nil, errUnreachable, artifact.Base{Standin: true, Folder: "ubuntu-noble.standin"}, nil, true, nil},
		{"an Ubuntu that is here", noble, job.BaseAuto, []string{"example/ubuntu:24.04"}, errUnreachable, artifact.Base{Ref: "example/ubuntu:24.04", Folder: "ubuntu-noble"}, nil, false, nil},
		{"an unreachable suite, but asked for", bookworm, job.BaseRegistry, nil, errUnreachable, artifact.Base{}, []string{"pull example/debian:bookworm"}, false, errUnreachable},
	} {
		engine := &stagetest.Engine{Unreachable: tt.unreachable, Images: map[string]string{
			debian: "sha256:debian", standinBase: "sha256:base", standinTools: "sha256:tools",
		}}
		for _, ref := range tt.here {
			engine.Images[ref] = "sha256:" + ref
		}
		b, log := newBuilder(t, engine), new(bytes.Buffer)
		b.Log = slog.New(slog.NewTextHandler(log, nil))
		j := job.Job{Target: tt.target, Base: tt.mode}
		got, err := b.Base(t.Context(), j)
		if !errors.Is(err, tt.fails) || tt.fails == nil && err != nil {
			t.Errorf("%s: %v, want %v", tt.what, err, tt.fails)
		}
		if calls := engine.Calls(); !slices.Equal(calls, tt.calls) {
			t.Errorf("%s: asks for %q, want %q", tt.what, calls, tt.calls)
		}
		if warned := strings.Contains(log.String(), "not for release"); warned != tt.warned {
			t.Errorf("%s: warned: %t", tt.what, warned)
		}
		if tt.fails != nil {
			continue
		}
		if got.ID != engine.Images[got.Ref] || got.ID == "" || got.Minimal == "" || got.Local == (got.ID == got.Minimal) {
			t.Errorf("%s: the images are %+v", tt.what, got)
		}
		state, here, _, err := b.BaseState(t.Context(), j)
		if err != nil || !here || state != got {
			t.Errorf("%s: BaseState gives %+v, %t, %v, want %+v", tt.what, state, here, err, got)
		}
		if got.ID, got.Minimal = "", ""; tt.want.Standin {
			got.Ref = ""
		}
		if got != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.what, got, tt.want)
		}
	}
}

// A base that cannot be pulled comes with what to try.
func TestPullAdvises(t *testing.T) {
	b := newBuilder(t, &stagetest.Engine{Unreachable: errUnreachable})
	_, err := b.Base(t.Context(), job.Job{Target: rocky9, Base: job.BaseRegistry})
	if advice, ok := errors.AsType[*stage.AdviceError](err); !ok || !strings.Contains(advice.Advice(), "-base=standin") {
		t.Errorf("got %v", err)
	}
}

// BaseState makes nothing, and says why it is that base.
func TestBaseStateMakesNothing(t *testing.T) {
	for _, tt := range []struct {
		target job.Target
		mode   job.BaseMode
		ref    string
		why    string
	}{
		{rocky9, job.BaseAuto, "verbsmith/standin:rocky9-full-", "example/rocky:9 is not on the engine and cannot be pulled: its registry does not answer"},
		{rocky9, job.BaseRegistry, "example/rocky:9", "requested"},
		{bookworm, job.BaseAuto, "verbsmith/standin-rootfs:bookworm-", "example/debian:bookworm is not on the engine and cannot be pulled: its registry does not answer"},
		{bookworm, job.BaseRegistry, "example/debian:bookworm", "requested"},
	} {
		engine := &stagetest.Engine{Unreachable: errUnreachable}
		base, here, why, err := newBuilder(t, engine).BaseState(t.Context(), job.Job{Target: tt.target, Base: tt.mode})
		if err != nil || here || !strings.HasPrefix(why, tt.why) {
			t.Errorf("%s: %t because %q, %v", tt.target.Folder(), here, why, err)
		}
		if !strings.HasPrefix(base.Ref, tt.ref) || len(engine.Calls())+len(engine.Built()) > 0 {
			t.Errorf("%s: %+v after %q", tt.target.Folder(), base, engine.Calls())
		}
	}
}

// With -base=auto, what the registry said is the reason for the stand-in, in a few words.
func TestChooseBaseSaysWhy(t *testing.T) {
	pinned := rocky9
	pinned.Distro.Digest = "sha256:1"
	for _, tt := range []struct {
		target job.Target
		err    error
		own    bool
		why    string // or the error
	}{
		{rocky9, nil, false, "example/rocky:9 can be pulled"},
		{pinned, nil, false, "example/rocky@sha256:1 can be pulled"},
		{rocky9, &containers.PullError{Reason: containers.LoginMissing}, true, "cannot be pulled: its registry wants a login, or does not have it"},
		{rocky9, &containers.PullError{Reason: containers.WrongPlatform}, true, "cannot be pulled: it is not for the engine's machine"},
		{rocky9, errors.New("the engine is odd"), true, "cannot be pulled: the engine is odd"},
		{pinned, &containers.PullError{Ref: "p", Reason: containers.NoDigest}, false, "image p cannot be pulled: its registry does not have this digest"},
		{bookworm, &containers.PullError{Ref: "p", Reason: containers.NoDigest}, false, "image p cannot be pulled: its registry does not have this digest"},
	} {
		b := newBuilder(t, &stagetest.Engine{Unreachable: tt.err})
		own, why, err := b.ChooseBase(t.Context(), job.Job{Target: tt.target, Base: job.BaseAuto})
		if err != nil {
			why = err.Error()
		}
		if own != tt.own || !strings.HasSuffix(why, tt.why) || (err != nil) != strings.Contains(tt.why, "image p") {
			t.Errorf("%v: got %t, %q, %v", tt.err, own, why, err)
		}
	}
}

// The stand-in takes the place of an image that no registry is known to have. A limit, a wrong login and a bad hour of a named
// registry are errors, and so is all but a registry that does not answer for a pinned image.
func TestChooseBaseForEachRefusal(t *testing.T) {
	pinned := rocky9
	pinned.Distro.Digest = "sha256:1"
	for reason, want := range map[containers.PullReason]struct{ usual, mirrored, pinned bool }{
		containers.NoAnswer:      {true, true, true},
		containers.RateLimited:   {},
		containers.LoginRefused:  {},
		containers.OutOfOrder:    {usual: true},
		containers.Cut:           {usual: true},
		containers.Stalled:       {usual: true},
		containers.Damaged:       {usual: true},
		containers.NoTLS:         {usual: true, mirrored: true},
		containers.Untrusted:     {usual: true, mirrored: true},
		containers.LoginMissing:  {usual: true, mirrored: true},
		containers.NoTag:         {usual: true, mirrored: true},
		containers.WrongPlatform: {usual: true, mirrored: true},
		containers.Failed:        {usual: true, mirrored: true},
	} {
		for _, tt := range []struct {
			target job.Target
			mirror Mirror
			own    bool
		}{{bookworm, "", reason != containers.NoDigest}, {rocky9, "", want.usual}, {rocky9, "registry.example", want.mirrored}, {pinned, "", want.pinned}} {
			b := newBuilder(t, &stagetest.Engine{Unreachable: &containers.PullError{Ref: "p", Reason: reason, Err: errors.New("x")}})
			b.Mirror = tt.mirror
			own, why, err := b.ChooseBase(t.Context(), job.Job{Target: tt.target, Base: job.BaseAuto})
			if own != tt.own || own == (err != nil) {
				t.Errorf("%s, %q, %s: got %t, %q, %v", reason, tt.mirror, tt.target.Reference(), own, why, err)
			}
			if advice, ok := errors.AsType[*stage.AdviceError](err); err != nil && (!ok || !strings.Contains(advice.Advice(), "-base=standin")) {
				t.Errorf("%s: %v", reason, err)
			}
		}
	}
}

// A pinned image that the registry does not have is an error, with the command that pins another.
func TestPinnedImageThatIsGone(t *testing.T) {
	pinned := rocky9
	pinned.Distro.Digest = "sha256:1"
	for _, mode := range []job.BaseMode{job.BaseAuto, job.BaseRegistry} {
		for _, tt := range []struct {
			target job.Target
			want   string
		}{{pinned, "toolchain:pin -distro=rocky9"}, {bookworm, "specs/suites"}} {
			b := newBuilder(t, &stagetest.Engine{Unreachable: &containers.PullError{Reason: containers.NoDigest}})
			_, err := b.Base(t.Context(), job.Job{Target: tt.target, Base: mode})
			if advice, ok := errors.AsType[*stage.AdviceError](err); !ok || !strings.Contains(advice.Advice(), tt.want) {
				t.Errorf("%s, %s: got %v", mode, tt.target.Folder(), err)
			}
		}
	}
}

// A registry that does not answer is asked again only after ten minutes, and the answer holds for that image alone. Any other
// answer is asked for again: the user may have logged in.
func TestUnreachableRegistryIsRemembered(t *testing.T) {
	engine := &stagetest.Engine{Unreachable: errUnreachable}
	b := newBuilder(t, engine)
	asked := func(image string) error {
		_, err := b.registryDigest(t.Context(), engine, image)
		return err
	}
	if err := asked("a"); !errors.Is(err, errUnreachable) {
		t.Fatal(err)
	}
	engine.Unreachable = nil
	again, ok := errors.AsType[*containers.PullError](asked("a"))
	if !ok || again.Reason != containers.NoAnswer || again.Ref != "a" || again.Err.Error() != errUnreachable.Err.Error() {
		t.Errorf("the registry is asked again at once: %v", again)
	}
	if err := asked("b"); err != nil {
		t.Errorf("another image: %v", err)
	}
	memo, old := filepath.Join(b.CacheDir, stage.VolumeName("unreachable", "a")), time.Now().Add(-11*time.Minute)
	if err := os.Chtimes(memo, old, old); err != nil {
		t.Fatal(err)
	}
	if err := asked("a"); err != nil {
		t.Errorf("after eleven minutes: %v", err)
	}
	if _, err := os.Stat(memo); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still remembered: %v", err)
	}
	engine.Unreachable = &containers.PullError{Reason: containers.LoginMissing}
	if err := asked("a"); err == nil {
		t.Error("it needs no login")
	}
	if engine.Unreachable = nil; asked("a") != nil {
		t.Error("after a login it is not asked again")
	}
}

// forgetful is an engine on which no image is after its pull.
type forgetful struct{ *stagetest.Engine }

func (forgetful) Pull(context.Context, string, func(containers.PullProgress)) error { return nil }

// An image that is not here after its pull is no base: a run in it would fail for another reason.
func TestPullThatBringsNothing(t *testing.T) {
	b := newBuilder(t, nil)
	b.Engine = func(context.Context) (stage.Engine, error) { return forgetful{&stagetest.Engine{}}, nil }
	_, err := b.Base(t.Context(), job.Job{Target: rocky9, Base: job.BaseRegistry})
	if err == nil || !strings.Contains(err.Error(), "example/rocky:9") {
		t.Errorf("got %v", err)
	}
}

// What a user has interrupted says nothing of the registry.
func TestInterruptedQuestionIsNotRemembered(t *testing.T) {
	engine := &stagetest.Engine{Unreachable: errUnreachable}
	b := newBuilder(t, engine)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := b.registryDigest(ctx, engine, "a"); !errors.Is(err, errUnreachable) {
		t.Errorf("got %v", err)
	}
	engine.Unreachable = nil
	if _, err := b.registryDigest(t.Context(), engine, "a"); err != nil {
		t.Errorf("it is remembered: %v", err)
	}
}
