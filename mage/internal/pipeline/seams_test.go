// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/lab"
	"github.com/resnics/verbsmith/mage/internal/stage"
)

// The exit status is the verdict, whatever was printed.
func TestVerdictIsTheExitStatus(t *testing.T) {
	broken := errors.New("no engine")
	for _, tt := range []struct {
		name string
		err  error
		pass bool
		want error
	}{
		{"exit 0", nil, true, nil},
		{"exit 1", &containers.RunError{Status: 1}, false, nil},
		{"exit 1, wrapped", fmt.Errorf("prove: %w", &containers.RunError{Status: 1}), false, nil},
		{"no exit", broken, false, broken},
	} {
		v := Verdict{Name: "listed", Pass: !tt.pass}
		if err := v.ended("noise\nevidence: rib0 is listed\n", tt.err); !errors.Is(err, tt.want) {
			t.Errorf("%s: got the error %v, want %v", tt.name, err, tt.want)
		}
		if v.Pass != tt.pass || v.Evidence != "rib0 is listed" {
			t.Errorf("%s: got %+v, want pass %t", tt.name, v, tt.pass)
		}
	}
}

// Whatever rpmbuild reads is in its key, by name and content.
func TestRPMKeyHasWhatIsRead(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.tar.gz", "a.patch", "a.spec", "helper"} {
		write(t, filepath.Join(dir, name), name)
	}
	j := providerIn("fly", dir)
	src := artifact.Source{Tarball: filepath.Join(dir, "a.tar.gz"), Epoch: time.Unix(1, 0), Package: &artifact.SourcePackage{
		Dir: dir, Tarball: "a.tar.gz", Spec: "a.spec", Files: []string{"a.tar.gz", "a.spec", "helper"},
	}}
	patch := artifact.Patch{File: filepath.Join(dir, "a.patch"), Name: "a.patch"}
	spec := artifact.Spec{File: filepath.Join(dir, "a.spec"), SourceFile: "a.tar.gz"}
	sum := func() string {
		key, err := rpmKey(rpmInputs(j, src, patch, spec), stage.Compiler{Image: "1"})
		if err != nil || key.Err() != nil {
			t.Fatal(err, key.Err())
		}
		return key.Sum()
	}
	seen := []string{sum()}
	for _, name := range []string{"a.tar.gz", "a.patch", "a.spec", "helper"} {
		write(t, filepath.Join(dir, name), name+" changed")
		if s := sum(); slices.Contains(seen, s) {
			t.Errorf("rpmbuild's key does not have %s", name)
		} else {
			seen = append(seen, s)
		}
	}
	spec.SourceFile = "b.tar.gz"
	if slices.Contains(seen, sum()) {
		t.Error("rpmbuild's key does not have the tarball's name")
	}
	if key, err := rpmKey(rpmInputs(job.Job{}, src, artifact.Patch{}, spec), stage.Compiler{}); err != nil || key.Err() != nil {
		t.Errorf("without a provider: %v, %v", err, key.Err())
	}
}

// Only what changed travels into the build's volume, and the list of all last.
func TestChangedFiles(t *testing.T) {
	files := func(texts ...string) []stage.File {
		var out []stage.File
		for i, text := range texts {
			file := filepath.Join(t.TempDir(), "f")
			write(t, file, text)
			out = append(out, stage.File{Name: fmt.Sprintf("f%d", i), Path: file, Mode: 0o644})
		}
		return append(out, stage.File{Name: "link", Link: "f0"})
	}
	names := func(old []byte, all []stage.File) (list []byte, names []string) {
		delta, err := changedFiles(old, all, "top")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range delta {
			names = append(names, f.Name)
			list = f.Data
		}
		return list, names
	}
	list, got := names(nil, files("a", "b"))
	if want := []string{"top/f0", "top/f1", "top/link", listFile}; !slices.Equal(got, want) {
		t.Errorf("an empty volume gets %q, want %q", got, want)
	}
	if _, got := names(list, files("a", "b")); len(got) != 0 {
		t.Errorf("a volume with all of it gets %q", got)
	}
	if _, got := names(list, files("a", "c")); !slices.Equal(got, []string{"top/f1", listFile}) {
		t.Errorf("after a change of f1 the volume gets %q", got)
	}
	if _, got := names(list, files("a")); !slices.Equal(got, []string{listFile}) {
		t.Errorf("after f1 has gone the volume gets %q", got)
	}
}

// A refresh builds what is here too, and takes nothing of what was built before.
func TestRefreshBuildsAnew(t *testing.T) {
	for _, tt := range []struct{ here, refresh, want bool }{
		{false, false, true}, {true, false, false}, {false, true, true}, {true, true, true},
	} {
		if got := needsBuild(tt.here, tt.refresh); got != tt.want {
			t.Errorf("here %t, refresh %t: built %t, want %t", tt.here, tt.refresh, got, tt.want)
		}
	}
	r := recipe{base: artifact.Base{ID: "sha256:base"}, name: artifact.SpecFile}
	for _, refresh := range []bool{false, true} {
		spec := r.buildSpec("tag", nil, nil, refresh)
		if spec.NoCache != refresh || spec.Args["BASE"] != "sha256:base" || spec.Tag != "tag" {
			t.Errorf("refresh %t: got %+v", refresh, spec)
		}
	}
}

// A guest that is late is stopped, with the reason; one that is not is left alone.
func TestWatchStopsASilentGuest(t *testing.T) {
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	tick, ended := make(chan time.Time), make(chan struct{})
	late := time.Unix(100, 0)
	go func() {
		defer close(ended)
		watch(ctx, tick, func(now time.Time) time.Duration { return now.Sub(late) }, stop)
	}()
	pass := func(at time.Time) {
		select {
		case tick <- at:
		case <-ended:
		}
	}
	pass(late.Add(-time.Second))
	pass(late) // taken only after the first one has been looked at
	if cause := context.Cause(ctx); cause != nil {
		t.Fatalf("stopped in time: %v", cause)
	}
	pass(late.Add(time.Second))
	<-ended
	if cause := context.Cause(ctx); !errors.Is(cause, errSilent) {
		t.Errorf("got %v, want %v", cause, errSilent)
	}
}

func TestWatchEndsWithTheRun(t *testing.T) {
	ctx, stop := context.WithCancelCause(t.Context())
	stop(os.ErrClosed)
	watch(ctx, nil, func(time.Time) time.Duration { return 1 }, func(error) { t.Error("stopped what has ended") })
}

// The module of the tree goes into the guest where it was made.
func TestGuestFilesHaveTheDebugModule(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "librib-rdmav34.so"), "module")
	has := func(bench Bench) bool {
		files, err := guestFiles(bench, lab.Plan{}, "init")
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(files, func(f stage.File) bool {
			return f.Name == lab.DebugFolder[1:]+"/librib-rdmav34.so" && f.Path == filepath.Join(dir, "librib-rdmav34.so")
		})
	}
	if !has(Bench{Debug: artifact.DebugModule{Dir: dir}}) {
		t.Error("the guest has no module of the tree")
	}
	if has(Bench{}) {
		t.Error("the guest has a module that was not made")
	}
}
