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
	asked, stock := fly(""), job.Job{}
	asked.Suffix = ".x"
	for _, tt := range []struct{ what, got, want string }{
		{"of upstream's release", fly("").ReleaseSuffix(false), ""},
		{"of a source package", fly("").ReleaseSuffix(true), ".fly_2-x1"},
		{"of a source package without a provider", stock.ReleaseSuffix(true), ""},
		{"that is asked for", asked.ReleaseSuffix(true), ".x"},
		{"of Debian's packages", fly("").DebianSuffix(), "+by.fly.2.x1"},
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
