// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
)

func withRPMs(m artifact.Manifest, nevras ...string) artifact.Manifest {
	for _, nevra := range nevras {
		m.Files = append(m.Files, artifact.Output{Path: "RPMS/" + nevra + ".rpm", NEVRA: nevra})
	}
	return m
}

// The lock files name every package that can be installed, with its epoch.
func TestLocks(t *testing.T) {
	m := withRPMs(artifact.Manifest{Provider: "rib"},
		"rdma-core-56.1-1.el9.x86_64", "libibverbs-utils-1:56.1-1.el9.x86_64", "libibverbs-debuginfo-56.1-1.el9.x86_64", "rdma-core-56.1-1.el9.src")
	m.Files = append(m.Files, artifact.Output{Path: "SPECS/rdma-core.spec"})
	got := locks(m)
	advice := fmt.Sprintf(excludeAdvice, "--disableexcludes=main")
	if want := advice + "excludepkgs=libibverbs-utils,rdma-core\n"; got[artifact.ExcludeLock] != want {
		t.Errorf("got %s", got[artifact.ExcludeLock])
	}
	if want := versionAdvice + "libibverbs-utils-1:56.1-1.el9.*\nrdma-core-0:56.1-1.el9.*\n"; got[artifact.VersionLock] != want {
		t.Errorf("got %s", got[artifact.VersionLock])
	}
	fedora := locks(withRPMs(artifact.Manifest{Provider: "rib"}, "rdma-core-56.1-1.fc44.x86_64"))
	const entry = `
[[packages]]
name = "rdma-core"
[[packages.conditions]]
key = "evr"
comparator = "="
value = "0:56.1-1.fc44"
`
	if len(fedora) != 2 || fedora[artifact.FedorasLock] != fedorasAdvice+entry ||
		!strings.Contains(fedora[artifact.ExcludeLock], "dnf upgrade --setopt=disable_excludes=main ./*.rpm") {
		t.Errorf("got %s", fedora)
	}
	for name, m := range map[string]artifact.Manifest{
		"stock": {}, "an add-on": {Provider: "rib", Addon: &artifact.Addon{}}, "Debian's": {Provider: "rib", Suite: "bookworm"},
	} {
		if got := locks(m); len(got) > 0 {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// The lock files are outputs like others. Outputs that lack them are collected again.
func TestLocksAreCollected(t *testing.T) {
	top, name := t.TempDir(), "rocky9/rdma-core-56.1"
	pkgs := made(t, nil)
	rpmtest.Write(t, filepath.Join(pkgs.Dir, "RPMS", "noarch", "tiny-1-1.noarch.rpm"))
	m, err := collect(held(t, top), artifact.Manifest{Provider: "rib"}, artifact.Record{}, pkgs.Dir, name, nil)
	if err != nil || len(m.Files) != 4 || !locked(m) || !complete(filepath.Join(top, name), m) {
		t.Errorf("collected %+v, %v", m.Files, err)
	}
	text, err := os.ReadFile(filepath.Join(top, name, artifact.ExcludeLock))
	if err != nil || !strings.HasSuffix(string(text), "\nexcludepkgs=tiny\n") {
		t.Errorf("got %s, %v", text, err)
	}
	m.Files = m.Files[:1]
	if locked(m) {
		t.Errorf("%+v is called locked", m.Files)
	}
}

// An older or equal package of the distro replaces nothing.
func TestReplaced(t *testing.T) {
	m := withRPMs(artifact.Manifest{Provider: "rib"}, "rdma-core-56.1-1.el9.x86_64", "libibverbs-56.1-1.el9.x86_64")
	const newer = "the distro's libibverbs 57.0-2.el9 is newer than 56.1-1.el9 of these packages"
	for evr, want := range map[string]string{
		"": "", "0:48.0-1.el9": "", "0:56.1-1.el9": "", "0:56.1-0.9.el9": "", "0:57.0-2.el9": newer,
		"0:56.1-1.el9.1": "the distro's libibverbs 56.1-1.el9.1 is newer than 56.1-1.el9 of these packages",
		"1:48.0-1":       "the distro's libibverbs 1:48.0-1 is newer than 56.1-1.el9 of these packages",
	} {
		if got := Replaced(m, evr); got != want {
			t.Errorf("%s: got %q, want %q", evr, got, want)
		}
	}
	// The distro's own release with a suffix: until its next build.
	m = withRPMs(artifact.Manifest{Provider: "rib"}, "libibverbs-57.0-2.el9.rib1.x86_64")
	if Replaced(m, "0:57.0-2.el9") != "" || Replaced(m, "0:57.0-3.el9") == "" {
		t.Error("a suffix sorts between the distro's builds")
	}
	if Replaced(artifact.Manifest{}, "0:57.0-2.el9") != "" || ReleaseOf("0:57.0-2.el9") != "57.0" || ReleaseOf("1:48.0-1") != "48.0" {
		t.Error("no provider, or the release of a version")
	}
}
