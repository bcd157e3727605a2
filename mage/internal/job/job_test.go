// SPDX-License-Identifier: Apache-2.0

package job_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

func fly(dir string) job.Job {
	return job.Job{Provider: &provider.Provider{Dir: dir, Manifest: provider.Manifest{Name: "fly_2-x"}}}
}

func TestTargets(t *testing.T) {
	for _, tt := range []struct {
		target       job.Target
		name, folder string
	}{
		{job.RPM{Distro: specs.Distro{Name: "rocky9"}}, "rocky9", "rocky9"},
		{job.Deb{Suite: specs.Suite{Name: "bookworm"}}, "debian", "debian-bookworm"},
	} {
		if name, folder := tt.target.Name(), tt.target.Folder(); name != tt.name || folder != tt.folder {
			t.Errorf("got %s and %s, want %s and %s", name, folder, tt.name, tt.folder)
		}
		j := job.Job{Target: tt.target}
		if _, rpm := tt.target.(job.RPM); (j.Distro().Name != "") != rpm || (j.Suite().Name != "") == rpm {
			t.Errorf("%s has the distro %q and the suite %q", tt.name, j.Distro().Name, j.Suite().Name)
		}
	}
}

func TestSuffixes(t *testing.T) {
	asked, stock, ubuntu := fly(""), job.Job{}, fly("")
	asked.Suffix = ".x"
	ubuntu.Target = job.Deb{Suite: specs.Suite{Distribution: "ubuntu"}}
	for _, tt := range []struct{ what, got, want string }{
		{"of upstream's release", fly("").ReleaseSuffix(false), ""},
		{"of a source package", fly("").ReleaseSuffix(true), ".fly_2-x1"},
		{"of a source package without a provider", stock.ReleaseSuffix(true), ""},
		{"that is asked for", asked.ReleaseSuffix(true), ".x"},
		{"of Debian's packages", fly("").DebianSuffix(), "+by.fly.2.x1"},
		{"of Ubuntu's packages", ubuntu.DebianSuffix(), "by.fly.2.x1"},
		{"of Debian's packages that is asked for", asked.DebianSuffix(), ".x"},
	} {
		if tt.got != tt.want {
			t.Errorf("the suffix %s is %q, want %q", tt.what, tt.got, tt.want)
		}
	}
}

// A link to a directory is not a second provider.
func TestIdentityIsOfTheDirectory(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"a", "b"} {
		if err := os.Mkdir(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("a", filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	of := func(dir string) []string { return fly(filepath.Join(root, dir)).Identity() }
	if !slices.Equal(of("a"), of("link")) {
		t.Errorf("%q through a link is %q", of("a"), of("link"))
	}
	if slices.Equal(of("a"), of("b")) || slices.Equal(of("a"), job.Job{}.Identity()) {
		t.Error("two providers have one identity")
	}
}

// The names that follow from a job alone.
func TestNames(t *testing.T) {
	if got := []string{fly("").ProviderName(), job.Job{}.ProviderName(), fly("").PatchName()}; !slices.Equal(got,
		[]string{"fly_2-x", "stock", "rdma-core-fly_2-x.patch"}) {
		t.Errorf("got %q", got)
	}
	if got := job.BaseModes(); !slices.Equal(got, []string{"auto", "registry", "standin"}) {
		t.Errorf("the base modes are %q", got)
	}
}

// A target's image is pinned where specs/ has its digest.
func TestReferences(t *testing.T) {
	const digest = "sha256:0123"
	for want, target := range map[string]job.Target{
		"example/rocky:9":                 job.RPM{Distro: specs.Distro{Image: "example/rocky:9"}},
		"example/debian:trixie":           job.Deb{Suite: specs.Suite{Image: "example/debian:trixie"}},
		"example/rocky:9@" + digest:       job.RPM{Distro: specs.Distro{Image: "example/rocky:9", Digest: digest}},
		"example/debian:trixie@" + digest: job.Deb{Suite: specs.Suite{Image: "example/debian:trixie", Digest: digest}},
	} {
		if got := target.Reference(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// Without its provider a job still has what the provider's build requires.
func TestStockKeepsWhatTheBuildRequires(t *testing.T) {
	j := fly("")
	j.Provider.Manifest.BuildRequires.RPM = []string{"libfly-devel"}
	for range 2 { // once more changes nothing
		if j = j.Stock(); j.Provider != nil || !slices.Equal(j.Needs, []string{"libfly-devel"}) {
			t.Errorf("got %+v", j)
		}
	}
}

// The macros of a distro are those of its own EL, and not those of another.
func TestMacros(t *testing.T) {
	m := job.Job{Target: job.RPM{Distro: specs.Distro{EL: 9, Dist: ".el9", RPM: "4.16.1.3"}}}.Macros()
	for name, want := range map[string]string{"rhel": "9", "centos": "9", "el9": "1", "dist": ".el9", "_os": "linux"} {
		if got := m.Values[name]; got != want {
			t.Errorf("%%%s is %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"fedora", "suse_version", "el8", "el10"} {
		if _, set := m.Values[name]; set || !slices.Contains(m.Absent, name) {
			t.Errorf("%%%s is not absent", name)
		}
	}
	if slices.Contains(m.Absent, "el9") || string(m.RPM) != "4.16.1.3" || m.Arch == "" {
		t.Errorf("got %+v", m)
	}
	if m := (job.Job{Target: job.RPM{Distro: specs.Distro{EL: 9, RPM: "4.16.1.3"}}, Engine: specs.AArch64}).Macros(); m.Arch != "aarch64" {
		t.Errorf("on another engine the processor is %s", m.Arch)
	}
	m = job.Job{Target: job.RPM{Distro: specs.Distro{Fedora: 44, Dist: ".fc44", RPM: "6.0"}}}.Macros()
	for name, want := range map[string]string{"fedora": "44", "fc44": "1", "dist": ".fc44"} {
		if got := m.Values[name]; got != want || slices.Contains(m.Absent, name) {
			t.Errorf("Fedora: %%%s is %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"rhel", "centos", "el9", "eln"} {
		if _, set := m.Values[name]; set || !slices.Contains(m.Absent, name) {
			t.Errorf("Fedora: %%%s is not absent", name)
		}
	}
}
