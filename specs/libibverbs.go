// SPDX-License-Identifier: Apache-2.0

package specs

import (
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/specs/strictyaml"
)

const libibverbsFolder = "libibverbs"

// Stock is which libibverbs the releases of a distribution have: one file in libibverbs/. The facts are of package indices and
// of public lists of packages, each with its source.
//
//nolint:lll // a struct tag cannot be broken
type Stock struct {
	// Name is the file's name without ".yaml".
	Name string `yaml:"name" jsonschema:"pattern=^[a-z][a-z0-9]*(-[a-z0-9]+)*$" jsonschema_description:"the file's name without .yaml, in lower-case letters, digits and dashes"`
	// Title is the distribution's name for people; several with the same packages are separated by commas.
	Title string `yaml:"title" jsonschema:"minLength=1" jsonschema_description:"the distribution's display name such as Debian"`
	// Package is the one with libibverbs.so.1.
	Package string `yaml:"package" jsonschema:"enum=libibverbs,enum=libibverbs1" jsonschema_description:"libibverbs or libibverbs1"`
	// Releases are those that users have, the oldest first.
	Releases []StockRelease `yaml:"releases" jsonschema:"minItems=1" jsonschema_description:"the releases that users have, the oldest first"`
}

// StockRelease is one release of a distribution.
//
//nolint:lll // a struct tag cannot be broken
type StockRelease struct {
	// Release is its number or name.
	Release string `yaml:"release" jsonschema:"minLength=1" jsonschema_description:"the release such as \"9.6\""`
	// Dist is the dist tag that RPMs for it have.
	Dist string `yaml:"dist,omitempty" jsonschema:"pattern=^[.](el|fc)[0-9]+$" jsonschema_description:"rpm's dist tag such as .el9 or .fc44"`
	// Suite is the code name that Debian's packages for it are built for.
	Suite string `yaml:"suite,omitempty" jsonschema:"pattern=^[a-z][a-z0-9]*$" jsonschema_description:"the suite's code name such as bookworm"`
	// Versions are those of the package, the oldest first: more than one if an update brought another.
	Versions []StockVersion `yaml:"versions,omitempty" jsonschema:"minItems=1" jsonschema_description:"versions of the package, the oldest first; several if an update brought another"`
	// Unknown says why the version is not known.
	Unknown string `yaml:"unknown,omitempty" jsonschema:"minLength=1" jsonschema_description:"why the version is not known, if there is none"`
}

// Family is what a release's packages are built for: its dist tag or suite.
func (r StockRelease) Family() string { return r.Dist + r.Suite }

// StockVersion is a version of the package with libibverbs.so.1, and where it was seen.
//
//nolint:lll // a struct tag cannot be broken
type StockVersion struct {
	// Version is VERSION-RELEASE, as rpm or dpkg shows it.
	Version string `yaml:"version" jsonschema:"pattern=^[0-9]+[.][0-9]+[A-Za-z0-9.~^+]*-[A-Za-z0-9._~^+]+$" jsonschema_description:"VERSION-RELEASE of the package such as 57.0-2.el9"`
	// From is the update that brought it, or when that was; "": the release has had it from the beginning, as far as is known.
	From string `yaml:"from,omitempty" jsonschema:"minLength=1" jsonschema_description:"the update that brought it or when that was, in every version but the first"`
	// Source is a URL, the name of a package index, or what else has the fact.
	Source string `yaml:"source" jsonschema:"minLength=1" jsonschema_description:"a URL, the name of a package index, or what else has the fact"`
	// Seen is the day on which the source was read. A page may have been a stored copy, older than that.
	Seen string `yaml:"seen" jsonschema:"pattern=^[0-9]{4}-[0-9]{2}-[0-9]{2}$" jsonschema_description:"the day on which the source was read such as 2026-12-01, in quotes"`
}

// Release is the release of rdma-core that a version is of, with a snapshot's or a fork's suffix.
func (v StockVersion) Release() string {
	return v.Version[:strings.LastIndex(v.Version, "-")]
}

// LoadStock reads libibverbs/*.yaml from a file system rooted at specs/, in the order of the files' names. The mistakes of all
// files are reported at once, as *strictyaml.Mistake; a file of another kind is one too.
func LoadStock(fsys fs.FS) ([]Stock, error) {
	var all []Stock
	_, err := eachFile(fsys, libibverbsFolder, func(name, file string) error {
		f := stockFile{file: file}
		err := loadFile(fsys, name, file, &f)
		all = append(all, f.Stock)
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// stockFile is a file in libibverbs/ with its name.
type stockFile struct {
	Stock `yaml:",inline"`

	file string
}

// Check finds mistakes that the schema cannot express.
func (f *stockFile) Check() []strictyaml.Problem {
	var out []strictyaml.Problem
	if want := strings.TrimSuffix(path.Base(f.file), ".yaml"); f.Name != want {
		out = append(out, strictyaml.Problem{Path: "name", Want: want + ", like the file", Got: f.Name})
	}
	for n, r := range f.Releases {
		at := "releases[" + strconv.Itoa(n) + "]"
		if slices.ContainsFunc(f.Releases[:n], func(other StockRelease) bool { return other.Release == r.Release }) {
			out = append(out, strictyaml.Problem{Path: at + ".release", Want: "each release once", Got: r.Release + " again"})
		}
		out = append(out, r.check(at)...)
	}
	return out
}

// check finds the mistakes of one release.
func (r StockRelease) check(at string) []strictyaml.Problem {
	var out []strictyaml.Problem
	if (r.Dist == "") == (r.Suite == "") {
		out = append(out, strictyaml.Problem{Path: at, Want: "one of dist and suite", Got: both(r.Dist != "")})
	}
	if (len(r.Versions) == 0) == (r.Unknown == "") {
		out = append(out, strictyaml.Problem{Path: at, Want: "one of versions and unknown", Got: both(r.Unknown != "")})
	}
	for n, v := range r.Versions {
		version := at + ".versions[" + strconv.Itoa(n) + "]"
		if n > 0 && v.From == "" {
			out = append(out, strictyaml.Problem{Path: version, Want: "the update that brought it, as from", Got: "none"})
		}
		if n > 0 && CompareVersions(r.Versions[n-1].Release(), v.Release()) > 0 {
			out = append(out, strictyaml.Problem{
				Path: version + ".version", Want: "versions in ascending order", Got: v.Version + " after " + r.Versions[n-1].Version,
			})
		}
	}
	return out
}

// both says of two fields that are both there or both not which it is.
func both(there bool) string {
	if there {
		return "both"
	}
	return "neither"
}
