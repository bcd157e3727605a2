// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/skeleton"
	"github.com/resnics/verbsmith/specs"
)

// opened opens the app on this repository with a cache of its own.
func opened(t *testing.T, f Flags) *App {
	t.Helper()
	t.Setenv("VERBSMITH_CACHE", t.TempDir())
	t.Setenv("VERBSMITH_DIST", t.TempDir())
	a, err := open(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		a.ui.Close()
		if err := a.work.close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

//go:fix inline
func TestDefaults(t *testing.T) {
	j, err := opened(t, Flags{}).job(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if j.Target.Name() != "rocky9" || j.Version != "56.1" || j.Base != job.BaseAuto || j.Provider.Manifest.Name != "rib" {
		t.Errorf("got %s %s %s %s", j.Target.Name(), j.Version, j.Base, j.Provider.Manifest.Name)
	}
}

func TestFlags(t *testing.T) {
	j, err := opened(t, Flags{
		Distro: new("centos-stream10"), RDMA: new("v65.0"), Provider: new("none"), Base: new("standin"),
	}).job(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if j.Distro().EL != 10 || j.Version != "65.0" || j.Release.Tag != "v65.0" || j.Provider != nil || j.Base != job.BaseStandin {
		t.Errorf("got %+v", j)
	}
}

func TestUnknownReleaseWithSource(t *testing.T) {
	j, err := opened(t, Flags{RDMA: new("99.9"), Source: new("x.tar.gz")}).job(t.Context())
	if err != nil || j.Version != "99.9" || j.Release != nil {
		t.Errorf("got %s %v: %v", j.Version, j.Release, err)
	}
	j, err = opened(t, Flags{Source: new("x.tar.gz")}).job(t.Context())
	if err != nil || j.Version != "" {
		t.Errorf("a given source has version %q before it is read: %v", j.Version, err)
	}
}

func TestUnknownValuesListTheKnownOnesAllAtOnce(t *testing.T) {
	_, err := opened(t, Flags{
		Distro: new("x"), RDMA: new("x"), Provider: new("x"), Base: new("x"),
	}).job(t.Context())
	var kinds []string
	for _, e := range unwrap(err) {
		var unknown *specs.UnknownError
		if !errors.As(e, &unknown) || len(unknown.Known) < 2 {
			t.Errorf("got %v", e)
			continue
		}
		kinds = append(kinds, unknown.Kind)
	}
	if want := []string{"distro", "release", "provider", "base"}; !slices.Equal(kinds, want) {
		t.Errorf("got %v, want %v", kinds, want)
	}
}

func unwrap(err error) []error {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		return joined.Unwrap()
	}
	return []error{err}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 3 << 29: "1.5 GiB", 5 << 40: "5120.0 GiB"} {
		if got := size(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}

func TestLocateFindsTheProvidersFile(t *testing.T) {
	t.Chdir("../../..")
	outside := filepath.Join(t.TempDir(), "a b", "fly")
	files, err := skeleton.New(skeleton.Options{Name: "fly"})
	if err != nil {
		t.Fatal(err)
	}
	fly, err := skeleton.Write(t.Context(), outside, files)
	if err != nil {
		t.Fatal(err)
	}
	rib, err := provider.Load(t.Context(), "provider/rib")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		p          *provider.Provider
		file, want string
	}{
		{rib, "/builder/rpmbuild/BUILD/rdma-core-56.1/providers/rib/rib.c", "provider/rib/rib.c"},
		{rib, "../providers/rib/rib.c", "provider/rib/rib.c"},
		{rib, "providers/rib/rib.c", "provider/rib/rib.c"},
		{rib, "../kernel-headers/rdma/rib-abi.h", "provider/rib/rib-abi.h"},
		{rib, "../providers/mlx5/mlx5.c", "../providers/mlx5/mlx5.c"},
		{rib, "../libibverbs/init.c", "../libibverbs/init.c"},
		{rib, "../otherproviders/rib/rib.c", "../otherproviders/rib/rib.c"},
		{rib, "../providers/rib/no-such-file", "../providers/rib/no-such-file"},
		{fly, "/builder/src/rdma-core-56.1/providers/fly/fly.c", filepath.Join(outside, "fly.c")},
		{fly, "include/rdma/fly-abi.h", filepath.Join(outside, "fly-abi.h")},
		{fly, "../providers/rib/rib.c", "../providers/rib/rib.c"},
	} {
		var place providerPlace
		place.set(tt.p)
		if got := place.locate(tt.file); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.file, got, tt.want)
		}
	}
}
