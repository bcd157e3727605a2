// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/pkgfile"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
)

// What somebody who installs a package notices is a change; the same package has none.
func TestChangesOf(t *testing.T) {
	old := pkgfile.RPM{
		Name: "libibverbs", NEVRA: "libibverbs-56.0-1.el9.x86_64", Size: 10,
		Files: []pkgfile.File{
			{Path: "/usr/lib64/libibverbs.so.1", Link: "libibverbs.so.1.14.56.0"}, {Path: "/etc/old"}, {Path: "/usr/lib/.build-id/aa/bb"},
		},
		Provides: []string{"libibverbs", "libibverbs.so.1()(64bit)", "libibverbs.so.1(IBVERBS_1.13)(64bit)"},
		Requires: []string{"glibc", "libnl"}, Scripts: map[string]string{"post": "ldconfig\n"},
	}
	now := pkgfile.RPM{
		Name: "libibverbs", NEVRA: "libibverbs-2:56.1-1.el9.x86_64", Size: 12,
		Files: []pkgfile.File{
			{Path: "/usr/lib64/libibverbs.so.1", Link: "libibverbs.so.1.14.56.1"}, {Path: "/etc/rib.driver"}, {Path: "/usr/lib/.build-id/cc/dd"},
		},
		Provides: []string{"libibverbs", "libibverbs.so.1()(64bit)", "libibverbs.so.1(IBVERBS_1.14)(64bit)", "librib.so.1()(64bit)", "rib"},
		Requires: []string{"glibc"}, Scripts: map[string]string{"post": "ldconfig\nudevadm\n", "preun": "true\n"},
	}
	var got []string
	for _, c := range changesOf(old, now) {
		got = append(got, fmt.Sprintf("%s: %s > %s", c.What, c.Was, c.Is))
	}
	want := []string{
		"version: 56.0-1.el9 > 2:56.1-1.el9", "file: /etc/old > ", "file:  > /etc/rib.driver",
		"link: /usr/lib64/libibverbs.so.1 -> libibverbs.so.1.14.56.0 > /usr/lib64/libibverbs.so.1 -> libibverbs.so.1.14.56.1",
		"symbol version: libibverbs.so.1(IBVERBS_1.13)(64bit) > ", "symbol version:  > libibverbs.so.1(IBVERBS_1.14)(64bit)",
		"soname:  > librib.so.1()(64bit)", "provides:  > rib", "requires: libnl > ", "scriptlet: post (1 lines) > post (2 lines)",
		"scriptlet: preun (none) > preun (1 lines)", "size: 10 > 12",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if same := changesOf(now, now); len(same) != 0 {
		t.Errorf("the same: %v", same)
	}
	old.Name, now.Name = "rdma-core-debuginfo", "rdma-core-debuginfo"
	if of := changesOf(old, now); len(of) != 2 || of[0].What != "version" || of[1].What != "size" {
		t.Errorf("debugging data: %v", of)
	}
}

// Packages are found wherever they are below a directory; those of only one side are changes.
func TestAgainst(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	rpmtest.WriteNamed(t, filepath.Join(dir, "RPMS", "noarch", "a.noarch.rpm"), "a", "/etc/a")
	rpmtest.WriteNamed(t, filepath.Join(dir, "RPMS", "noarch", "b.noarch.rpm"), "b")
	rpmtest.WriteNamed(t, filepath.Join(other, "deep", "below", "a.noarch.rpm"), "a")
	rpmtest.WriteNamed(t, filepath.Join(other, "c.noarch.rpm"), "c")
	rpmtest.WriteNamed(t, filepath.Join(other, "d.src.rpm"), "d")
	mine := artifact.Dist{Dir: dir, Manifest: artifact.Manifest{Files: []artifact.Output{{Path: "RPMS/noarch/a.noarch.rpm"}, {Path: "RPMS/noarch/b.noarch.rpm"}}}}
	changes, err := Against(mine, other)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range changes {
		if c.What != "size" {
			got = append(got, c.Package+" "+c.What+" "+c.Was+" > "+c.Is)
		}
	}
	if want := []string{"a file  > /etc/a", "b package  > b-1-1.noarch", "c package c-1-1.noarch > "}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for place, want := range map[string]string{t.TempDir(): errNoRPMs.Error(), filepath.Join(dir, "none"): "no such file"} {
		if _, err := Against(mine, place); err == nil || !strings.Contains(err.Error(), "compare with "+place) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", place, err, want)
		}
	}
	broken := filepath.Join(other, "e.noarch.rpm")
	if err := os.WriteFile(broken, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Against(mine, other); err == nil || !strings.Contains(err.Error(), broken) {
		t.Errorf("a broken package: got %v", err)
	}
}
