// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"archive/tar"
	_ "embed" // dnf.sh
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
)

// RepositoriesVariable names the directory with a site's .repo files.
const RepositoriesVariable = "VERBSMITH_REPOS"

// Repositories are a site's .repo files, which dnf reads in place of an image's own. The zero value is none.
//
// They are on a volume of a run's container, so an engine's commit leaves them out, and so it does with what dnf writes
// about them.
type Repositories struct {
	files   map[string]string // the texts, by name
	beside  map[string]string // the keys and certificates next to them
	secrets []string          // the texts that give a password away
}

// RepositoriesError says that a directory does not have a site's repositories.
type RepositoriesError struct {
	Path, Why string
	Err       error // nil if there is no other cause

	large bool // the files are too large together
}

// Error names the variable and the directory or file.
func (e *RepositoriesError) Error() string {
	text := fmt.Sprintf("%s: %s: want a directory with .repo files of dnf: %s", RepositoriesVariable, e.Path, e.Why)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *RepositoriesError) Unwrap() error { return e.Err }

const (
	maxRepositoryFiles = 256
	maxRepositoryBytes = 1 << 20 // of all files
)

var repositorySection = regexp.MustCompile(`(?m)^\[[^\]\n]+\]`)

// isKey says whether a file next to .repo files is a key or a certificate that they may name.
func isKey(name string) bool {
	return slices.Contains([]string{".crt", ".pem", ".key", ".asc", ".gpg"}, filepath.Ext(name)) || strings.HasPrefix(name, "RPM-GPG-KEY-")
}

// ReadRepositories reads the .repo files of a directory, and the keys and certificates next to them; "" is none. Other files are
// ignored.
//
// Errors: *RepositoriesError.
func ReadRepositories(dir string) (Repositories, error) {
	var r Repositories
	if dir == "" {
		return r, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return r, &RepositoriesError{Path: dir, Why: "it cannot be read", Err: cause(err)}
	}
	r.files, r.beside = make(map[string]string), make(map[string]string)
	left := maxRepositoryBytes
	for _, entry := range entries {
		name := entry.Name()
		isRepo := strings.HasSuffix(name, ".repo")
		if !isRepo && !isKey(name) {
			continue
		}
		if len(r.files)+len(r.beside) == maxRepositoryFiles {
			return Repositories{}, &RepositoriesError{Path: dir, Why: fmt.Sprintf("it has more than %d of them", maxRepositoryFiles)}
		}
		text, err := readRepository(filepath.Join(dir, name), left, isRepo)
		if failed, ok := errors.AsType[*RepositoriesError](err); ok && !isRepo && !failed.large {
			continue // dnf says it if a .repo file names it
		}
		if err != nil {
			return Repositories{}, err
		}
		left -= len(text)
		if !isRepo {
			r.beside[name] = text
			continue
		}
		r.files[name] = text
		r.secrets = append(r.secrets, secretsIn(text)...)
	}
	if len(r.files) == 0 {
		return Repositories{}, &RepositoriesError{Path: dir, Why: "it has none"}
	}
	r.secrets = longestFirst(r.secrets)
	return r, nil
}

// readRepository reads a file of at most left bytes; one of dnf has a repository.
func readRepository(file string, left int, ofDNF bool) (string, error) {
	f, err := os.OpenFile(file, os.O_RDONLY|syscall.O_NONBLOCK, 0) // not waiting for a pipe's writer
	if err != nil {
		return "", &RepositoriesError{Path: file, Why: "it cannot be read", Err: cause(err)}
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		return "", &RepositoriesError{Path: file, Why: "it is not a regular file"}
	}
	var text []byte
	if err == nil {
		text, err = io.ReadAll(io.LimitReader(f, int64(left)+1))
	}
	switch {
	case err != nil:
		return "", &RepositoriesError{Path: file, Why: "it cannot be read", Err: cause(err)}
	case len(text) > left:
		why := fmt.Sprintf("the files are larger than %d KiB together", maxRepositoryBytes>>10)
		return "", &RepositoriesError{Path: file, Why: why, large: true}
	case ofDNF && !repositorySection.Match(text):
		return "", &RepositoriesError{Path: file, Why: "it has no line [ID] that begins a repository"}
	}
	return string(text), nil
}

// cause is an error of a file without the operation and the path, which the message has already.
func cause(err error) error {
	if failed, ok := errors.AsType[*os.PathError](err); ok {
		return failed.Err
	}
	return err
}

// Files are the names of the .repo files, sorted.
func (r Repositories) Files() []string {
	return slices.Sorted(maps.Keys(r.files))
}

// siteDir is the place of a site's repositories in a container: a directory that each distro has, empty, so that a committed image
// does not even have the mount point.
const siteDir = "/mnt"

//go:embed dnf.sh
var siteDNF string

// withSite runs the command behind siteDir in PATH. Scripts see by the variable that the repositories are a site's.
const withSite = `export ` + RepositoriesVariable + `="$0" PATH="$0:$PATH"; exec "$@"`

// of returns the repositories of a run: none unless it asks for them.
func (r Repositories) of(spec RunSpec) Repositories {
	if spec.Network && spec.Repositories {
		return r
	}
	return Repositories{}
}

// added returns a run that uses the repositories.
func (r Repositories) added(spec RunSpec) RunSpec {
	if len(r.files) == 0 {
		return spec
	}
	spec.Argv = append([]string{"/bin/sh", "-c", withSite, siteDir}, spec.Argv...)
	spec.Volumes = append(slices.Clone(spec.Volumes), VolumeMount{Path: siteDir})
	spec.Inputs = append([]Input{{Path: siteDir, Write: r.write}}, spec.Inputs...)
	return spec
}

// write writes siteDir as a tar stream. dnf need not run as root.
func (r Repositories) write(to io.Writer) error {
	const forAll, executable, readable = 0o1777, 0o755, 0o644
	entries := []tar.Header{
		{Typeflag: tar.TypeDir, Name: "cache/", Mode: forAll},
		{Typeflag: tar.TypeDir, Name: "log/", Mode: forAll},
		{Typeflag: tar.TypeDir, Name: "repositories/", Mode: executable},
		{Typeflag: tar.TypeReg, Name: "dnf", Mode: executable, Size: int64(len(siteDNF))},
	}
	texts := map[string]string{"dnf": siteDNF}
	all := maps.Clone(r.files)
	maps.Copy(all, r.beside)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		text, name := all[name], "repositories/"+name
		texts[name] = text
		entries = append(entries, tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: readable, Size: int64(len(text))})
	}
	w := tar.NewWriter(to)
	for _, header := range entries {
		if err := w.WriteHeader(&header); err != nil {
			return fmt.Errorf("tar entry %q: %w", header.Name, err)
		}
		if _, err := io.WriteString(w, texts[header.Name]); err != nil {
			return fmt.Errorf("tar entry %q: %w", header.Name, err)
		}
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("tar stream: %w", err)
	}
	return nil
}

// secretsIn returns the texts that give a password of a .repo file away: those of its URLs, and of its settings with a user
// and a password.
func secretsIn(text string) []string {
	var all []string
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n,", r) }) {
		if of := urlLogin(word); of != "" {
			all = append(all, spellings(of)...)
		}
	}
	for section := range strings.SplitSeq("\n"+text, "\n[") {
		settings := make(map[string]string)
		for line := range strings.Lines(section) {
			name, value, _ := strings.Cut(line, "=")
			settings[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
		}
		for _, of := range []string{"", "proxy_"} {
			user, password := settings[of+"username"], settings[of+"password"]
			if password == "" {
				continue
			}
			all = append(all, spellings(user+":"+password)...)
			all = append(all, spellings(url.QueryEscape(user)+":"+url.QueryEscape(password))...)
		}
	}
	return all
}

// urlLogin returns the user and password of a URL, "" if it has none. A password may contain a slash: text after a colon that
// is no port does not belong to a host.
func urlLogin(word string) string {
	_, rest, ok := strings.Cut(word, "://")
	if !ok {
		return ""
	}
	authority, _, _ := strings.Cut(rest, "/")
	if strings.Contains(authority, "@") {
		return login(authority)
	}
	_, port, ok := strings.Cut(authority, ":")
	if ok && strings.Trim(port, "0123456789") != "" && !strings.HasPrefix(authority, "[") {
		return login(word)
	}
	return ""
}
