// SPDX-License-Identifier: Apache-2.0

package source

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/releasetest"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/specs"
)

// tarball writes the small release's, and returns its digest.
func tarball(t *testing.T) (file, sum string) {
	t.Helper()
	data := releasetest.Tarball(t, releasetest.Files())
	digest := sha256.Sum256([]byte(data))
	file = filepath.Join(t.TempDir(), "rdma-core-56.1.tar.gz")
	if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, hex.EncodeToString(digest[:])
}

// published are the releases, of which the sum of 56.1's tarball is known.
func published(sum string) *specs.Releases {
	return &specs.Releases{Releases: []specs.Release{{
		Version: "56.1", Origins: []specs.Origin{{Kind: specs.ReleaseAsset, File: "rdma-core-56.1.tar.gz", SHA256: sum}},
	}}}
}

func TestSourceOfATarball(t *testing.T) {
	file, sum := tarball(t)
	f, j := newFetcher(t), job.Job{Given: file}
	src, err := f.Source(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	if src.Version != "56.1" || src.Digest != sum || src.Package != nil || filepath.Base(src.Tree) != "rdma-core-56.1" || src.Trust != string(upstream.HowGiven) {
		t.Errorf("got %+v", src)
	}
	for name, want := range releasetest.Files() {
		if data, err := os.ReadFile(filepath.Join(src.Tree, filepath.FromSlash(name))); err != nil || string(data) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(src.Tarball); err != nil {
		t.Error(err)
	}
	other := filepath.Join(t.TempDir(), "rdma-core-56.1.tar.gz")
	if err := os.WriteFile(other, []byte(releasetest.Tarball(t, nil)), 0o600); err != nil {
		t.Fatal(err)
	}
	if another, err := f.Source(t.Context(), job.Job{Given: other}); err != nil || another.Tree == src.Tree {
		t.Errorf("another archive of the version has the same tree: %v", err)
	}
	ran := len(f.Ran())
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Source(t.Context(), j); err == nil || len(f.Ran()) != ran {
		t.Errorf("a file that is gone: %v, ran %v", err, f.Ran())
	}
}

// A given tarball that says which release it is has to be the one that was published.
func TestSourceIsThePublishedOne(t *testing.T) {
	file, sum := tarball(t)
	f := newFetcher(t)
	f.Releases = published(sum)
	src, err := f.Source(t.Context(), job.Job{Given: file})
	if err != nil || src.Trust != string(upstream.HowPinned) {
		t.Errorf("got %+v, %v", src, err)
	}
	f = newFetcher(t)
	f.Releases = published(strings.Repeat("0", len(sum)))
	if _, err := f.Source(t.Context(), job.Job{Given: file}); !errors.As(err, new(*upstream.SumError)) {
		t.Errorf("got %v", err)
	}
	if _, err := f.Source(t.Context(), job.Job{Given: file, Version: "57.0"}); !errors.As(err, new(*upstream.VersionError)) {
		t.Errorf("got %v", err)
	}
	if err := f.Resolve(t.Context(), job.Job{Given: file}, f.Begin("resolve")); err != nil {
		t.Errorf("it cannot be had: %v", err)
	}
	if err := f.Resolve(t.Context(), job.Job{Given: file + ".not"}, f.Begin("resolve")); err == nil {
		t.Error("a file that is not there can be had")
	}
}

func TestSourceOfAClone(t *testing.T) {
	clone := releasetest.Clone(t, releasetest.Files())
	src, err := newFetcher(t).Source(t.Context(), job.Job{Given: clone + "@v56.1"})
	if err != nil || src.Version != "56.1" || src.Tag != "v56.1" || len(src.Commit) != 40 {
		t.Errorf("got %+v, %v", src, err)
	}
}

// The tag is not in the archive: one that comes or goes is another source of the same commit.
func TestSourceOfAClonesTag(t *testing.T) {
	clone, f := releasetest.Clone(t, releasetest.Files()), newFetcher(t)
	for _, step := range []struct{ argv, want string }{{"tag -f v56.1", "v56.1"}, {"tag -d v56.1", ""}, {"tag v56.1", "v56.1"}} {
		git := exec.CommandContext(t.Context(), "git", strings.Fields(step.argv)...)
		git.Dir = clone
		if said, err := git.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v: %s", step.argv, err, said)
		}
		if src, err := f.Source(t.Context(), job.Job{Given: clone + "@HEAD"}); err != nil || src.Tag != step.want {
			t.Errorf("after git %s: got the tag %q, %v, want %q", step.argv, src.Tag, err, step.want)
		}
	}
}

// What the edits cannot see, and what is not upstream's, is said.
func TestPackageSourceWarns(t *testing.T) {
	_, sum := tarball(t)
	files := releasetest.PackageFiles(t)
	files["rdma-core.spec"] = strings.Replace(releasetest.PackageSpec, "%autosetup -p1\n", "%setup -q\nsed -i s/a/b/ README\n%autopatch -p1\n", 1)
	f, j := packageJob(t, releasetest.SourceRPM(t, "a.src.rpm", files))
	f.Releases = published(sum)
	var log bytes.Buffer
	f.Log = slog.New(slog.NewTextHandler(&log, nil))
	if _, err := f.Source(t.Context(), j); err == nil {
		for _, want := range []string{"a %prep command is not run before the edits", "sed -i s/a/b/ README", "not the one that upstream published"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("no warning %q in\n%s", want, &log)
			}
		}
	} else {
		t.Error(err)
	}
}

// A changelog whose newest entry is in another century dates nothing.
func TestPackageSourceWithAnImpossibleDate(t *testing.T) {
	files := releasetest.PackageFiles(t)
	files["rdma-core.spec"] = strings.Replace(releasetest.PackageSpec, "Mon Mar 04 2024", "Mon Mar 04 2124", 1)
	f, j := packageJob(t, releasetest.SourceRPM(t, "a.src.rpm", files))
	if _, err := f.Source(t.Context(), j); !errors.As(err, new(*FileError)) || !strings.Contains(err.Error(), "2124-03-04") {
		t.Errorf("got %v", err)
	}
}
