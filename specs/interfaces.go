// SPDX-License-Identifier: Apache-2.0

package specs

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"

	"github.com/resnics/verbsmith/specs/strictyaml"
)

const interfacesFile = "interfaces.yaml"

// Interface is the interface between libibverbs and a provider's module, from one release up to
// another. Several can have the same private ABI.
type Interface struct {
	// PrivateABI is the NN in libNAME-rdmavNN.so and IBVERBS_PRIVATE_NN.
	PrivateABI int `yaml:"privateABI" jsonschema:"minimum=1"` //nolint:tagliatelle // as everywhere in rdma-core
	// From is the first release, Below the first that has another interface or is not known.
	From  string `yaml:"from" jsonschema:"pattern=^[0-9]+[.][0-9]+$" jsonschema_description:"a release number such as \"56.1\""`
	Below string `yaml:"below" jsonschema:"pattern=^[0-9]+[.][0-9]+$" jsonschema_description:"a release number such as \"56.1\""`
	// Layout is the digest of the structures that both sides see; "": it was not measured.
	Layout string `yaml:"layout,omitempty" jsonschema:"pattern=^[0-9a-f]{16}$" jsonschema_description:"16 lower-case hex digits"`
	// Changed are functions with other arguments from here on.
	Changed []string `yaml:"changed,omitempty" jsonschema:"pattern=^[a-z_][a-z0-9_]*$" jsonschema_description:"names of C functions"`

	// apart is one of an added release. Nobody has compared its functions' arguments with those of others, so it is merged with none.
	apart bool
}

// Has reports whether a release has the interface.
func (i Interface) Has(version string) bool {
	return CompareVersions(i.From, version) <= 0 && CompareVersions(version, i.Below) < 0
}

// Interfaces is the file interfaces.yaml.
type Interfaces struct {
	// List is in rising order and without a gap.
	List []Interface `yaml:"interfaces" jsonschema:"minItems=1"`
}

// LoadInterfaces reads interfaces.yaml from a file system that is rooted at specs/, and adds those of the releases that have a file.
// All mistakes in it are reported at once, as *strictyaml.Mistake.
func LoadInterfaces(fsys fs.FS, releases *Releases) (*Interfaces, error) {
	data, err := fs.ReadFile(fsys, interfacesFile)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", shown(fsys, interfacesFile), err)
	}
	var list Interfaces
	if err := strictyaml.Decode(shown(fsys, interfacesFile), data, &list); err != nil {
		return nil, err
	}
	var errs []error
	refused := map[string]bool{}
	for n, f := range releases.files {
		f.check = list.problems
		i := f.Interface
		switch err := strictyaml.Decode(f.file, f.data, &f); {
		case err != nil:
			errs = append(errs, err)
			refused[f.file] = true
		case i == nil:
		case slices.ContainsFunc(list.List, i.within):
			releases.files[n].Interface = nil
		default:
			added := *i
			added.apart = true
			list.List = append(list.List, added)
		}
	}
	slices.SortFunc(list.List, func(a, b Interface) int { return CompareVersions(a.From, b.From) })
	for _, f := range releases.files {
		if f.check = list.missing; !refused[f.file] {
			errs = append(errs, strictyaml.Decode(f.file, f.data, &f))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &list, nil
}

// problems are those of a release's interface with the others.
func (l *Interfaces) problems(f *releaseFile) []strictyaml.Problem {
	i := f.Interface
	if i == nil {
		return nil
	}
	for _, other := range l.List {
		if overlap := CompareVersions(i.From, other.Below) < 0 && CompareVersions(other.From, i.Below) < 0; !overlap || i.within(other) {
			continue
		}
		return []strictyaml.Problem{{
			Path: "interface", Want: "releases that no other interface has: from " + other.From + " to below " + other.Below +
				" private ABI " + strconv.Itoa(other.PrivateABI) + " is known", Got: i.From + " to below " + i.Below,
		}}
	}
	return nil
}

// missing is the problem of a release that is in no interface.
func (l *Interfaces) missing(f *releaseFile) []strictyaml.Problem {
	if _, ok := l.Of(f.Version); ok {
		return nil
	}
	return []strictyaml.Problem{{Path: "interface", Want: "the interface of " + f.Version + ", which no other file has", Got: "nothing"}}
}

// within reports whether an interface is another, or a part of it.
func (i Interface) within(other Interface) bool {
	return i.PrivateABI == other.PrivateABI && CompareVersions(i.From, other.From) >= 0 && CompareVersions(i.Below, other.Below) <= 0 &&
		(i.Layout == other.Layout || i.Layout == "" || other.Layout == "")
}

// continues reports whether an interface is the one before it, as far as its structures go.
func (i Interface) continues(before Interface) bool {
	return !i.apart && before.Below == i.From && before.PrivateABI == i.PrivateABI && before.Layout == i.Layout
}

// Of returns the interface of a release.
func (l *Interfaces) Of(version string) (Interface, bool) {
	if l == nil {
		return Interface{}, false
	}
	for _, i := range l.List {
		if i.Has(version) {
			return i, true
		}
	}
	return Interface{}, false
}

// Check finds mistakes that the schema cannot express.
func (l *Interfaces) Check() []strictyaml.Problem {
	var out []strictyaml.Problem
	for n, i := range l.List {
		path := "interfaces[" + strconv.Itoa(n) + "]"
		if CompareVersions(i.From, i.Below) >= 0 {
			out = append(out, strictyaml.Problem{Path: path + ".below", Want: "a release after " + i.From, Got: i.Below})
		}
		if n == 0 {
			continue
		}
		before := l.List[n-1]
		if before.Below != i.From {
			out = append(out, strictyaml.Problem{
				Path: path + ".from", Want: before.Below + ", where the previous one ends", Got: i.From,
			})
		}
		if before.PrivateABI == i.PrivateABI && before.Layout == i.Layout && len(i.Changed) == 0 {
			out = append(out, strictyaml.Problem{
				Path: path, Want: "what differs from the previous interface", Got: "the same private ABI and layout",
			})
		}
	}
	return out
}

// For returns the interfaces for a provider that calls the functions for which calls is true:
// two are merged if nothing that it uses has changed.
func (l *Interfaces) For(calls func(function string) bool) []Interface {
	var out []Interface
	for _, i := range l.List {
		if n := len(out); n > 0 && i.continues(out[n-1]) && !slices.ContainsFunc(i.Changed, calls) {
			out[n-1].Below = i.Below
			continue
		}
		out = append(out, i)
	}
	return out
}
