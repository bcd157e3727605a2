// SPDX-License-Identifier: Apache-2.0

package pkgfile

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
)

func TestChangelogOfRPM(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.rpm")
	const day = 24 * 60 * 60
	rpmtest.Package{Name: "a", Changes: []rpmtest.Change{
		{Time: 19000*day + day/2, Author: "Flo <flo@host.example> - 56.1-2", Text: "- Add \x1b[31mfly\n- More\n"},
		{Time: 18999 * day, Author: "Ann <ann@host.example> - 56.1-1", Text: "- Update"},
		{Time: 18000 * day, Author: "Ann <ann@host.example> - 55.0-1", Text: "- Begin"},
	}}.Write(t, file)
	want := "* Sat Jan 08 2022 Flo <flo@host.example> - 56.1-2\n- Add [31mfly\n- More\n\n* Fri Jan 07 2022 Ann <ann@host.example> - 56.1-1\n- Update\n"
	if got, err := Changelog(file, 2); err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if got, err := Changelog(file, 9); err != nil || !strings.HasSuffix(got, "- Begin\n") {
		t.Errorf("all of it: got %q, %v", got, err)
	}
	rpmtest.Write(t, file)
	if got, err := Changelog(file, 9); err != nil || got != "" {
		t.Errorf("none: got %q, %v", got, err)
	}
}

// zipped is a compressed archive of files, each with its text, in this order.
func zipped(t *testing.T, files ...[2]string) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	archive := tar.NewWriter(zip)
	for _, f := range files {
		h := &tar.Header{Name: f[0], Size: int64(len(f[1])), Mode: 0o644, Typeflag: tar.TypeReg}
		if strings.HasSuffix(f[0], "/") {
			h.Typeflag = tar.TypeDir
		}
		if err := archive.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(f[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(archive.Close(), zip.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func written(t *testing.T, name string, data []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestChangelogOfDebianSource(t *testing.T) {
	entry := func(version string) string {
		return fmt.Sprintf("rdma-core (%s) unstable; urgency=medium\n\n  * A change.\n\n -- Ann <ann@host.example>  Mon, 01 Jan 2024 00:00:00 +0000\n", version)
	}
	text := entry("56.1-1+by.fly1") + "\n" + entry("56.1-1") + "\n" + entry("55.0-1")
	file := written(t, "rdma-core_56.1-1.debian.tar.gz", zipped(t, [2]string{"debian/", ""}, [2]string{"debian/changelog", text}))
	if got, err := Changelog(file, 2); err != nil || got != entry("56.1-1+by.fly1")+"\n"+entry("56.1-1") {
		t.Errorf("got %q, %v", got, err)
	}
	for name, data := range map[string][]byte{
		"no changelog": zipped(t, [2]string{"debian/control", ""}),
		"cut":          zipped(t, [2]string{"debian/changelog", text})[:60],
		"empty":        nil,
	} {
		file := written(t, "a.debian.tar.gz", data)
		if got, err := Changelog(file, 2); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	for name, want := range map[string]bool{"SRPMS/a.src.rpm": true, "a_1.debian.tar.xz": true, "a_1.orig.tar.gz": false, "a_1.dsc": false, "a.deb": false} {
		if HasChangelog(name) != want {
			t.Errorf("%s: got %t", name, !want)
		}
	}
}
