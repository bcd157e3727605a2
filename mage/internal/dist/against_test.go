// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/pkgfile"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/debtest"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
	"github.com/resnics/verbsmith/mage/internal/pkgrepo"
)

// What somebody who installs a package notices is a change; the same package has none.
func TestChangesOf(t *testing.T) {
	old := pkgfile.RPM{
		Name: "libibverbs", Version: "56.0", Release: "1.el9", Installed: 10,
		Files: []pkgfile.File{
			{Path: "/usr/lib64/libibverbs.so.1", Link: "libibverbs.so.1.14.56.0"}, {Path: "/etc/old"}, {Path: "/usr/lib/.build-id/aa/bb"},
		},
		Provides: []string{"libibverbs", "libibverbs.so.1()(64bit)", "libibverbs.so.1(IBVERBS_1.13)(64bit)"},
		Requires: []string{"glibc", "libnl", "rdma-core = 56.0-1.el9", "kernel >= 5"}, Scripts: map[string]string{"post": "ldconfig\n"},
	}
	now := pkgfile.RPM{
		Name: "libibverbs", Epoch: "2", Version: "56.1", Release: "1.el9", Installed: 12,
		Files: []pkgfile.File{
			{Path: "/usr/lib64/libibverbs.so.1", Link: "libibverbs.so.1.14.56.1"}, {Path: "/etc/rib.driver"}, {Path: "/usr/lib/.build-id/cc/dd"},
		},
		Provides: []string{"libibverbs", "libibverbs.so.1()(64bit)", "libibverbs.so.1(IBVERBS_1.14)(64bit)", "librib.so.1()(64bit)", "rib"},
		Requires: []string{"glibc", "rdma-core = 2:56.1-1.el9", "kernel >= 6"}, Scripts: map[string]string{"post": "ldconfig\nudevadm\n", "preun": "true\n"},
	}
	var got []string
	for _, c := range rpms().changesOf(contentsOf(old), contentsOf(now)) {
		got = append(got, fmt.Sprintf("%s: %s > %s", c.What, c.Was, c.Is))
	}
	want := []string{
		"version: 56.0-1.el9 > 2:56.1-1.el9", "file: /etc/old > ", "file:  > /etc/rib.driver",
		"link: /usr/lib64/libibverbs.so.1 -> libibverbs.so.1.14.56.0 > /usr/lib64/libibverbs.so.1 -> libibverbs.so.1.14.56.1",
		"soname:  > librib.so.1()(64bit)",
		"symbol version: libibverbs.so.1(IBVERBS_1.13)(64bit) > ", "symbol version:  > libibverbs.so.1(IBVERBS_1.14)(64bit)", "provides:  > rib", "requires: kernel >= 5 > ", "requires: libnl > ", "requires:  > kernel >= 6", "scriptlet: post (1 lines) > post (2 lines)",
		"scriptlet: preun (none) > preun (1 lines)", "size: 10 > 12",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if same := rpms().changesOf(contentsOf(now), contentsOf(now)); len(same) != 0 {
		t.Errorf("the same: %v", same)
	}
	old.Name, now.Name = "rdma-core-debuginfo", "rdma-core-debuginfo"
	if of := rpms().changesOf(contentsOf(old), contentsOf(now)); len(of) != 2 || of[0].What != "version" || of[1].What != "size" {
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
	changes, err := Against(t.Context(), mine, other)
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
	for place, want := range map[string]string{t.TempDir(): errEmpty.Error(), filepath.Join(dir, "none"): "no such file"} {
		if _, err := Against(t.Context(), mine, place); err == nil || !strings.Contains(err.Error(), "compare with "+place) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", place, err, want)
		}
	}
	broken := filepath.Join(other, "e.noarch.rpm")
	if err := os.WriteFile(broken, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Against(t.Context(), mine, other); err == nil || !strings.Contains(err.Error(), broken) {
		t.Errorf("a broken package: got %v", err)
	}
}

// A list may not say what the files of a package take.
func TestSizeThatIsNotKnown(t *testing.T) {
	sized := func(n int64) contents { return contents{head: pkgrepo.Package{Name: "a", Installed: n}} }
	for _, tt := range []struct {
		was, is int64
		changes int
	}{{5, 7, 1}, {5, 5, 0}, {0, 7, 0}, {5, 0, 0}} {
		if got := debs().changesOf(sized(tt.was), sized(tt.is)); len(got) != tt.changes {
			t.Errorf("%d and %d: got %v", tt.was, tt.is, got)
		}
	}
}

// repository is a repository of RPMs with the packages of a directory.
func repository(t *testing.T, dir string) {
	t.Helper()
	var list strings.Builder
	list.WriteString("<metadata>")
	files, err := filepath.Glob(filepath.Join(dir, "*.rpm"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(filepath.Base(file), ".")
		fmt.Fprintf(&list, "<package><name>%s</name><arch>noarch</arch><version epoch='0' ver='1' rel='1'/><checksum type='sha256'>%x</checksum>"+
			"<size package='%d' installed='7'/><location href='%s'/><format><sourcerpm>tiny-1-1.src.rpm</sourcerpm></format></package>",
			name, sha256.Sum256(data), len(data), filepath.Base(file))
	}
	list.WriteString("</metadata>")
	write(t, filepath.Join(dir, "repodata", "primary.xml"), list.String())
	write(t, filepath.Join(dir, "repodata", "repomd.xml"), fmt.Sprintf(
		"<repomd><data type='primary'><checksum type='sha256'>%x</checksum><location href='repodata/primary.xml'/></data></repomd>",
		sha256.Sum256([]byte(list.String()))))
}

// Of a repository, the packages with the names of these are fetched, and no others. Its other packages of the same source are gone.
func TestAgainstRepository(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", t.TempDir())
	rpmtest.WriteNamed(t, filepath.Join(dir, "RPMS", "a.noarch.rpm"), "a", "/etc/a")
	rpmtest.WriteNamed(t, filepath.Join(dir, "RPMS", "a-debuginfo.noarch.rpm"), "a-debuginfo", "/usr/lib/debug/a")
	mine := artifact.Dist{Dir: dir, Manifest: artifact.Manifest{Files: []artifact.Output{{Path: "RPMS/a.noarch.rpm"}, {Path: "RPMS/a-debuginfo.noarch.rpm"}}}}
	for _, name := range []string{"a", "a-debuginfo", "c"} {
		rpmtest.WriteNamed(t, filepath.Join(other, name+".noarch.rpm"), name)
	}
	repository(t, other)
	var asked []string
	files := http.FileServer(http.Dir(other))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	changes, err := Against(t.Context(), mine, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range changes {
		got = append(got, c.Package+" "+c.What)
	}
	if want := []string{"a file", "a-debuginfo size", "c package"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if want := []string{"/repodata/repomd.xml", "/repodata/primary.xml", "/a.noarch.rpm"}; !slices.Equal(asked, want) {
		t.Errorf("asked for %q, want %q", asked, want)
	}

	// A package that is not the listed one is no package of the repository.
	write(t, filepath.Join(other, "a.noarch.rpm"), strings.Repeat("x", 100))
	secret := strings.Replace(server.URL, "http://", "http://me:secret@", 1)
	if _, err := Against(t.Context(), mine, secret); err == nil || !strings.Contains(err.Error(), "want the SHA-256") || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "verbsmith-inspect-*")); err != nil || len(left) > 0 {
		t.Errorf("%q is left, %v", left, err)
	}
}

// A place with other packages, with none of these, with too many or with a link in a circle is refused.
func TestAgainstRefuses(t *testing.T) {
	dir := t.TempDir()
	rpmtest.WriteNamed(t, filepath.Join(dir, "a.noarch.rpm"), "a")
	mine := artifact.Dist{Dir: dir, Manifest: artifact.Manifest{Files: []artifact.Output{{Path: "a.noarch.rpm"}}}}
	places := map[string]string{}
	for _, name := range []string{"debs", "others", "pipe", "many"} {
		places[name] = t.TempDir()
	}
	write(t, filepath.Join(places["debs"], "a_1_all.deb"), "x")
	rpmtest.WriteNamed(t, filepath.Join(places["others"], "b.noarch.rpm"), "b")
	if err := syscall.Mkfifo(filepath.Join(places["pipe"], "a.rpm"), 0o600); err != nil {
		t.Fatal(err)
	}
	one := filepath.Join(places["many"], "0.rpm")
	rpmtest.WriteNamed(t, one, "a")
	for i := range mostPackages {
		if err := os.Link(one, filepath.Join(places["many"], fmt.Sprint(i+1, ".rpm"))); err != nil {
			t.Fatal(err)
		}
	}
	places["circle"] = filepath.Join(t.TempDir(), "circle")
	if err := os.Symlink(places["circle"], places["circle"]); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"debs": "want RPMs, it has Debian packages", "others": errUnshared.Error(), "pipe": "want a regular file", "many": "more than 4096 packages",
		"circle": "too many links",
	} {
		if _, err := Against(t.Context(), mine, places[name]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", name, err, want)
		}
	}

	// A link to a directory is that directory, and a link in it back to itself is not followed.
	place := filepath.Join(t.TempDir(), "place")
	if err := errors.Join(os.Symlink(dir, place), os.Symlink(dir, filepath.Join(dir, "loop"))); err != nil {
		t.Fatal(err)
	}
	if changes, err := Against(t.Context(), mine, place); err != nil || len(changes) > 0 {
		t.Errorf("got %v, %v", changes, err)
	}
}

// Debian packages are compared by what they say and by what is in them; RPMs in their place are refused.
func TestAgainstDebs(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	old := debtest.Deb{
		Name: "libtiny1", Version: "1-1", Scripts: map[string]string{"postinst": "a\n"},
		Fields: "Source: tiny\nInstalled-Size: 4\nDepends: libc6, libnl, rdma-core (= 1-1), a (>= 1-1)\n",
		Files:  map[string]string{"usr/bin/tiny": "x", "usr/lib/libtiny.so": "->libtiny.so.1.0"},
	}
	gone := debtest.Deb{Name: "libtiny0", Version: "1-1", Fields: "Source: tiny\n"}
	foreign := debtest.Deb{Name: "foreign", Version: "1-1"}
	older := old
	older.Version = "1-1~rc1"
	for name, d := range map[string]debtest.Deb{"libtiny1_1.deb": old, "deep/libtiny1_0.deb": older, "libtiny0_1.deb": gone, "foreign.deb": foreign} {
		debtest.Write(t, filepath.Join(other, name), d)
	}
	library, err := os.ReadFile("../pkgfile/testdata/libtiny.so.1")
	if err != nil {
		t.Fatal(err)
	}
	now := old
	now.Version, now.Fields = "2-1", "Source: tiny\nInstalled-Size: 5\nDepends: libc6, rdma-core (= 2-1), a (>= 2-1)\nProvides: tiny\n"
	now.Scripts = map[string]string{"postinst": "a\n", "prerm": "b\nc\n"}
	now.Files = map[string]string{"usr/lib/libtiny.so": "->libtiny.so.1.1", "usr/lib/libtiny.so.1.1": string(library)}
	debtest.Write(t, filepath.Join(dir, "libtiny1_2.deb"), now)
	debtest.Write(t, filepath.Join(dir, "libtiny1-dbgsym_2.deb"), debtest.Deb{Name: "libtiny1-dbgsym", Version: "2-1"})
	mine := artifact.Dist{Dir: dir, Manifest: artifact.Manifest{Suite: "bookworm", Files: []artifact.Output{
		{Path: "libtiny1_2.deb"}, {Path: "libtiny1-dbgsym_2.deb"}, {Path: "tiny.dsc"},
	}}}
	changes, err := Against(t.Context(), mine, other)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range changes {
		got = append(got, fmt.Sprintf("%s %s: %s > %s", c.Package, c.What, c.Was, c.Is))
	}
	want := []string{
		"libtiny1 version: 1-1 > 2-1", "libtiny1 file: /usr/bin/tiny > ", "libtiny1 file:  > /usr/lib/libtiny.so.1.1",
		"libtiny1 link: /usr/lib/libtiny.so -> libtiny.so.1.0 > /usr/lib/libtiny.so -> libtiny.so.1.1", "libtiny1 soname:  > libtiny.so.1",
		"libtiny1 symbol version:  > libtiny.so.1(TINY_1.0)", "libtiny1 symbol version:  > libtiny.so.1(TINY_1.1)",
		"libtiny1 symbol version:  > libtiny.so.1(TINY_PRIVATE)", "libtiny1 symbol:  > libtiny.so.1: tiny_close@TINY_1.1",
		"libtiny1 symbol:  > libtiny.so.1: tiny_open@TINY_1.0", "libtiny1 symbol:  > libtiny.so.1: tiny_private@TINY_PRIVATE",
		"libtiny1 provides:  > tiny", "libtiny1 requires: a (>= 1-1) > ", "libtiny1 requires: libnl > ", "libtiny1 requires:  > a (>= 2-1)", "libtiny1 scriptlet: prerm (none) > prerm (2 lines)",
		"libtiny1 size: 4096 > 5120",
		"libtiny1-dbgsym package:  > libtiny1-dbgsym_2-1_amd64", "libtiny0 package: libtiny0_1-1_amd64 > ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	rpms := t.TempDir()
	rpmtest.WriteNamed(t, filepath.Join(rpms, "a.noarch.rpm"), "a")
	if _, err := Against(t.Context(), mine, rpms); err == nil || !strings.Contains(err.Error(), "want Debian packages, it has RPMs") {
		t.Errorf("got %v", err)
	}
}
