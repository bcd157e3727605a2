// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/owned"
)

// IndexFormat names the format of an index, and its version.
const IndexFormat = "verbsmith-release/1"

// The files at the top of a released directory.
const (
	IndexFile   = "release.json"
	SumsFile    = "SHA256SUMS"
	SignedSums  = "SHA256SUMS.asc"
	KeyFile     = "key.asc"
	KeyPEMFile  = "key.pem"
	PageFile    = "index.html"
	buildFolder = "builds"
	rpmFolder   = "rpm"
	debFolder   = "deb"
)

// Index is release.json: what a released directory has. It has no time in it.
type Index struct {
	Format string `json:"format"`
	Name   string `json:"name"` // of the repositories
	URL    string `json:"url"`  // where customers find the directory
	Key    string `json:"key"`  // fingerprint
	Serial int    `json:"serial"`
	Epoch  int64  `json:"epoch"` // the newest of the builds, in seconds: the time of the repositories' metadata

	Builds []Build `json:"builds"`
}

// Build is a build in an index.
type Build struct {
	Name       string        `json:"name"` // below builds/
	Repository string        `json:"repository"`
	Title      string        `json:"title"` // of the distro or suite
	Kind       artifact.Kind `json:"kind"`
	Distro     string        `json:"distro,omitempty"`
	Suite      string        `json:"suite,omitempty"`
	Standin    bool          `json:"standin"`
	Release    string        `json:"release"`
	Provider   string        `json:"provider"`
	Epoch      int64         `json:"epoch"`
	Record     string        `json:"record"` // SHA-256 of the .buildinfo
	Allowed    []string      `json:"releasedInSpiteOf,omitempty"`
	Reproduced string        `json:"reproduced,omitempty"` // how
	Verdicts   int           `json:"verdicts"`             // that passed
	Changelog  string        `json:"changelog,omitempty"`  // path
	Packages   []Package     `json:"packages"`
}

// Package is a package in an index.
type Package struct {
	Path    string `json:"path"`
	SHA256  string `json:"sha256"`
	Built   string `json:"sha256BeforeSigning"`
	Name    string `json:"name"`
	Epoch   string `json:"epoch,omitempty"`
	Version string `json:"version"` // with its release
	Arch    string `json:"arch"`
	License string `json:"license,omitempty"`
}

// mostIndex bounds an index, in bytes.
const mostIndex = 64 << 20

// IndexError is an index that cannot be used.
type IndexError struct{ File, Want, Got string }

// Error names the file, what was wanted and what was found.
func (e *IndexError) Error() string { return fmt.Sprintf("%s: want %s, got %s", e.File, e.Want, e.Got) }

// ReadIndex reads a directory's index. The error wraps fs.ErrNotExist if there is none.
//
// Errors: *IndexError.
func ReadIndex(dir string) (Index, error) {
	var x Index
	file := filepath.Join(dir, IndexFile)
	data, err := owned.ReadFile(file, mostIndex)
	if err != nil {
		return x, fmt.Errorf("read what was released: %w", err)
	}
	if err := json.Unmarshal(data, &x); err != nil {
		return x, &IndexError{file, "an index of released packages, as JSON", err.Error()}
	}
	if x.Format != IndexFormat {
		return x, &IndexError{file, fmt.Sprintf("\"format\": %q", IndexFormat), fmt.Sprintf("%q", x.Format)}
	}
	for _, b := range x.Builds {
		paths := []string{path.Join(buildFolder, b.Name), b.Repository}
		if b.Changelog != "" { // before there were any
			paths = append(paths, b.Changelog)
		}
		for _, p := range b.Packages {
			paths = append(paths, p.Path)
		}
		if i := slices.IndexFunc(paths, func(p string) bool { return !fs.ValidPath(p) }); i >= 0 {
			return x, &IndexError{file, "paths in its directory", fmt.Sprintf("%q", paths[i])}
		}
	}
	return x, nil
}

// readOrNew reads the index of a directory, or begins one if the directory has nothing.
func readOrNew(dir string) (Index, error) {
	x, err := ReadIndex(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return Index{Format: IndexFormat}, emptyOrMissing(dir)
	}
	return x, err
}

// text is the index as a file.
func (x Index) text() ([]byte, error) {
	text, err := json.MarshalIndent(x, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", IndexFile, err)
	}
	return append(text, '\n'), nil
}

// folder is where the evidence of a build is.
func (b Build) folder() string { return path.Join(buildFolder, b.Name) }

// Repositories are those of an index, each once, in order.
func (x Index) Repositories() []string {
	var all []string
	for _, b := range x.Builds {
		all = append(all, b.Repository)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// folders are the directories of a repository that have packages.
func (x Index) folders(repository string) []string {
	var all []string
	for _, b := range x.of(repository) {
		for _, p := range b.Packages {
			all = append(all, path.Dir(p.Path))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// of are the builds in a repository.
func (x Index) of(repository string) []Build {
	return slices.DeleteFunc(slices.Clone(x.Builds), func(b Build) bool { return b.Repository != repository })
}

// find is a package by its path.
func (x Index) find(file string) (Package, bool) {
	for _, b := range x.Builds {
		for _, p := range b.Packages {
			if p.Path == file {
				return p, true
			}
		}
	}
	return Package{}, false
}

// Source says whether it is a source package, or a part of one.
func (p Package) Source() bool { return p.Arch == archSRPM || p.Arch == archDSC }

const (
	archSRPM = "src"
	archDSC  = "source"
)

// title names a package in tables.
func (p Package) title() string { return strings.Join([]string{p.Name, p.Version, p.Arch}, " ") }
