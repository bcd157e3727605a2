// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/spdx"
	"github.com/resnics/verbsmith/specs/strictyaml"
)

// Draft is a provider's directory that is read in steps: ReadManifest, ReadFiles, then
// CheckNames and ReadBuild. Load runs them all and stops at the first that fails; a caller that
// reports all mistakes continues.
type Draft struct {
	Provider       *Provider // as far as it has been read; a failed step keeps the parts that it could read
	UnknownHeaders bool      // the manifest does not determine the kernel headers: ReadBuild accepts any name as one

	root *os.Root
	file string // the manifest
	data []byte
}

// Open opens a provider's directory. Nothing outside it will be read but kernel headers of the same git repository.
//
// Errors: *FileError.
func Open(dir string) (*Draft, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, notReadable(dir, "a provider's directory", err)
	}
	return &Draft{Provider: &Provider{Dir: dir, refused: map[string]bool{}}, root: root, file: filepath.Join(dir, ManifestName)}, nil
}

// Close closes the directory.
func (d *Draft) Close() error { return d.root.Close() }

// ReadManifest reads provider.yaml.
//
// Errors: *FileError, *LimitError, and *strictyaml.Mistake for each mistake.
func (d *Draft) ReadManifest() error {
	data, err := readManifest(d.root, d.file)
	if err != nil {
		return err
	}
	return d.TakeManifest(data)
}

// TakeManifest takes the text of a manifest, which need not be in the directory yet.
//
// Errors: *strictyaml.Mistake for each mistake.
func (d *Draft) TakeManifest(data []byte) error {
	d.data = data
	d.Provider.Questions = readQuestions(d.file, data)
	return d.Provider.Manifest.decode(d.file, data)
}

// AddFile adds a file that is to be in the directory.
func (d *Draft) AddFile(f File) {
	at, _ := slices.BinarySearchFunc(d.Provider.Files, f.Name, func(f File, n string) int { return strings.Compare(f.Name, n) })
	d.Provider.Files = slices.Insert(d.Provider.Files, at, f)
}

// ReadFiles reads the files that are not private according to the manifest, and the kernel headers that it names outside of the
// directory.
//
// Errors: all *FileError, *LimitError and *SourceError, joined, or the cause of ctx's end.
func (d *Draft) ReadFiles(ctx context.Context) error {
	files, err := readFolder(ctx, d.root, d.Provider.Dir, &d.Provider.Manifest)
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	d.Provider.Files = files
	return errors.Join(err, d.readOutside())
}

// Refuse marks a file that exists but was refused, so that CheckNames and ReadBuild do not
// report it as missing.
func (d *Draft) Refuse(name string) { d.Provider.refused[name] = true }

// CheckNames compares a valid manifest with the files: their names, and the licence.
//
// Errors: *strictyaml.Mistake.
func (d *Draft) CheckNames() error { return errors.Join(d.checkNamed(), d.checkLicense()) }

// ReadBuild checks that the CMakeLists.txt files build a provider of the manifest's name from
// existing files, and reads what else they install.
//
// Errors: *PlaceError, *SourceError, *FileError. Warnings are *SourceError.
func (d *Draft) ReadBuild() (warnings []error, err error) {
	r := &buildReader{p: d.Provider, anyHeader: d.UnknownHeaders}
	err = r.readAll()
	return r.warnings, err
}

// Mistake returns a *strictyaml.Mistake about a value of the manifest, with its line and
// column.
func (d *Draft) Mistake(field, want, got string) error {
	return d.mistakes([]strictyaml.Problem{{Path: field, Want: want, Got: got}})
}

func (d *Draft) mistakes(problems []strictyaml.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	return strictyaml.Decode(d.file, d.data, &located{problems: problems})
}

// readManifest reads provider.yaml. A new user's first error is often that there is none, so
// the error gives advice.
func readManifest(root *os.Root, file string) ([]byte, error) {
	data, _, err := readLimited(root, ManifestName, file, MaxManifestSize)
	if errors.Is(err, fs.ErrNotExist) {
		const want = "a manifest (docs/provider.md describes it; " +
			"go tool mage provider:adopt DIRECTORY writes one for a driver that exists, " +
			"go tool mage provider:new NAME a new provider)"
		return nil, notReadable(file, want, fs.ErrNotExist)
	}
	return data, err
}

// located is a manifest with known problems: decoding it again adds their lines and columns.
type located struct {
	Manifest `yaml:",inline"`

	problems []strictyaml.Problem
}

// Check returns those problems.
func (l *located) Check() []strictyaml.Problem { return l.problems }

// checkNamed checks that the files in the manifest exist.
func (d *Draft) checkNamed() error {
	p := d.Provider
	var problems []strictyaml.Problem
	missing := func(where, name string) {
		if p.Has(name) {
			return
		}
		got := noSuchFile
		if p.Manifest.isPrivate(name, false) {
			got = "a file that privateFiles excludes"
		}
		want := "a file " + name + " in this directory"
		if strings.HasPrefix(name, above) {
			want = "a file " + name + " of the repository"
		}
		problems = append(problems, strictyaml.Problem{Path: where, Want: want, Got: got})
	}
	for _, h := range p.Manifest.headerFields() {
		missing(h.field, h.name)
	}
	for i, dir := range p.Manifest.CMake.Subdirectories {
		missing(fmt.Sprintf("cmake.subdirectories[%d]", i), path.Join(dir, cmake.FileName))
	}
	return d.mistakes(problems)
}

// checkLicense compares the manifest's licence with the files': they must be equal or, if some
// files state none, the manifest's must agree with those that do.
func (d *Draft) checkLicense() error {
	p := d.Provider
	if p.Manifest.License == "" {
		return nil
	}
	said, err := p.spdx()
	if err != nil || said.terms == nil {
		return nil //nolint:nilerr // reported with the licence lines; there is nothing to compare it with
	}
	given, err := spdx.Parse(p.Manifest.License)
	if err == nil && given.Equal(said.terms) {
		return nil
	}
	if err == nil && said.without > 0 {
		if both, err := given.And(said.terms); err == nil && both.Equal(given) {
			return nil
		}
	}
	return d.Mistake("license",
		fmt.Sprintf("%s, as in the files' SPDX lines (%s), or no license here", said.terms, said.first),
		strconv.Quote(p.Manifest.License))
}
