// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"archive/tar"
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
)

// TestErrorsAreShort: a name from outside must not make a message as long as itself.
func TestErrorsAreShort(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	for _, err := range []error{
		&RequestError{Field: "version", Want: "a version", Got: long},
		&SumError{File: long},
		&VersionError{Source: long, Want: long, Got: long},
		&ArchiveError{Archive: long, Entry: long, Reason: "appears twice"},
		&GivenError{Source: long, Reason: "is no file"},
	} {
		if n := len(err.Error()); n > 1000 {
			t.Errorf("%T: %d bytes", err, n)
		}
	}
	clone, _, _ := newCheckout(t)
	archive := func(h *tar.Header) string {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		must(t, w.WriteHeader(h))
		must(t, w.Close())
		return writeFile(t, filepath.Join(t.TempDir(), "x.tar"), b.Bytes())
	}
	for name, source := range map[string]string{
		"no such file": "/" + strings.Repeat(long[:200]+"/", 400),
		"no such ref":  clone.dir + "@" + long,
		"a link":       archive(&tar.Header{Name: "top/a", Typeflag: tar.TypeSymlink, Linkname: "/" + long[:1000]}),
		"a hard link":  archive(&tar.Header{Name: "top/a", Typeflag: tar.TypeLink, Linkname: "top/" + long}),
		"a name":       archive(&tar.Header{Name: "top/" + long, Typeflag: tar.TypeReg, Mode: 0o644}),
	} {
		got, err := Resolve(context.Background(), Request{Version: testVersion, Source: source, CacheDir: t.TempDir()})
		if err == nil {
			_, err = got.Verify(t.Context())
		}
		if err == nil || len(err.Error()) > 1000 {
			t.Errorf("%s: %.300v", name, err)
		}
	}
}
