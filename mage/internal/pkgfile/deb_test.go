// SPDX-License-Identifier: Apache-2.0

package pkgfile_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/pkgfile"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/debtest"
)

// tiny is a package with a library, which has two versions of its own and a private one.
func tiny(t *testing.T) (string, debtest.Deb) {
	t.Helper()
	library, err := os.ReadFile(filepath.Join("testdata", "libtiny.so.1"))
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(t.TempDir(), "libtiny1_2-1_amd64.deb"), debtest.Deb{
		Name: "libtiny1", Version: "1:2-1",
		Fields:  "Source: tiny (2-1)\nPre-Depends: dpkg\nDepends: libc6 (>= 2.36),\n  adduser\nProvides: libtiny\n",
		Scripts: map[string]string{"postinst": "#!/bin/sh\n", "triggers": "activate-noawait ldconfig\n", "md5sums": "no script"},
		Files: map[string]string{
			"usr/lib/x86_64-linux-gnu/libtiny.so.1.0": string(library), "usr/lib/x86_64-linux-gnu/libtiny.so.1": "->libtiny.so.1.0",
			"usr/lib/x86_64-linux-gnu/modules/libtiny.so": string(library), "usr/lib/x86_64-linux-gnu/libscript.so": "INPUT(libtiny.so.1)",
		},
	}
}

func TestReadDeb(t *testing.T) {
	file, deb := tiny(t)
	debtest.Write(t, file, deb)
	got, err := pkgfile.ReadDeb(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	const lib = "/usr/lib/x86_64-linux-gnu/"
	want := pkgfile.Deb{
		Name: "libtiny1", Version: "1:2-1", Arch: "amd64", Source: "tiny (2-1)", Provides: []string{"libtiny"},
		Depends: []string{"adduser", "dpkg", "libc6 (>= 2.36)"}, Size: info.Size(),
		Scripts: map[string]string{"postinst": "#!/bin/sh\n", "triggers": "activate-noawait ldconfig\n"},
		Files: []pkgfile.File{
			{Path: lib + "libscript.so"}, {Path: lib + "libtiny.so.1", Link: "libtiny.so.1.0"}, {Path: lib + "libtiny.so.1.0"}, {Path: lib + "modules/libtiny.so"},
		},
		Libraries: []pkgfile.Library{{
			Soname: "libtiny.so.1", Versions: []string{"TINY_1.0", "TINY_1.1", "TINY_PRIVATE"},
			Symbols: []string{"tiny_close@TINY_1.1", "tiny_open@TINY_1.0", "tiny_private@TINY_PRIVATE"},
		}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	want.Files, want.Libraries = nil, nil
	if got, err := pkgfile.ReadDebControl(file); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("without its files: got %+v, %v", got, err)
	}
}

func TestReadDebRefuses(t *testing.T) {
	file, deb := tiny(t)
	debtest.Write(t, file, deb)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := pkgfile.ReadDeb(ended, file); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: got %v", err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(file, int64(len(whole)/2)); err != nil {
		t.Fatal(err)
	}
	nameless, other := filepath.Join(t.TempDir(), "a.deb"), filepath.Join(t.TempDir(), "b.deb")
	debtest.Write(t, nameless, debtest.Deb{})
	if err := os.WriteFile(other, []byte("<html>"), 0o600); err != nil {
		t.Fatal(err)
	}
	for place, want := range map[string]string{
		file: "unexpected EOF", nameless: "no control file", other: "not a Debian package", other + "x": "no such file",
	} {
		if _, err := pkgfile.ReadDeb(t.Context(), place); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), place) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	// An ELF file that is damaged is an error, and not a library without symbols.
	deb.Files = map[string]string{"usr/lib/libtiny.so": "\x7fELFand nothing"}
	debtest.Write(t, file, deb)
	if _, err := pkgfile.ReadDeb(t.Context(), file); err == nil || !strings.Contains(err.Error(), "/usr/lib/libtiny.so: read a library") {
		t.Errorf("got %v", err)
	}
}

// As dpkg --compare-versions orders them.
func TestCompareDebian(t *testing.T) {
	ordered := []string{
		"56.0~rc1-1", "56.0", "56.0-1~bpo12+1", "56.0-1", "56.0-1+b1", "56.0-1+by.rib1", "56.0-1+deb12u1", "56.0-2", "56.0-10", "56.0a-1", "56.0+x-1", "56.0.1-1",
		"56.1-1", "100-1", "1:1-1",
	}
	for i, a := range ordered {
		for j, b := range ordered {
			if got := pkgfile.CompareDebian(a, b); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("%s and %s: got %d", a, b, got)
			}
		}
	}
	if got := pkgfile.CompareDebian("0:1.00-0", "1.0"); got != 0 {
		t.Errorf("got %d", got)
	}
}
