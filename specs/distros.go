// SPDX-License-Identifier: Apache-2.0

package specs

import (
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/specs/strictyaml"
)

const distrosFolder = "distros"

// Distro is one distribution that packages can be built for: one file in distros/.
//
//nolint:lll,tagliatelle // a struct tag cannot be broken; RPM is written in capitals, as everywhere
type Distro struct {
	// Name is the file's name without ".yaml", and the value of -distro.
	Name string `yaml:"name" jsonschema:"pattern=^[a-z][a-z0-9]*(-[a-z0-9]+)*$" jsonschema_description:"the file's name without .yaml, in lower-case letters, digits and dashes"`
	// Title is the name for people.
	Title string `yaml:"title" jsonschema:"minLength=1" jsonschema_description:"the distro's display name"`
	// Default marks the distro that is built for if none is named.
	Default bool `yaml:"default,omitempty"`
	// EL is the Enterprise Linux release that it is, or is compatible with; 0: it is a Fedora.
	EL int `yaml:"el,omitempty" jsonschema:"minimum=8,maximum=10" jsonschema_description:"the EL release: 8, 9 or 10"`
	// Fedora is the release of Fedora that it is; 0: it is an Enterprise Linux.
	Fedora int `yaml:"fedora,omitempty" jsonschema:"minimum=41,maximum=99" jsonschema_description:"the release of Fedora, from 41 on"`
	// Dist is the value of rpm's %dist.
	Dist string `yaml:"dist" jsonschema:"pattern=^[.](el|fc)[0-9]+$" jsonschema_description:"rpm's dist tag such as .el9 or .fc44"`
	// RPM is the version of its rpm, which determines how specs are read: the differences
	// between versions are known from 4.14 to 6.1.
	RPM string `yaml:"rpm" jsonschema:"pattern=^(4\\.(1[4-9]|20)|6\\.[01])(\\.[0-9]+)*$" jsonschema_description:"the version of the distro's rpm such as 4.16.1.3, without its release"`
	// Image is the reference of the real base image, with a tag and without a digest.
	Image string `yaml:"image" jsonschema:"pattern=^[a-z0-9][a-z0-9./-]*:[A-Za-z0-9_][A-Za-z0-9._-]*$" jsonschema_description:"an image reference with a tag such as quay.io/centos/centos:stream9"`
	// Digest pins the image if it is set. toolchain:pin writes it.
	Digest string `yaml:"digest,omitempty" jsonschema:"pattern=^sha256:[0-9a-f]{64}$" jsonschema_description:"sha256: and 64 lower-case hex digits"`
	// Pinned is the day on which the tag had that digest.
	Pinned string `yaml:"pinned,omitempty" jsonschema:"pattern=^[0-9]{4}-[0-9]{2}-[0-9]{2}$" jsonschema_description:"a date such as 2026-11-30, in quotes"`
	// Repositories are those to enable for the build requirements: the image has them disabled.
	Repositories []string `yaml:"repositories,omitempty" jsonschema:"pattern=^[a-z0-9][a-z0-9._-]*$" jsonschema_description:"a list of repository names such as crb"`
	// Oldest is the oldest release of rdma-core that its CMake and compiler build; "": they build all.
	Oldest string `yaml:"oldest,omitempty" jsonschema:"pattern=^v[0-9]+\\.[0-9]+$" jsonschema_description:"the tag of a release of rdma-core such as v35.0"`
	// Standin is the Debian suite of the stand-in, for when the image is not available.
	Standin string `yaml:"standin" jsonschema:"enum=bullseye,enum=bookworm,enum=trixie,enum=sid"`
	// StandinRPM is the version of that suite's rpm.
	StandinRPM string `yaml:"standinRPM" jsonschema:"pattern=^[0-9]+\\.[0-9]+(\\.[0-9]+)*$" jsonschema_description:"the version of the stand-in's rpm such as 4.16.1.2, without its release"`
	// Probe is what distro:probe compares an image with.
	Probe *Probe `yaml:"probe,omitempty"`
}

// Reference is the image to pull: pinned by its digest if there is one.
func (d Distro) Reference() string {
	if d.Digest == "" {
		return d.Image
	}
	return d.Image + "@" + d.Digest
}

// Tag is the dist tag without its dot, which is also the name of a macro: "el9" or "fc44".
func (d Distro) Tag() string { return strings.TrimPrefix(d.Dist, ".") }

// Distros are all files in distros/, by name.
type Distros struct {
	list []Distro
}

// distroFile is a distro with the data that its file must agree with.
type distroFile struct {
	Distro `yaml:",inline"`

	file string
	// defaultIn is the file before this one that has the default.
	defaultIn string
}

// Check finds mistakes that the schema cannot express.
func (f *distroFile) Check() []strictyaml.Problem {
	var out []strictyaml.Problem
	add := func(field, want, got string) {
		out = append(out, strictyaml.Problem{Path: field, Want: want, Got: got})
	}
	if want := strings.TrimSuffix(path.Base(f.file), ".yaml"); f.Name != want {
		add("name", want+", like the file", f.Name)
	}
	switch {
	case (f.EL == 0) == (f.Fedora == 0):
		add("el", "one of el and fedora", fmt.Sprintf("el %d and fedora %d", f.EL, f.Fedora))
	case f.Fedora > 0 && f.Dist != ".fc"+strconv.Itoa(f.Fedora):
		add("dist", ".fc"+strconv.Itoa(f.Fedora)+", like fedora", f.Dist)
	case f.EL > 0 && f.Dist != ".el"+strconv.Itoa(f.EL):
		add("dist", ".el"+strconv.Itoa(f.EL)+", like el", f.Dist)
	}
	if f.Pinned != "" && f.Digest == "" {
		add("pinned", "the digest that the image had on that day, as digest", "none")
	}
	seen := map[string]bool{}
	for i, r := range f.Repositories {
		if seen[r] {
			add("repositories["+strconv.Itoa(i)+"]", "each repository once", r+" again")
		}
		seen[r] = true
	}
	if f.Default && f.defaultIn != "" {
		add("default", "one default distro", "a second, after "+f.defaultIn)
	}
	return out
}

// LoadDistros reads distros/*.yaml from a file system rooted at specs/. The mistakes of all
// files are reported at once, as *strictyaml.Mistake; a file of another kind is one too.
func LoadDistros(fsys fs.FS) (*Distros, error) {
	var ds Distros
	err := loadFolder(fsys, distrosFolder, func(name, file, defaultIn string) (bool, error) {
		f := distroFile{file: file, defaultIn: defaultIn}
		err := loadFile(fsys, name, file, &f)
		ds.list = append(ds.list, f.Distro)
		return f.Default, err
	})
	if err != nil {
		return nil, err
	}
	return &ds, nil
}

// Find returns the distro of that name, or *UnknownError.
func (ds *Distros) Find(name string) (Distro, error) {
	for _, d := range ds.list {
		if d.Name == name {
			return d, nil
		}
	}
	return Distro{}, &UnknownError{Kind: "distro", Name: name, Known: ds.Names()}
}

// Names returns the names of all distros, sorted.
func (ds *Distros) Names() []string {
	names := make([]string, 0, len(ds.list))
	for _, d := range ds.list {
		names = append(names, d.Name)
	}
	return names
}

// Default returns the distro that is built for if none is named.
func (ds *Distros) Default() Distro {
	for _, d := range ds.list {
		if d.Default {
			return d
		}
	}
	return Distro{}
}
