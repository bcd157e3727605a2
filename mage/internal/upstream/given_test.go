// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestSplitSource(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "plain.tgz"), nil)
	writeFile(t, filepath.Join(dir, "with@v1"), nil)
	must(t, os.MkdirAll(filepath.Join(dir, "folder"), 0o755))
	for _, name := range []string{"tree", "tree@v1", "a b'\"%", "x@y/tree"} {
		must(t, os.MkdirAll(filepath.Join(dir, name, ".git"), 0o755))
	}
	for _, name := range []string{"objects", "refs"} {
		must(t, os.MkdirAll(filepath.Join(dir, "bare.git", name), 0o755))
	}
	writeFile(t, filepath.Join(dir, "bare.git/HEAD"), nil)
	must(t, os.MkdirAll(filepath.Join(dir, "tree/sub"), 0o755))

	cases := map[string]struct{ path, ref, err string }{
		"plain.tgz":        {path: "plain.tgz"},
		"with@v1":          {path: "with@v1"},
		"tree":             {path: "tree", ref: ""},
		"tree@v2":          {path: "tree", ref: "v2"},
		"tree#v2":          {path: "tree", ref: "v2"},
		"tree@v1":          {path: "tree@v1"},
		"tree@v1@v2":       {path: "tree@v1", ref: "v2"},
		"tree@HEAD@{1}":    {path: "tree", ref: "HEAD@{1}"},
		"tree/@v2":         {path: "tree", ref: "v2"},
		"x@y/tree@a/b#c":   {path: "x@y/tree", ref: "a/b#c"},
		"a b'\"%@-x --all": {path: "a b'\"%", ref: "-x --all"},
		"bare.git":         {path: "bare.git"},
		"bare.git@v2":      {path: "bare.git", ref: "v2"},
		"tree@":            {err: "no ref after '@'"},
		"plain.tgz@v2":     {err: "is a file, not a git repository"},
		"folder":           {err: "not a git repository"},
		"folder@v2":        {err: "neither a file nor"},
		"tree/sub":         {err: "not a git repository"},
		"nothing":          {err: "neither a file nor"},
		"nu\x00l":          {err: "NUL"},
	}
	for source, want := range cases {
		t.Run(source, func(t *testing.T) {
			got, ref, err := splitSource(filepath.Join(dir, "x") + "/../" + source)
			if want.err != "" {
				var own *GivenError
				if !errors.As(err, &own) || !strings.Contains(err.Error(), want.err) {
					t.Fatalf("got %v, want an error with %q", err, want.err)
				}
				return
			}
			must(t, err)
			if got.name != filepath.Join(dir, want.path) || ref != want.ref {
				t.Errorf("got %q and ref %q, want %q and %q", got.name, ref, want.path, want.ref)
			}
		})
	}
}

func TestGivenFileSaysItsVersion(t *testing.T) {
	a := givenArchive(t, "x.tar.xz", xzBytes(t, tarBytes(t, "", source("whatever", "65.0"))), Request{})
	if a.Version() != "65.0" {
		t.Errorf("version %q, want 65.0", a.Version())
	}
	if v, err := a.Verify(t.Context()); err != nil || v.Archive() != a {
		t.Errorf("verify: %v", err)
	}
}

// A given source that fails is never replaced by another origin.
func TestGivenSourceIsNotReplaced(t *testing.T) {
	data := gzipSource(t, "rdma-core-56.1", testVersion)
	s := serveFile(t, data)
	_, err := Resolve(context.Background(), Request{
		Version: testVersion, Source: filepath.Join(t.TempDir(), "no"), CacheDir: t.TempDir(),
		Origins: []Origin{{Kind: KindReleaseAsset, File: "f", URL: s.URL}},
	})
	if !errors.As(err, new(*GivenError)) || !errors.Is(err, fs.ErrNotExist) || s.count() > 0 {
		t.Errorf("got %v after %d requests", err, s.count())
	}
}

func TestGivenPipeDoesNotBlock(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	must(t, syscall.Mkfifo(pipe, 0o600))
	_, err := Resolve(context.Background(), Request{Source: pipe})
	if !errors.As(err, new(*ArchiveError)) || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("got %v", err)
	}
}

func TestRequestCheck(t *testing.T) {
	origin := func(o Origin) Request { return Request{Version: "1", CacheDir: "c", Origins: []Origin{o}} }
	cases := map[string]struct {
		req   Request
		field string
	}{
		"no version":   {Request{CacheDir: "c"}, "version"},
		"odd version":  {Request{Version: "../1", CacheDir: "c"}, "version"},
		"with newline": {Request{Version: "1\n", CacheDir: "c"}, "version"},
		"option":       {Request{Version: "-1", CacheDir: "c"}, "version"},
		"no cache":     {Request{Version: "1"}, "cache directory"},
		"kind":         {origin(Origin{Kind: "x", File: "f"}), "origins[0].kind"},
		"file":         {origin(Origin{Kind: KindReleaseAsset, File: "../f"}), "origins[0].file"},
		"hidden file":  {origin(Origin{Kind: KindReleaseAsset, File: ".."}), "origins[0].file"},
		"sum":          {origin(Origin{Kind: KindReleaseAsset, File: "f", SHA256: "ABC"}), "origins[0].sha256"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Resolve(context.Background(), c.req)
			var own *RequestError
			if !errors.As(err, &own) || own.Field != c.field {
				t.Errorf("got %v, want a request error for %s", err, c.field)
			}
		})
	}
}

// The name of a file, or of its top directory, may say a version; then it is the one in the file.
func TestGivenFileIsWhatItsNameSays(t *testing.T) {
	for _, tt := range []struct{ name, top, wrong string }{
		{"rdma-core-66.1.tar.gz", "rdma-core-66.0", "rdma-core-66.1.tar.gz"},
		{"rdma-core_66.1.orig.tar.gz", "x", "rdma-core_66.1.orig.tar.gz"},
		{"v66.1.tgz", "x", "v66.1.tgz"},
		{"x.tar.gz", "rdma-core-66.1", "rdma-core-66.1"},
		{"rdma-core-66.0.tar.gz", "rdma-core-66.0", ""},
		{"rdma-core-66.0-1.tar.gz", "linux-rdma-rdma-core-58e4080", ""},
		{"my-66.1.tar.gz", "rdma-core-master", ""},
	} {
		_, err := givenArchive(t, tt.name, gzipSource(t, tt.top, "66.0"), Request{}).Verify(t.Context())
		wrong, ok := errors.AsType[*NameError](err)
		if ok != (tt.wrong != "") || ok && (wrong.Name != tt.wrong || wrong.Want != "66.1" || wrong.Got != "66.0") || !ok && err != nil {
			t.Errorf("%s with %s: %v", tt.name, tt.top, err)
		}
	}
}
