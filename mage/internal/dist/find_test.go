// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

// collected is a directory in dist with a manifest and the file that it names, RPMS/a.rpm by default.
func collected(t *testing.T, dir string, m artifact.Manifest, file ...string) {
	t.Helper()
	name := append(file, "RPMS/a.rpm")[0]
	write(t, filepath.Join(dir, name), "x")
	m.Files = []artifact.Output{{Path: name, Size: 1, SHA256: "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}}
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, manifestFile), string(data))
}

func TestOtherAddons(t *testing.T) {
	c := &Collector{Dir: t.TempDir()}
	base := artifact.Base{Folder: "rocky9"}
	j := job.Job{Provider: &provider.Provider{Manifest: provider.Manifest{Name: "rib"}}}
	for version, a := range map[string]*artifact.Addon{
		"56.1": {From: "56.0", Below: "57.0"},
		"65.0": {From: "65.0", Below: "66.0"},
	} {
		collected(t, c.AddonFolder(j, base, version), artifact.Manifest{Release: version, Provider: "rib", Addon: a})
	}
	collected(t, c.Folder(j, base, "64.0"), artifact.Manifest{Release: "64.0", Provider: "rib"})
	write(t, filepath.Join(c.Dir, "rocky9/rdma-core-1.0.addon-rib/README"), "no manifest")
	others, err := c.OtherAddons(j, base, "56.4")
	if err != nil || len(others) != 1 || others[0].Manifest.Release != "65.0" {
		t.Errorf("got %v, %v", others, err)
	}
}

func TestGivenStock(t *testing.T) {
	dir := t.TempDir()
	collected(t, filepath.Join(dir, "stock"), artifact.Manifest{Release: "56.1"})
	collected(t, filepath.Join(dir, "patched"), artifact.Manifest{Release: "56.1", Provider: "rib"})
	if dist, err := GivenStock(filepath.Join(dir, "stock"), job.Job{Engine: specs.X8664}); err != nil || dist.Manifest.Release != "56.1" {
		t.Errorf("got %v, %v", dist, err)
	}
	if _, err := GivenStock(filepath.Join(dir, "stock"), job.Job{Engine: specs.AArch64}); err == nil || !strings.Contains(err.Error(), "want packages for aarch64, got packages for x86_64") {
		t.Errorf("packages for another processor: %v", err)
	}
	if _, err := GivenStock(filepath.Join(dir, "patched"), job.Job{}); !errors.Is(err, errNotStock) {
		t.Errorf("packages with the provider inside: %v", err)
	}
	if _, err := GivenStock(filepath.Join(dir, "none"), job.Job{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
}

func TestBesideAddon(t *testing.T) {
	dir := t.TempDir()
	collected(t, filepath.Join(dir, "addon"), artifact.Manifest{Release: "56.0", Provider: "rib", Addon: &artifact.Addon{From: "56.0", Below: "57.0"}})
	collected(t, filepath.Join(dir, "a-patched"), artifact.Manifest{Release: "56.1", Provider: "rib"})
	collected(t, filepath.Join(dir, "b-newer"), artifact.Manifest{Release: "57.0"})
	collected(t, filepath.Join(dir, "b-other"), artifact.Manifest{Release: "56.1", Cross: "aarch64"})
	for _, tt := range []struct{ add, of, want string }{
		{"", "addon", ""},
		{"c-stock", "addon", filepath.Join(dir, "c-stock")},
		{"", "a-patched", ""},
	} {
		if tt.add != "" {
			collected(t, filepath.Join(dir, tt.add), artifact.Manifest{Release: "56.1"})
		}
		if got, err := BesideAddon(filepath.Join(dir, tt.of)); err != nil || got != tt.want {
			t.Errorf("%s with %q: got %q, %v, want %q", tt.of, tt.add, got, err, tt.want)
		}
	}
}

// The stock packages of a job are those without its provider.
func TestStock(t *testing.T) {
	c, base, j := &Collector{Dir: t.TempDir()}, artifact.Base{Folder: "rocky9"}, withProvider("rib")
	collected(t, c.Folder(j, base, "56.1"), artifact.Manifest{Release: "56.1", Provider: "rib"})
	if stock, err := c.Stock(j, base, "56.1"); stock != nil || err != nil {
		t.Errorf("there are none, and we got %+v, %v", stock, err)
	}
	collected(t, c.Folder(job.Job{}, base, "56.1"), artifact.Manifest{Release: "56.1"})
	stock, err := c.Stock(j, base, "56.1")
	if err != nil || stock == nil || stock.Manifest.Provider != "" || stock.Dir != c.Folder(job.Job{}, base, "56.1") {
		t.Errorf("got %+v, %v", stock, err)
	}
	write(t, filepath.Join(stock.Dir, manifestFile), "{")
	if _, err := c.Stock(j, base, "56.1"); err == nil {
		t.Error("a manifest that cannot be read is taken for none")
	}
}
