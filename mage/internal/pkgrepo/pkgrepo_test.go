// SPDX-License-Identifier: Apache-2.0

package pkgrepo

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

func sum(data string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(data))) }

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func zstded(t *testing.T, text string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return string(w.EncodeAll([]byte(text), nil))
}

const primaryText = `<?xml version="1.0" encoding="UTF-8"?>
<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="2">
<package type="rpm"><name>a</name><arch>x86_64</arch><version epoch="0" ver="1" rel="2.el9"/>
<checksum type="sha256" pkgid="YES">%s</checksum><size package="9" installed="20" archive="1"/>
<location href="Packages/a+b%%20^1.rpm"/><format><rpm:sourcerpm>s-1-2.el9.src.rpm</rpm:sourcerpm></format></package>
<package type="rpm"><name>b</name></package>
</metadata>
`

// dnfRepository is a repository as createrepo_c writes it, with a package that is called a.
func dnfRepository(t *testing.T, pack func(*testing.T, string) string) string {
	t.Helper()
	dir := t.TempDir()
	put(t, dir, "Packages/a+b%20^1.rpm", "a package")
	list := pack(t, fmt.Sprintf(primaryText, sum("a package")))
	put(t, dir, "repodata/1-primary.xml", list)
	put(t, dir, "repodata/repomd.xml", `<repomd xmlns="http://linux.duke.edu/metadata/repo"><data type="filelists"/><data type="primary"><checksum type="sha256">`+
		sum(list)+`</checksum><location href="repodata/1-primary.xml"/></data></repomd>`)
	return dir
}

func served(t *testing.T, dir string) string {
	t.Helper()
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(server.Close)
	return server.URL
}

func onlyA(p Package) bool { return p.Name == "a" }

// A repository is read whatever compresses its list, from a server and from this machine; only what is wanted is kept.
func TestDnf(t *testing.T) {
	plain := func(_ *testing.T, text string) string { return text }
	for name, pack := range map[string]func(*testing.T, string) string{"gzip": gzipped, "zstd": zstded, "plain": plain} {
		dir := dnfRepository(t, pack)
		for _, base := range []string{served(t, dir) + "/", "file://" + dir} {
			scratch := t.TempDir()
			r, err := NewClient().Dnf(t.Context(), base, scratch, onlyA)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			want := Package{"a", "0:1-2.el9", "x86_64", "s-1-2.el9.src.rpm", "Packages/a+b%20^1.rpm", sum("a package"), 9, 20}
			if len(r.Packages) != 1 || r.Packages[0] != want {
				t.Fatalf("%s: got %+v", name, r.Packages)
			}
			file := filepath.Join(scratch, "a.rpm")
			if err := r.Fetch(t.Context(), r.Packages[0], file); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if text, err := os.ReadFile(file); err != nil || string(text) != "a package" {
				t.Errorf("%s: got %q, %v", name, text, err)
			}
			if left, err := os.ReadDir(scratch); err != nil || len(left) != 1 {
				t.Errorf("%s: %v is left, %v", name, left, err)
			}
		}
	}
}

// A package is the one that the list names, or there is no file.
func TestFetchChecks(t *testing.T) {
	dir := dnfRepository(t, gzipped)
	r, err := NewClient().Dnf(t.Context(), served(t, dir), t.TempDir(), onlyA)
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Package){
		"want the SHA-256":         func(p *Package) { p.SHA256 = sum("other") },
		"no SHA-256":               func(p *Package) { p.SHA256 = "" },
		"more than 8 bytes":        func(p *Package) { p.Size = 8 },
		"no size below the limit":  func(p *Package) { p.Size = mostPackage + 1 },
		"404 Not Found":            func(p *Package) { p.Path = "none.rpm" },
		"a path in the repository": func(p *Package) { p.Path = "../a.rpm" },
	} {
		p, file := r.Packages[0], filepath.Join(t.TempDir(), "a.rpm")
		change(&p)
		if err := r.Fetch(t.Context(), p, file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: there is a file", want)
		}
	}
}

// What is no repository is said with the URL, without its password, and with what was wanted.
func TestNoRepository(t *testing.T) {
	empty, page, damaged, cut := t.TempDir(), t.TempDir(), dnfRepository(t, gzipped), t.TempDir()
	put(t, page, "repodata/repomd.xml", "<html><body>Sign in</body></html>")
	put(t, damaged, "repodata/1-primary.xml", gzipped(t, "other"))
	list := gzipped(t, "<metadata><package>")
	put(t, cut, "repodata/p", list)
	put(t, cut, "repodata/repomd.xml", `<repomd><data type="primary"><checksum type="sha256">`+sum(list)+`</checksum><location href="repodata/p"/></data></repomd>`)
	foreign := t.TempDir()
	put(t, foreign, "repodata/repomd.xml", `<repomd><data type="primary"><checksum type="sha">1</checksum><location href="x"/></data></repomd>`)
	pipe := t.TempDir()
	put(t, pipe, "repodata/x", "")
	if err := syscall.Mkfifo(filepath.Join(pipe, "repodata", "repomd.xml"), 0o600); err != nil {
		t.Fatal(err)
	}
	for place, want := range map[string]string{
		strings.Replace(served(t, empty), "http://", "http://me:secret@", 1): "404 Not Found",
		served(t, page):                  "expected element type <repomd>",
		served(t, damaged):               "want the SHA-256",
		served(t, cut):                   "not a list of packages",
		served(t, foreign):               "names no list of packages",
		"file://" + empty:                "no such file",
		"file://" + pipe:                 "not a regular file",
		"file://host" + empty:            "want a URL that begins with",
		"ftp://host/x":                   "want a URL that begins with",
		"http://me:secret@127.0.0.1:1/x": "connection refused",
		"http://me:secret@[":             "want a URL that begins with",
	} {
		scratch := t.TempDir()
		_, err := NewClient().Dnf(t.Context(), place, scratch, onlyA)
		if _, ok := errors.AsType[*NotRepositoryError](err); !ok || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v, want %q", place, err, want)
		}
		if left, err := os.ReadDir(scratch); err != nil || len(left) > 0 {
			t.Errorf("%s: %v is left, %v", place, left, err)
		}
	}
}

// A list that names more than is kept of any is refused, and so is one that unpacks to more than is read.
func TestBounds(t *testing.T) {
	dir := dnfRepository(t, func(t *testing.T, _ string) string {
		t.Helper()
		return gzipped(t, "<metadata>"+strings.Repeat("<package><name>a</name></package>", mostKept+1)+"</metadata>")
	})
	if _, err := NewClient().Dnf(t.Context(), "file://"+dir, t.TempDir(), onlyA); err == nil || !strings.Contains(err.Error(), "too many packages") {
		t.Errorf("got %v", err)
	}
	b := &bounded{t.Context(), strings.NewReader("abc"), 2}
	if err := ReadPackages(b, func(Package) {}); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("got %v", err)
	}
}

// A server that goes silent ends a transfer, as an interrupt does.
func TestSilence(t *testing.T) {
	begun := make(chan struct{}, 2)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("x"))
		_ = http.NewResponseController(w).Flush()
		begun <- struct{}{}
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	c, file := NewClient(), filepath.Join(t.TempDir(), "x")
	c.stall = 10 * time.Millisecond
	if err := c.File(t.Context(), server.URL, "x", 10, file); !errors.Is(err, errStalled) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	<-begun
	go func() {
		<-begun
		cancel()
	}()
	c.stall = time.Minute
	if err := c.File(ctx, server.URL, "x", 10, file); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Error("there is a file")
	}
}

const packagesText = "Package: a\nVersion: 1-1\nArchitecture: amd64\nSource: s (1-2)\nDescription: x\n Filename: no\nFilename: ./pool/a.deb\nSize: 9\nInstalled-Size: 3\nSHA256: "

// Each place where the lists of a suite may be is found, and with it the packages.
func TestApt(t *testing.T) {
	top := t.TempDir()
	list := gzipped(t, packagesText+sum("a package")+"\n\nPackage: b\nFilename: b\n")
	for _, dir := range []string{"debian/dists/bookworm/main/binary-amd64", "flat"} {
		put(t, top, dir+"/Packages.gz", list)
	}
	for _, pool := range []string{"debian/pool/a.deb", "flat/pool/a.deb"} {
		put(t, top, pool, "a package")
	}
	put(t, top, "debian/dists/bookworm/InRelease", "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nSuite: x\nMD5Sum:\n 00 1 main/binary-amd64/Packages.gz\nSHA256:\n "+
		sum("not there")+" 1 main/binary-amd64/Packages\n "+sum(list)+" 1 main/binary-amd64/Packages.gz\n "+
		sum("x")+" 1 main/debian-installer/binary-amd64/Packages.gz\n "+sum("x")+" 1 main/binary-arm64/Packages.gz\n-----BEGIN PGP SIGNATURE-----\n")
	put(t, top, "flat/Release", "SHA256:\n "+sum(list)+" 1 Packages.gz\n")
	url := served(t, top)
	for _, base := range []string{url + "/debian", url + "/debian/dists/bookworm", url + "/flat/", "file://" + top + "/debian/"} {
		scratch := t.TempDir()
		r, err := NewClient().Apt(t.Context(), base, "bookworm", "amd64", scratch, onlyA)
		if err != nil {
			t.Errorf("%s: %v", base, err)
			continue
		}
		want := Package{"a", "1-1", "amd64", "s_1-2", "pool/a.deb", sum("a package"), 9, 3072}
		if len(r.Packages) != 1 || r.Packages[0] != want {
			t.Errorf("%s: got %+v", base, r.Packages)
			continue
		}
		if err := r.Fetch(t.Context(), r.Packages[0], filepath.Join(scratch, "a")); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
	for base, want := range map[string]string{
		url: "404 Not Found", url + "/debian/dists/none": "404 Not Found", "file://" + top: "no such file",
	} {
		_, err := NewClient().Apt(t.Context(), base, "bookworm", "amd64", t.TempDir(), onlyA)
		if _, ok := errors.AsType[*NotRepositoryError](err); !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", base, err)
		}
	}
	if _, err := NewClient().Apt(t.Context(), url+"/debian", "bookworm", "s390x", t.TempDir(), onlyA); !errors.Is(err, errNoList) {
		t.Errorf("of another architecture: got %v", err)
	}
}
