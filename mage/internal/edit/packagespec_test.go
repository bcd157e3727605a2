// SPDX-License-Identifier: Apache-2.0

package edit

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/releasetest"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/specs/rpmspec"
)

// packaged is the source that a distro's package of these files is.
func packaged(t *testing.T, files map[string]string) (artifact.Source, job.Job) {
	t.Helper()
	dir := t.TempDir()
	releasetest.Write(t, dir, files)
	tree := filepath.Join(dir, "rdma-core-56.1")
	releasetest.Write(t, tree, map[string]string{"README": "0\na\nB\nc\n"})
	pkg := &artifact.SourcePackage{
		Name: "rdma-core-56.1-3.el9", Spec: "rdma-core.spec", Tarball: "rdma-core-56.1.tar.gz", Dir: dir,
		Files: slices.Sorted(maps.Keys(files)), Patches: []string{"one.patch", "three.patch"},
	}
	src := artifact.Source{
		Tree: tree, Version: "56.1", Digest: files["rdma-core.spec"], Epoch: time.Date(2024, 3, 4, 12, 0, 0, 0, time.UTC), Package: pkg,
	}
	return src, job.Job{Target: rocky9, Provider: releasetest.Rib(t)}
}

func TestPackageSpec(t *testing.T) {
	src, j := packaged(t, releasetest.PackageFiles(t))
	e := &Editor{Runner: stagetest.NewRunner(t, nil)}
	spec, err := e.Spec(t.Context(), j, src)
	if err != nil {
		t.Fatal(err)
	}
	var added []string
	for line := range strings.SplitSeq(spec.Diff, "\n") {
		if strings.HasPrefix(line, "+") && !strings.HasPrefix(line, "+++") {
			added = append(added, line)
		}
	}
	want := []string{
		"+Release: 3%{?dist}.rib1", "+Patch10000: rdma-core-rib.patch", "+- librib: " + j.Provider.Manifest.Description,
		"+* Mon Mar 04 2024 " + j.Provider.Manifest.Maintainer.Name + " <" + j.Provider.Manifest.Maintainer.Email + "> - 56.1-3.rib1",
		"+- Add the rib provider", "+",
	}
	if !slices.Equal(added, want) || spec.SourceFile != "rdma-core-56.1.tar.gz" {
		t.Errorf("of %s, added\n%s", spec.SourceFile, strings.Join(added, "\n"))
	}
	j.Suffix = ".vendor.2"
	if spec, err := e.Spec(t.Context(), j, src); err != nil || !strings.Contains(spec.Diff, "+Release: 3%{?dist}.vendor.2") || !strings.Contains(spec.Diff, "- 56.1-3.vendor.2") {
		t.Errorf("with a suffix of the user's: %v\n%s", err, spec.Diff)
	}
	j.Suffix, j.Provider = "", nil
	if spec, err := e.Spec(t.Context(), j, src); err != nil || spec.Diff != "" {
		t.Errorf("without a provider: %v\n%s", err, spec.Diff)
	}
}

// TestPackageSpecRefuses has specs of which a provider's packages could not be built.
func TestPackageSpecRefuses(t *testing.T) {
	for _, tt := range []struct{ old, replacement, want string }{
		{"%{_libdir}/libibverbs/*.so", "%{_libdir}/libibverbs/libmlx5-rdmav34.so", "a line in %files that covers libibverbs/librib-rdmav34.so"},
		{"3%{?dist}", "%autorelease", "a Release that the spec itself sets"},
	} {
		files := releasetest.PackageFiles(t)
		files["rdma-core.spec"] = strings.Replace(files["rdma-core.spec"], tt.old, tt.replacement, 1)
		src, j := packaged(t, files)
		_, err := (&Editor{Runner: stagetest.NewRunner(t, nil)}).Spec(t.Context(), j, src)
		if err == nil || !strings.Contains(err.Error(), tt.want) || !errors.As(err, new(*rpmspec.PlaceError)) {
			t.Errorf("%s: got %v", tt.replacement, err)
		}
	}
}

func TestPackageWithTheProvider(t *testing.T) {
	files := releasetest.PackageFiles(t)
	files["rdma-core-rib.patch"] = files["three.patch"]
	src, j := packaged(t, files)
	e := &Editor{Runner: stagetest.NewRunner(t, nil)}
	var advice *stage.AdviceError
	if _, err := e.Integrate(t.Context(), j, src); !errors.As(err, &advice) || !strings.Contains(err.Error(), "has the provider's patch already") {
		t.Errorf("got %v", err)
	}
}

// TestPackageSpecByDistro wants the provider's patch to be applied once, whatever rpm
// takes for a list of patches.
func TestPackageSpecByDistro(t *testing.T) {
	files := releasetest.PackageFiles(t)
	files["rdma-core.spec"] = strings.Replace(releasetest.PackageSpec, "%autosetup -p1", "%setup -q\n%autopatch -p1 1", 1)
	for name, own := range map[string]bool{"rocky8": false, "rocky9": false, "rocky10": true} {
		distro, err := releasetest.Distros(t).Find(name)
		if err != nil {
			t.Fatal(err)
		}
		src, j := packaged(t, files)
		j.Target = job.RPM{Distro: distro}
		spec, err := (&Editor{Runner: stagetest.NewRunner(t, nil)}).Spec(t.Context(), j, src)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(spec.Diff, "+%patch -P 10000 -p1"); got != own {
			t.Errorf("%s: the spec's difference:\n%s", name, spec.Diff)
		}
	}
}
