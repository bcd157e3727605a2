// SPDX-License-Identifier: Apache-2.0

package source

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/patchset"
	"github.com/resnics/verbsmith/mage/internal/releasetest"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/specs"
	"github.com/resnics/verbsmith/specs/rpmspec"
)

// newFetcher knows no release.
func newFetcher(t *testing.T) *Fetcher {
	t.Helper()
	sums, err := specs.OpenSums(filepath.Join(t.TempDir(), "sums"))
	if err != nil {
		t.Fatal(err)
	}
	return &Fetcher{
		Runner: stagetest.NewRunner(t, nil), Releases: &specs.Releases{}, Sums: sums,
		Apt: func(*ui.Stage) upstream.AptSource { return nil },
	}
}

// packageJob is for the source package given.
func packageJob(t *testing.T, given string) (*Fetcher, job.Job) {
	t.Helper()
	distro, err := releasetest.Distros(t).Find("rocky9")
	if err != nil {
		t.Fatal(err)
	}
	return newFetcher(t), job.Job{Target: job.RPM{Distro: distro}, Given: given}
}

// distroSum is what the sums call releasetest.SourceRPM's package.
const distroSum = "srpm:rdma-core-56.1-3.el9@The%20Distro"

func TestPackageSource(t *testing.T) {
	file := releasetest.SourceRPM(t, "rdma-core-56.1-3.el9.src.rpm", releasetest.PackageFiles(t))
	f, j := packageJob(t, file)
	src, err := f.Source(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(src.Tree, "README"))
	if err != nil || string(readme) != "0\na\nB\nc\n" {
		t.Errorf("README is %q, %v: both patches for this distro, and no other", readme, err)
	}
	if st, err := os.Stat(filepath.Join(src.Tree, "new")); err != nil || st.Mode().Perm() != 0o755 {
		t.Errorf("new: %v, %v", st, err)
	}
	if src.Label() != "56.1-3.el9" || src.Version != "56.1" || src.Tag != "" || src.Trust != "first use" || filepath.Base(src.Tarball) != "rdma-core-56.1.tar.gz" {
		t.Errorf("got %+v", src)
	}
	if got := strings.Join(src.Package.Patches, " "); got != "one.patch three.patch" {
		t.Errorf("patches: %s", got)
	}
	if want := time.Date(2024, 3, 4, 12, 0, 0, 0, time.UTC); !src.Epoch.Equal(want) {
		t.Errorf("dated %v, want the changelog's %v", src.Epoch, want)
	}
	if sum, ok := f.Sums.Lookup("56.1", distroSum); !ok || sum != src.Digest {
		t.Errorf("recorded %q, %v", sum, ok)
	}
	// Once more nothing is unpacked, and the sum is known.
	ran := len(f.Ran())
	if src, err = f.Source(t.Context(), j); err != nil || src.Trust != "recorded" || len(f.Ran()) != ran {
		t.Errorf("a second time: %q, %v, ran %v", src.Trust, err, f.Ran())
	}
	// Another distro reads another state.
	other := j
	rocky10, err := releasetest.Distros(t).Find("rocky10")
	if err != nil {
		t.Fatal(err)
	}
	other.Target = job.RPM{Distro: rocky10}
	if o, err := f.Source(t.Context(), other); err != nil || o.StageKey() == src.StageKey() || o.Tree == src.Tree {
		t.Errorf("for another distro: %v, %s", err, o.Tree)
	}
	// A version that is asked for must be the package's.
	j.Version = "57.0"
	if _, err := f.Source(t.Context(), j); !errors.As(err, new(*upstream.VersionError)) {
		t.Errorf("another version: %v", err)
	}
}

func TestPackageSourceRefuses(t *testing.T) {
	with := func(change func(map[string]string)) map[string]string {
		files := releasetest.PackageFiles(t)
		change(files)
		return files
	}
	spec := func(old, replacement string) map[string]string {
		return with(func(f map[string]string) {
			f["rdma-core.spec"] = strings.Replace(f["rdma-core.spec"], old, replacement, 1)
		})
	}
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  string
		as    any
	}{
		{
			"hunk", with(func(f map[string]string) { f["one.patch"] = strings.Replace(f["one.patch"], " b\n", " z\n", 1) }),
			`rdma-core.spec:17: one.patch:3: README: hunk 1: patch does not apply: want "z\n" in line 2 or elsewhere, got "b\n"`, new(*patchset.HunkError),
		},
		{
			"climbing patch", with(func(f map[string]string) {
				f["one.patch"] = strings.ReplaceAll(f["one.patch"], "/README", "/../../README")
			}),
			`rdma-core.spec:17: one.patch: patch names "../../README"`, new(*PrepError),
		},
		{"no patch", with(func(f map[string]string) { f["one.patch"] = "text\n" }), "one.patch: it changes no file", new(*PrepError)},
		{"packed patch", with(func(f map[string]string) { f["one.patch"] = "\x1f\x8b..." }), "one.patch is compressed", new(*FileError)},
		{"patch missing", with(func(f map[string]string) { delete(f, "one.patch") }), "one.patch is applied in line 17 of its spec", new(*FileError)},
		{"tarball missing", with(func(f map[string]string) { delete(f, "rdma-core-56.1.tar.gz") }), "rdma-core-56.1.tar.gz is Source0 of its spec", new(*FileError)},
		{"tarball hostile", with(func(f map[string]string) {
			f["rdma-core-56.1.tar.gz"] = releasetest.Tarball(t, map[string]string{"../../evil": "x"})
		}), `entry "rdma-core-56.1/../../evil"`, new(*upstream.ArchiveError)},
		{"tarball of another kind", with(func(f map[string]string) { f["rdma-core-56.1.tar.gz"] = "junk" }), "is not a tar archive", new(*upstream.ArchiveError)},
		{"CRLF", with(func(f map[string]string) {
			f["rdma-core.spec"] = strings.Replace(f["rdma-core.spec"], "%prep\n", "%prep\r\n", 1)
		}), "rdma-core.spec:16: want lines that end in LF, got CRLF", new(*rpmspec.PlaceError)},
		{"large spec", with(func(f map[string]string) { f["rdma-core.spec"] += strings.Repeat("#", rpmspec.MostBytes) }), "a spec may have", new(*FileError)},
		{"not decided", spec("0%{?fedora}", "0%{?mystery}"), "rdma-core.spec:8: want this line outside conditionals", new(*rpmspec.PlaceError)},
		{"patches in a loop", spec("%autosetup -p1", "%autosetup -p1 -T -b 0\nfor i in %{patches}; do :; done"), "%patch, %autopatch or %autosetup", new(*rpmspec.PlaceError)},
		{"no prep", spec("%prep", "%build"), "a section %prep", new(*rpmspec.PlaceError)},
		{"open conditional", spec("%endif", ""), "an %endif", new(*rpmspec.PlaceError)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, j := packageJob(t, releasetest.SourceRPM(t, "a.src.rpm", tt.files))
			_, err := f.Source(t.Context(), j)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !errors.As(err, tt.as) {
				t.Fatalf("got %v (%T)\nwant %s", err, err, tt.want)
			}
			if _, ok := f.Sums.Lookup("56.1", distroSum); ok {
				t.Error("its sum was recorded")
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(f.CacheDir), "*", "stages", "v1", "source*", "*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestNotSourcePackage keeps a package's patches from being left out.
func TestNotSourcePackage(t *testing.T) {
	if err := NotSourcePackage(artifact.Source{}, "deb"); err != nil {
		t.Errorf("a release: %v", err)
	}
	var advice *stage.AdviceError
	err := NotSourcePackage(artifact.Source{Package: &artifact.SourcePackage{Name: "rdma-core-56.1-3.el9"}}, "deb")
	if !errors.As(err, &advice) || !strings.Contains(err.Error(), "deb: rdma-core-56.1-3.el9.src.rpm is a distro's source package") {
		t.Errorf("got %v", err)
	}
}
