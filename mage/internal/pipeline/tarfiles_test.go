// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"testing"
)

func TestTarOfOwnsItsFolders(t *testing.T) {
	var out bytes.Buffer
	err := tarOf([]tarFile{
		{name: "a/b/one", data: []byte("1"), owner: 1000, mode: 0o755},
		{name: "a/b/two %\n", data: []byte("22"), owner: 1000},
		{name: "list", owner: 7},
	})(&out)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for tr := tar.NewReader(&out); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%q %o %d %d", h.Name, h.Mode, h.Uid, h.Size))
	}
	want := []string{
		`"a/" 755 1000 0`, `"a/b/" 755 1000 0`, `"a/b/one" 755 1000 1`, `"a/b/two %\n" 644 1000 2`, `"list" 644 7 0`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestTarOfSaysWhatIsMissing(t *testing.T) {
	err := tarOf([]tarFile{{name: "x", path: filepath.Join(t.TempDir(), "gone")}})(io.Discard)
	if err == nil {
		t.Error("a missing file went into the stream")
	}
}
