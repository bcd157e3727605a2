// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/provider"
)

// TestAddonMissing: dnf has to name the private ABI where that differs, else the
// end of the releases that is passed.
func TestAddonMissing(t *testing.T) {
	a := artifact.Addon{PrivateABI: 34, From: "45.0", Below: "57.0"}
	for _, tt := range []struct {
		release string
		private int
		want    string
	}{
		{"65.0", 65, "IBVERBS_PRIVATE_34"},
		{"44.0", 34, ">= 45.0"},
		{"57.0", 34, "< 57.0"},
	} {
		if got := missing(a, artifact.Manifest{Release: tt.release, PrivateABI: tt.private}); got != tt.want {
			t.Errorf("beside %s: %q, want %q", tt.release, got, tt.want)
		}
	}
}

// collected is a folder in dist with a manifest and the file that it names.
func collected(t *testing.T, dir string, m artifact.Manifest) {
	t.Helper()
	write(t, filepath.Join(dir, "RPMS/a.rpm"), "x")
	m.Files = []artifact.Output{{Path: "RPMS/a.rpm", Size: 1, SHA256: "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}}
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, manifestFile), string(data))
}

func TestOtherAddons(t *testing.T) {
	p := &Pipeline{DistDir: t.TempDir()}
	base := artifact.Base{Folder: "rocky9"}
	j := job.Job{Provider: &provider.Provider{Manifest: provider.Manifest{Name: "rib"}}}
	for version, a := range map[string]*artifact.Addon{
		"56.1": {From: "56.0", Below: "57.0"},
		"65.0": {From: "65.0", Below: "66.0"},
	} {
		collected(t, p.AddonFolder(j, base, version), artifact.Manifest{Release: version, Provider: "rib", Addon: a})
	}
	collected(t, p.DistFolder(j, base, "64.0"), artifact.Manifest{Release: "64.0", Provider: "rib"})
	write(t, filepath.Join(p.DistDir, "rocky9/rdma-core-1.0.addon-rib/README"), "no manifest")
	others, err := p.OtherAddons(j, base, "56.4")
	if err != nil || len(others) != 1 || others[0].Manifest.Release != "65.0" {
		t.Errorf("got %v, %v", others, err)
	}
}

func TestGivenStock(t *testing.T) {
	dir := t.TempDir()
	collected(t, filepath.Join(dir, "stock"), artifact.Manifest{Release: "56.1"})
	collected(t, filepath.Join(dir, "patched"), artifact.Manifest{Release: "56.1", Provider: "rib"})
	if dist, err := GivenStock(filepath.Join(dir, "stock")); err != nil || dist.Manifest.Release != "56.1" {
		t.Errorf("got %v, %v", dist, err)
	}
	if _, err := GivenStock(filepath.Join(dir, "patched")); !errors.Is(err, errNotStock) {
		t.Errorf("packages with the provider inside: %v", err)
	}
	if _, err := GivenStock(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}
