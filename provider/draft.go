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
// CheckNames and ReadBuild. Load takes them all and stops at the first that fails; whoever
// wants to tell of what is wrong behind that goes on.
type Draft struct {
	Provider       *Provider // as far as it has been read; a step that failed leaves what it could read
	UnknownHeaders bool      // the manifest does not tell the kernel headers: ReadBuild takes any name for one

	root *os.Root
	file string // the manifest
	data []byte
}

// Open opens a provider's directory. Nothing outside it will be read.
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
// Errors: *FileError, *LimitError, and *strictyaml.Mistake for all that is wrong in it.
func (d *Draft) ReadManifest() error {
	data, err := readManifest(d.root, d.file)
	if err != nil {
		return err
	}
	d.data = data
	return d.Provider.Manifest.decode(d.file, data)
}

// ReadFiles reads the files that are not private, as the manifest says.
//
// Errors: *FileError, *LimitError and *SourceError, all that there are, or the cause of ctx's end.
func (d *Draft) ReadFiles(ctx context.Context) error {
	files, err := readFolder(ctx, d.root, d.Provider.Dir, &d.Provider.Manifest)
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	d.Provider.Files = files
	return err
}

// Refuse takes a name for that of a file which is there and cannot be taken: CheckNames and
// ReadBuild do not miss it.
func (d *Draft) Refuse(name string) { d.Provider.refused[name] = true }

// CheckNames holds what a manifest without mistakes says of the files against them: their
// names, and the licence.
//
// Errors: *strictyaml.Mistake.
func (d *Draft) CheckNames() error { return errors.Join(d.checkNamed(), d.checkLicense()) }

// ReadBuild checks that the CMakeLists.txt make a provider of the manifest's name from
// files that are there, and takes from them what else they install.
//
// Errors: *PlaceError, *SourceError, *FileError. Warnings are *SourceError.
func (d *Draft) ReadBuild() (warnings []error, err error) {
	r := &buildReader{p: d.Provider, anyHeader: d.UnknownHeaders}
	err = r.readAll()
	return r.warnings, err
}

// Mistake returns what is wrong with a value of the manifest as a *strictyaml.Mistake, with
// its line and column.
func (d *Draft) Mistake(field, want, got string) error {
	return d.mistakes([]strictyaml.Problem{{Path: field, Want: want, Got: got}})
}

func (d *Draft) mistakes(problems []strictyaml.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	return strictyaml.Decode(d.file, d.data, &located{problems: problems})
}

// readManifest reads provider.yaml. That there is none is the first that is seen
// of a directory that has not been here before, so it says what to do.
func readManifest(root *os.Root, file string) ([]byte, error) {
	data, _, err := readLimited(root, ManifestName, file, MaxManifestSize)
	if errors.Is(err, fs.ErrNotExist) {
		const want = "a manifest (docs/provider.md describes it; " +
			"go tool mage provider:new NAME -dir=DIRECTORY writes one for a new provider, to copy and change)"
		return nil, notReadable(file, want, fs.ErrNotExist)
	}
	return data, err
}

// located is a manifest whose problems are known already: decoding it again
// gives them their lines and columns.
type located struct {
	Manifest `yaml:",inline"`

	problems []strictyaml.Problem
}

// Check returns those problems.
func (l *located) Check() []strictyaml.Problem { return l.problems }

// checkNamed checks that the files which the manifest names are there.
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
		problems = append(problems, strictyaml.Problem{Path: where, Want: want, Got: got})
	}
	if p.Manifest.ABIHeader != "" {
		missing("abiHeader", p.Manifest.ABIHeader)
	}
	for i, header := range p.Manifest.ABIHeaders {
		missing(fmt.Sprintf("abiHeaders[%d]", i), header)
	}
	for i, header := range p.Manifest.IoctlHeaders {
		missing(fmt.Sprintf("ioctlHeaders[%d]", i), header)
	}
	for i, dir := range p.Manifest.CMake.Subdirectories {
		missing(fmt.Sprintf("cmake.subdirectories[%d]", i), path.Join(dir, cmake.FileName))
	}
	return d.mistakes(problems)
}

// checkLicense holds the manifest's licence against what the files say: it is the
// same, or, where some say nothing, it also holds for those that do.
func (d *Draft) checkLicense() error {
	p := d.Provider
	if p.Manifest.License == "" {
		return nil
	}
	said, err := p.spdx()
	if err != nil || said.terms == nil {
		return nil //nolint:nilerr // told with the licence lines; there is nothing to hold it against
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
