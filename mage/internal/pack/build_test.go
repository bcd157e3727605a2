// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"errors"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

// built builds the tree and is done with it.
func (b *bench) built(t *testing.T) artifact.Build {
	t.Helper()
	build, err := b.Build(t.Context(), b.job, b.tree, b.tc)
	if err != nil {
		t.Fatal(err)
	}
	build.Release()
	return build
}

// sent are the names of what has gone into the volume since the first n runs.
func (b *bench) sent(n int) []string {
	var names []string
	for _, run := range b.engine.Runs()[n:] {
		for name := range run.Files {
			if rel, ok := strings.CutPrefix(name, stage.TreeDir+"/"); ok && rel != "key" {
				names = append(names, rel)
			}
		}
	}
	slices.Sort(names)
	return names
}

// Only what changed travels into the build's volume, and the list of all.
func TestBuildSendsWhatChanged(t *testing.T) {
	b := newBench(t)
	for _, step := range []struct {
		what   string
		change func() error
		want   []string
	}{
		{"an empty volume", func() error { return os.Symlink("build.sh", filepath.Join(b.tree.Dir, "link")) }, []string{"files", "tree/build.sh", "tree/link"}},
		{"another toolchain", func() error { b.tc.ID = "sha256:others"; return nil }, []string{"files"}},
		{"a new file", func() error { return os.WriteFile(filepath.Join(b.tree.Dir, "new"), nil, 0o644) }, []string{"files", "tree/new"}},
		{"a changed file", func() error { return os.WriteFile(filepath.Join(b.tree.Dir, "build.sh"), []byte("x"), 0o600) }, []string{"files", "tree/build.sh"}},
		{"one that has gone", func() error { return os.Remove(filepath.Join(b.tree.Dir, "new")) }, []string{"files"}},
	} {
		if err := step.change(); err != nil {
			t.Fatal(err)
		}
		b.tree.Digest = step.what
		before := len(b.engine.Runs())
		b.built(t)
		if got := b.sent(before); !slices.Equal(got, step.want) {
			t.Errorf("%s: sent %q, want %q", step.what, got, step.want)
		}
	}
	for name, f := range b.engine.Runs()[0].Files {
		if strings.HasPrefix(name, stage.TreeDir) && f.Owner != stage.BuilderUID {
			t.Errorf("%s belongs to %d", name, f.Owner)
		}
	}
}

// A volume with the tree is not built again; one that has held another tree since is, though
// this one was built in it before.
func TestBuildKnowsItsVolume(t *testing.T) {
	b := newBench(t)
	for _, step := range []struct {
		tree string
		runs int
	}{{"a", 1}, {"a", 1}, {"b", 2}, {"a", 3}, {"a", 3}} {
		write(t, filepath.Join(b.tree.Dir, "build.sh"), step.tree)
		b.tree.Digest = step.tree
		if b.built(t); len(b.engine.Runs()) != step.runs {
			t.Fatalf("tree %s: built %d times, want %d", step.tree, len(b.engine.Runs()), step.runs)
		}
	}
}

// After a build that failed what was sent is there; after a transfer that broke nothing is
// taken for granted. Either way it is built again, and so is the tree of before.
func TestBuildAfterAFailure(t *testing.T) {
	broken := errors.New("the transfer broke")
	for what, tt := range map[string]struct {
		answer func(b *bench, run stagetest.Run) (containers.Result, error)
		want   []string
	}{
		"a failed build": {
			func(*bench, stagetest.Run) (containers.Result, error) { return containers.Result{ExitCode: 1}, nil },
			[]string{"files", "tree/build.sh"},
		},
		"a broken transfer": {
			func(b *bench, run stagetest.Run) (containers.Result, error) {
				b.engine.Put(run.Volumes[len(run.Volumes)-1].Name, path.Join(stage.TreeDir, listFile), "")
				return containers.Result{}, broken
			},
			[]string{"files", "tree/build.sh", "tree/other"},
		},
	} {
		b := newBench(t)
		write(t, filepath.Join(b.tree.Dir, "other"), "other")
		b.built(t)
		write(t, filepath.Join(b.tree.Dir, "build.sh"), "changed")
		b.tree.Digest = "changed"
		b.engine.Answer = func(run stagetest.Run) (containers.Result, error) { return tt.answer(b, run) }
		if _, err := b.Build(t.Context(), b.job, b.tree, b.tc); err == nil {
			t.Fatalf("%s: the build succeeded", what)
		}
		write(t, filepath.Join(b.tree.Dir, "build.sh"), "tree/build.sh")
		b.tree.Digest, b.engine.Answer = "t", nil
		b.built(t)
		if got := b.sent(2); !slices.Equal(got, tt.want) {
			t.Errorf("after %s %q is sent, want %q", what, got, tt.want)
		}
	}
}

// The list of files is empty until all files have arrived.
func TestListTravelsFirstAndLast(t *testing.T) {
	b := newBench(t)
	in := buildInput{Tree: b.tree}
	files, err := in.Missing(func(string) ([]byte, error) { return nil, nil })
	if err != nil || len(files) != 3 {
		t.Fatalf("got %+v, %v", files, err)
	}
	if first, last := files[0], files[2]; first.Name != listFile || len(first.Data) > 0 || last.Name != listFile || len(last.Data) == 0 {
		t.Errorf("first %+v, last %+v", first, last)
	}
}
