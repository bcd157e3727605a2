// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// debOf is a Debian package of archives that are not compressed.
func debOf(control, data []byte) []byte {
	var out bytes.Buffer
	out.WriteString(debMagic)
	for _, m := range []struct {
		name string
		data []byte
	}{{"debian-binary", []byte("2.0\n")}, {"control.tar", control}, {"data.tar", data}} {
		fmt.Fprintf(&out, "%-16s%-12d%-6d%-6d%-8d%-10d`\n%s", m.name, 0, 0, 0, 100644, len(m.data), m.data)
		if len(m.data)%2 == 1 {
			out.WriteByte('\n')
		}
	}
	return out.Bytes()
}

// A file that somebody hands to diagnose ends in an error or in a package with a name, and its files are a file system: each
// has a path inside of it, and can be looked at.
func FuzzInstallation(f *testing.F) {
	control := tarOf(f, "control=Package: a\nVersion: 1\nArchitecture: amd64\n")
	f.Add(debOf(control, tarOf(f, "./", "./usr/lib/a.so="+elfText, "./usr/lib/b.so->a.so", "./etc/a.driver=driver a\n", "c=>usr/lib/a.so")))
	f.Add(debOf(control, nil))
	f.Add(debOf(nil, control))
	f.Add([]byte(debMagic))
	f.Add([]byte(rpmMagic))
	f.Fuzz(func(t *testing.T, data []byte) {
		file := filepath.Join(t.TempDir(), "package")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		files := layerOf(t, nil)
		p, err := files.AddPackage(t.Context(), file)
		if err == nil && p.Name == "" {
			t.Error("a package without a name, and no error")
		}
		err = fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
			if err == nil && name != "." && (entry.Name() == "." || !fs.ValidPath(entry.Name()) || strings.Contains(entry.Name(), "/")) {
				t.Errorf("%s: not the name of a file: %q", name, entry.Name())
			}
			if err == nil {
				_, err = files.Lstat(name)
			}
			return err
		})
		if err != nil {
			t.Errorf("the files of a package: %v", err)
		}
	})
}
