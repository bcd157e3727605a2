// SPDX-License-Identifier: Apache-2.0

package stage_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/stage"
)

func TestTarOfOwnsItsFolders(t *testing.T) {
	var out bytes.Buffer
	err := stage.Tar([]stage.File{
		{Name: "a/b/one", Data: []byte("1"), Owner: 1000, Mode: 0o755},
		{Name: "a/b/two %\n", Data: []byte("22"), Owner: 1000},
		{Name: "list", Owner: 7},
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
	err := stage.Tar([]stage.File{{Name: "x", Path: filepath.Join(t.TempDir(), "gone")}})(io.Discard)
	if err == nil {
		t.Error("a missing file went into the stream")
	}
}
