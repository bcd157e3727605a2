// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

const siteRepo = `[baseos]
name=BaseOS
baseurl=http://me:pass/wörd@mirror.example:8080/baseos
  https://token@mirror.example/baseos/,ftp://you:hidden%21@mirror.example/x@y
gpgkey=https://mirror.example/a@b.key
[crb]
 Username = other
password = ever y&day
`

// writeRepositories writes files into a directory.
func writeRepositories(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// siteRepositories are those of siteRepo.
func siteRepositories(t *testing.T) Repositories {
	t.Helper()
	r, err := ReadRepositories(writeRepositories(t, map[string]string{
		"site.repo": siteRepo, "own.repo": "[own]\n", "README": "password=readme", "ca.crt": "of the site", "RPM-GPG-KEY-site": "its key",
	}))
	if err != nil || !slices.Equal(r.Files(), []string{"own.repo", "site.repo"}) {
		t.Fatal(r.Files(), err)
	}
	return r
}

// What is not a directory of repositories is an error that names the variable and the file, at once.
func TestReadRepositoriesFails(t *testing.T) {
	many := map[string]string{}
	for i := range maxRepositoryFiles + 1 {
		many[fmt.Sprintf("%d.repo", i)] = "[a]\n"
	}
	large := "[a]\n" + strings.Repeat("#", maxRepositoryBytes/2)
	pipe := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(pipe, "a.repo"), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "a.repo"), 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(writeRepositories(t, map[string]string{"a.repo": "[a]\n"}), "a.repo")
	for _, tt := range []struct {
		dir, at, why string
		is           error
	}{
		{filepath.Join(folder, "none"), "none", "it cannot be read: no such file or directory", fs.ErrNotExist},
		{file, "a.repo", "it cannot be read: not a directory", syscall.ENOTDIR},
		{t.TempDir(), "", "it has none", nil},
		{writeRepositories(t, map[string]string{"a.rep": "[a]\n"}), "", "it has none", nil},
		{writeRepositories(t, map[string]string{"a.repo": "password=secret\n"}), "a.repo", "it has no line [ID]", nil},
		{writeRepositories(t, many), "", "it has more than 256 of them", nil},
		{writeRepositories(t, map[string]string{"a.repo": large, "b.repo": large}), "b.repo", "larger than 1024 KiB", nil},
		{writeRepositories(t, map[string]string{"a.repo": large, "ca.pem": large}), "ca.pem", "larger than 1024 KiB", nil},
		{writeRepositories(t, map[string]string{"ca.pem": "x"}), "", "it has none", nil},
		{pipe, "a.repo", "it is not a regular file", nil},
		{folder, "a.repo", "it is not a regular file", nil},
	} {
		r, err := ReadRepositories(tt.dir)
		failed, ok := errors.AsType[*RepositoriesError](err)
		if !ok || !strings.HasPrefix(err.Error(), "VERBSMITH_REPOS: ") || !strings.Contains(err.Error(), tt.why) ||
			!strings.HasSuffix(failed.Path, tt.at) || tt.is != nil && !errors.Is(err, tt.is) || len(r.Files()) > 0 {
			t.Errorf("%s: %v, want %s", tt.dir, err, tt.why)
		}
	}
	if r, err := ReadRepositories(""); err != nil || len(r.Files()) > 0 {
		t.Errorf("none: %v, %v", r, err)
	}
}

// dnf is the site's in a run that asks for it and has a network, and its files go nowhere but on a volume that is removed with
// the container.
func TestRunGetsRepositories(t *testing.T) {
	for _, tt := range []struct{ network, asks, site bool }{{true, true, true}, {false, true, true}, {true, false, true}, {true, true, false}} {
		fake := useFake(t)
		e := connectFake(t)
		if tt.site {
			e.repositories = siteRepositories(t)
		}
		spec := RunSpec{Name: "x", Image: "i", Argv: []string{"/x"}, Network: tt.network, Repositories: tt.asks}
		if _, err := e.Run(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
		created := fmt.Sprint(fake.created)
		for _, leak := range []string{"mirror.example", "pass/wörd", "every"} {
			if strings.Contains(created, leak) {
				t.Errorf("%+v: the engine was told %s: %s", tt, leak, created)
			}
		}
		want := tt.network && tt.asks && tt.site
		if strings.Contains(created, "Target:"+siteDir) != want || strings.Contains(created, withSite) != want {
			t.Errorf("%+v: %s", tt, created)
		}
	}
}

// The files are there as they are, in the place that the site's dnf reads, and that dnf comes first.
func TestRepositoriesInAContainer(t *testing.T) {
	given := RunSpec{Argv: []string{"/x", "y"}, Volumes: []VolumeMount{{Path: "/v"}}, Inputs: []Input{{Path: "/i"}}}
	spec := siteRepositories(t).added(given)
	if err := spec.check(); err == nil || len(given.Volumes) != 1 || len(given.Inputs) != 1 {
		t.Errorf("the caller's run was changed: %+v, %v", given, err)
	}
	if len(spec.Volumes) != 2 || spec.Volumes[1].Name != "" || spec.Volumes[1].Path != siteDir || spec.Inputs[0].Path != siteDir {
		t.Fatalf("got %+v", spec)
	}
	var stream bytes.Buffer
	if err := spec.Inputs[0].Write(&stream); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for reader := tar.NewReader(&stream); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		data, failed := io.ReadAll(reader)
		if err := errors.Join(err, failed); err != nil {
			t.Fatal(err)
		}
		files[header.Name] = string(data)
		if mode := header.FileInfo().Mode().Perm(); mode&0o044 != 0o044 || header.Name == "dnf" && mode != 0o755 {
			t.Errorf("%s: mode %o", header.Name, mode)
		}
	}
	if len(files) != 8 || files["repositories/ca.crt"] != "of the site" || files["repositories/RPM-GPG-KEY-site"] != "its key" {
		t.Errorf("got %q", files)
	}
	if files["repositories/site.repo"] != siteRepo || files["dnf"] != siteDNF {
		t.Errorf("got %q", files)
	}
	if got := (Repositories{}).added(given); len(got.Volumes) != 1 || len(got.Argv) != 2 {
		t.Errorf("without a site: %+v", got)
	}
}

// What dnf prints of a password is seen nowhere.
func TestPasswordsOfRepositoriesAreReplaced(t *testing.T) {
	for text, want := range map[string]string{
		"Status code: 401 for http://me:pass/wörd@mirror.example:8080/baseos": "Status code: 401 for http://***mirror.example:8080/baseos",
		"https://token@mirror.example/baseos/ and ftp://you:hidden!@h":        "https://***mirror.example/baseos/ and ftp://***h",
		"hidden%21, hidden!, pass/wörd":                                       "***, ***, ***",
		"Basic b3RoZXI6ZXZlciB5JmRheQ== is other:ever y&day or ever+y%26day":  "Basic *** is *** or ***",
		"https://mirror.example/a@b.key, x@y, README has readme":              "https://mirror.example/a@b.key, x@y, README has readme",
	} {
		fake := useFake(t)
		fake.output = func(w io.Writer) {
			for i := range len(text) {
				_, _ = w.Write(frame(1, text[i:i+1]))
			}
		}
		e := connectFake(t)
		e.repositories = siteRepositories(t)
		var log, out bytes.Buffer
		spec := RunSpec{Name: "x", Image: "i", Argv: []string{"/x"}, Network: true, Repositories: true, Log: &log, Stdout: &out}
		result, err := e.Run(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range []string{log.String(), out.String(), strings.Join(result.Tail, "\n")} {
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	}
}
