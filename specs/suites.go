// SPDX-License-Identifier: Apache-2.0

package specs

import (
	"cmp"
	"io/fs"
	"path"
	"strings"

	"github.com/resnics/verbsmith/specs/strictyaml"
)

const suitesFolder = "suites"

// Suite is one release of Debian or Ubuntu that packages can be built for: one file in suites/.
//
//nolint:lll // a struct tag cannot be broken
type Suite struct {
	// Name is the file's name without ".yaml", and the value of -suite.
	Name string `yaml:"name" jsonschema:"pattern=^[a-z][a-z0-9]*$" jsonschema_description:"the file's name without .yaml: the code name such as bookworm"`
	// Distribution is the ID of os-release(5); "": debian.
	Distribution string `yaml:"distribution,omitempty" jsonschema:"enum=ubuntu" jsonschema_description:"ubuntu; without it, the suite is Debian's"`
	// Title is the name for people.
	Title string `yaml:"title" jsonschema:"minLength=1" jsonschema_description:"the suite's display name such as Debian 12"`
	// Default marks the suite that is built for if none is named and the machine has no known one.
	Default bool `yaml:"default,omitempty"`
	// ShortName is appended to the versions of packages that differ between suites; Tag is it, or the name.
	ShortName string `yaml:"tag,omitempty" jsonschema:"pattern=^[a-z][a-z0-9.]*$" jsonschema_description:"appended to versions of packages that differ between suites, rising from suite to suite, such as deb12 (default the name)"`
	// Image is the reference of the image, with a tag and without a digest. If it is not
	// available, a suite of Debian is bootstrapped from Debian's archive, and another has a stand-in.
	Image string `yaml:"image" jsonschema:"pattern=^[a-z0-9][a-z0-9./-]*:[A-Za-z0-9_][A-Za-z0-9._-]*$" jsonschema_description:"an image reference with a tag such as debian:bookworm-slim"`
	// Digest pins the image if it is set.
	Digest string `yaml:"digest,omitempty" jsonschema:"pattern=^sha256:[0-9a-f]{64}$" jsonschema_description:"sha256: and 64 lower-case hex digits"`
	// Standin is the suite of Debian whose packages are the nearest to an Ubuntu's, for when the image is not available.
	Standin string `yaml:"standin,omitempty" jsonschema:"enum=bullseye,enum=bookworm,enum=trixie,enum=sid" jsonschema_description:"a suite of Debian: bullseye, bookworm, trixie or sid"`
}

// Debian is the ID of a suite of Debian.
const Debian = "debian"

// ID is that of os-release(5): Debian or "ubuntu".
func (s Suite) ID() string { return cmp.Or(s.Distribution, Debian) }

// Userland is the suite of Debian that is bootstrapped if the image is not available.
func (s Suite) Userland() string { return cmp.Or(s.Standin, s.Name) }

// Tag tells versions of the suite's packages from those of other suites.
func (s Suite) Tag() string { return cmp.Or(s.ShortName, s.Name) }

// Reference is the image to pull: pinned by its digest if there is one.
func (s Suite) Reference() string {
	if s.Digest == "" {
		return s.Image
	}
	return s.Image + "@" + s.Digest
}

// Suites are all files in suites/, by name.
type Suites struct{ list []Suite }

// suiteFile is a suite with the data that its file must agree with.
type suiteFile struct {
	Suite `yaml:",inline"`

	file string
	// defaultIn is the file before this one that has the default.
	defaultIn string
}

// Check finds mistakes that the schema cannot express.
func (f *suiteFile) Check() []strictyaml.Problem {
	var out []strictyaml.Problem
	if want := strings.TrimSuffix(path.Base(f.file), ".yaml"); f.Name != want {
		out = append(out, strictyaml.Problem{Path: "name", Want: want + ", like the file", Got: f.Name})
	}
	if f.Distribution != "" && f.Standin == "" {
		want := "the suite of Debian that is nearest to " + f.Distribution + "'s"
		out = append(out, strictyaml.Problem{Path: "standin", Want: want, Got: "none"})
	}
	if f.Distribution == "" && f.Standin != "" {
		out = append(out, strictyaml.Problem{Path: "standin", Want: "no stand-in: Debian itself is bootstrapped", Got: f.Standin})
	}
	if f.Default && f.defaultIn != "" {
		out = append(out, strictyaml.Problem{Path: "default", Want: "one default suite", Got: "a second, after " + f.defaultIn})
	}
	return out
}

// LoadSuites reads suites/*.yaml from a file system rooted at specs/. The mistakes of all files
// are reported at once, as *strictyaml.Mistake; a file of another kind is one too.
func LoadSuites(fsys fs.FS) (*Suites, error) {
	var all Suites
	err := loadFolder(fsys, suitesFolder, func(name, file, defaultIn string) (bool, error) {
		f := suiteFile{file: file, defaultIn: defaultIn}
		err := loadFile(fsys, name, file, &f)
		all.list = append(all.list, f.Suite)
		return f.Default, err
	})
	if err != nil {
		return nil, err
	}
	return &all, nil
}

// Find returns the suite of that name, or *UnknownError.
func (all *Suites) Find(name string) (Suite, error) {
	for _, s := range all.list {
		if s.Name == name {
			return s, nil
		}
	}
	return Suite{}, &UnknownError{Kind: "suite", Name: name, Known: all.Names()}
}

// Names returns the names of all suites, sorted.
func (all *Suites) Names() []string {
	names := make([]string, 0, len(all.list))
	for _, s := range all.list {
		names = append(names, s.Name)
	}
	return names
}

// Default returns the suite that is built for if none is named.
func (all *Suites) Default() Suite {
	for _, s := range all.list {
		if s.Default {
			return s
		}
	}
	return Suite{}
}
