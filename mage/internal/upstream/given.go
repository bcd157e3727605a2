// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/resnics/verbsmith/specs/edit"
)

// resolveGiven turns -source into an archive. It never falls back to another origin.
func resolveGiven(ctx context.Context, req *Request) (*Archive, error) {
	path, ref, err := splitSource(req.Source)
	if err != nil {
		return nil, err
	}
	if path.git {
		return resolveGit(ctx, req, path.name, ref)
	}
	a := &Archive{
		path: path.name, version: req.Version, from: "given file " + path.name,
		name: sumName(filepath.Base(path.name)), origins: req.Origins, sums: req.Sums, lim: defaultLimits(),
		vouched: req.Vouched,
	}
	if a.version == "" {
		found, err := inspect(ctx, path.name, a.lim)
		if err != nil {
			return nil, err
		}
		a.version = found.version
	}
	return a, nil
}

type givenPath struct {
	name string // absolute
	git  bool
}

// splitSource distinguishes a tarball from a repository with a ref. An existing path wins;
// otherwise the longest prefix that is a repository, because both paths and refs ("HEAD@{1}")
// may contain the separators.
func splitSource(source string) (path givenPath, ref string, err error) {
	if strings.ContainsRune(source, 0) {
		return path, "", &GivenError{Source: source, Reason: "has a NUL byte"}
	}
	whole, err := filepath.Abs(source)
	if err != nil {
		return path, "", &GivenError{Source: source, Reason: "has no absolute path", Err: err}
	}
	info, statErr := os.Stat(whole)
	switch {
	case statErr == nil && !info.IsDir():
		return givenPath{name: whole}, "", nil
	case statErr == nil && gitDir(whole) == "":
		return path, "", &GivenError{
			Source: source,
			Reason: "is a directory, but not a git repository: want a tarball, or a git checkout or bare clone with a ref (PATH@REF)",
		}
	case statErr == nil:
		return givenPath{name: whole, git: true}, "", nil
	}
	return splitRef(source, statErr)
}

// splitRef splits PATH@REF or PATH#REF; whole is the reason why the whole is not a path.
func splitRef(source string, whole error) (path givenPath, ref string, err error) {
	for i := len(source) - 1; i > 0; i-- {
		if source[i] != '@' && source[i] != '#' {
			continue
		}
		before, err := filepath.Abs(source[:i])
		if err != nil {
			continue
		}
		if ref = source[i+1:]; gitDir(before) != "" {
			if ref == "" {
				return path, "", &GivenError{Source: source, Reason: fmt.Sprintf("has no ref after %q", source[i])}
			}
			return givenPath{name: before, git: true}, ref, nil
		}
		if info, err := os.Stat(before); err == nil && !info.IsDir() {
			return path, "", &GivenError{Source: source, Reason: "has a ref, but " +
				edit.Quote(before) + " is a file, not a git repository"}
		}
	}
	if named, ok := errors.AsType[*fs.PathError](whole); ok {
		whole = named.Err // the path is named already
	}
	return path, "", &GivenError{Source: source, Reason: "is neither a file nor a git repository", Err: whole}
}

// gitDir returns the git directory of a work tree's top directory or of a bare
// clone, "" if path is neither. Repositories further up do not count: a directory
// unpacked inside some checkout is not that checkout.
func gitDir(path string) string {
	inside := filepath.Join(path, ".git")
	if _, err := os.Stat(inside); err == nil {
		return inside
	}
	for _, part := range []string{"HEAD", "objects", "refs"} {
		if _, err := os.Stat(filepath.Join(path, part)); err != nil {
			return ""
		}
	}
	return path
}

// sumName writes a file name so that it is one word of one line.
func sumName(name string) string {
	var b strings.Builder
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("._+~-", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
