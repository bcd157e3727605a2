// SPDX-License-Identifier: Apache-2.0

package specs

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"

	"github.com/resnics/verbsmith/specs/strictyaml"
)

// TransplantsFile is the name of the file in the directory specs.
const TransplantsFile = "transplants.yaml"

// Transplants is the file transplants.yaml: upstream's providers, to be added to a release
// without them and compared with upstream's own result.
type Transplants struct {
	// TakeOut says how to remove a provider from a release by its text.
	TakeOut []TakeOut `yaml:"takeOut,omitempty" jsonschema_description:"how to remove a provider from a release"`
	// Transplants are in the order of the report.
	Transplants []Transplant `yaml:"transplants" jsonschema:"minItems=1" jsonschema_description:"the providers"`
	// Adopted is for manifests that provider:adopt writes.
	Adopted Adopted `yaml:"adopted,omitempty" jsonschema_description:"a mapping with release and reasons"`
}

// Adopted is about manifests that provider:adopt writes for the transplants, and for every provider of a release.
type Adopted struct {
	// Release is the one whose providers are taken out of it one by one. Their transplants are called PROVIDER-RELEASE.
	Release string `yaml:"release" jsonschema:"pattern=^v[0-9]+([.][0-9]+)+$" jsonschema_description:"a tag such as v64.0"`
	// Reasons explain differences from upstream that the manifests by hand do not have, and from these manifests.
	Reasons []AdoptedReason `yaml:"reasons,omitempty" jsonschema_description:"why the results may differ"`
}

// AdoptedReason explains differences of some transplants: lines of files, and fields of the manifest by hand.
//
//nolint:lll // a struct tag cannot be broken
type AdoptedReason struct {
	// Transplants are those that have the difference.
	Transplants []string `yaml:"transplants" jsonschema:"minItems=1" jsonschema_description:"the names of transplants"`
	// Fields are those of the manifest that differ from the one by hand.
	Fields []string `yaml:"fields,omitempty" jsonschema_description:"fields of the manifest"`
	// Files are paths in the tree.
	Files []string `yaml:"files,omitempty" jsonschema_description:"the files' paths in the tree"`
	// Kinds are the kinds of the differences in files: missing, extra or elsewhere.
	Kinds []string `yaml:"kinds,omitempty" jsonschema:"enum=missing,enum=extra,enum=elsewhere" jsonschema_description:"missing, extra, elsewhere"`
	// Lines is a pattern for the lines; empty matches every line.
	Lines string `yaml:"lines,omitempty" jsonschema_description:"a regular expression that the lines match"`
	// Why is the reason.
	Why string `yaml:"why" jsonschema:"minLength=20" jsonschema_description:"why the difference is right"`
}

// For lists the reasons of a transplant for its lines, and for its fields.
func (a *Adopted) For(transplant string) (lines []Reason, fields map[string]string) {
	fields = map[string]string{}
	for _, r := range a.Reasons {
		if !slices.Contains(r.Transplants, transplant) {
			continue
		}
		for _, f := range r.Fields {
			fields[f] = r.Why
		}
		if len(r.Files) > 0 {
			lines = append(lines, Reason{Files: r.Files, Kinds: r.Kinds, Lines: r.Lines, Why: r.Why})
		}
	}
	return lines, fields
}

// TakeOut removes a provider from a release, independently of how one is added: it
// removes paths, and cuts text out of files by regular expressions.
type TakeOut struct {
	// Provider is the provider's name.
	Provider string `yaml:"provider" jsonschema:"pattern=^[a-z][a-z0-9_]*$" jsonschema_description:"the provider's name"`
	// Remove are files and directories.
	Remove []string `yaml:"remove" jsonschema:"minItems=1" jsonschema_description:"files and directories of the tree"`
	// Cuts are made in their order.
	Cuts []Cut `yaml:"cuts" jsonschema_description:"what to cut out of files"`
}

// Cut is one cut of a file's text.
type Cut struct {
	// File is the file's path in the tree.
	File string `yaml:"file" jsonschema:"minLength=1" jsonschema_description:"the file's path in the tree"`
	// Match is in Go's syntax; ^ and $ are those of a line.
	Match string `yaml:"match" jsonschema:"minLength=1" jsonschema_description:"a regular expression; ^ and $ match at lines"`
	// With is the replacement; $1 is the first group.
	With string `yaml:"with,omitempty" jsonschema_description:"the replacement, with $1 for a group"`
	// Times is how often it has to match: 0 stands for 1.
	Times int `yaml:"times,omitempty" jsonschema:"minimum=1" jsonschema_description:"how often it must match (default 1)"`
}

// Transplant is one provider and what it is compared with.
//
//nolint:lll // a struct tag cannot be broken
type Transplant struct {
	// Name is the name on the command line, and of the manifest in
	// provider/testdata/transplants.
	Name string `yaml:"name" jsonschema:"pattern=^[a-z][a-z0-9_-]*$" jsonschema_description:"the name on the command line and of the manifest"`
	// Provider is the provider's name.
	Provider string `yaml:"provider" jsonschema:"pattern=^[a-z][a-z0-9_]*$" jsonschema_description:"the provider's name"`
	// Host is the release that it is added to.
	Host string `yaml:"host" jsonschema:"pattern=^v[0-9]+([.][0-9]+)+$" jsonschema_description:"a tag such as v42.0"`
	// Commits are upstream's own that added the provider, in order. The result is compared with
	// the host after these commits.
	Commits []string `yaml:"commits,omitempty" jsonschema:"pattern=^[0-9a-f]{40}$" jsonschema_description:"upstream's commit ids of 40 hex digits, in order"`
	// Without are the providers that are removed from the host first. The result is compared
	// with the host from which all but this one are removed.
	Without []string `yaml:"without,omitempty" jsonschema_description:"providers to remove from the host"`
	// Files are files of the provider's directory that upstream has elsewhere, such as the ABI
	// header: the name in the directory, and the path in upstream's tree.
	Files map[string]string `yaml:"files" jsonschema_description:"name in the provider's directory: path in upstream's tree"`
	// Reasons explain each difference.
	Reasons []Reason `yaml:"reasons,omitempty" jsonschema_description:"why the result may differ from upstream's"`
}

// Reason explains differences. Each of its files has some of each of its kinds.
//
//nolint:lll // a struct tag cannot be broken
type Reason struct {
	// Files are paths in the tree.
	Files []string `yaml:"files" jsonschema:"minItems=1" jsonschema_description:"the files' paths in the tree"`
	// Kinds are the kinds of the differences: missing, extra or elsewhere.
	Kinds []string `yaml:"kinds" jsonschema:"minItems=1,enum=missing,enum=extra,enum=elsewhere" jsonschema_description:"missing, extra, elsewhere"`
	// Lines is a pattern for the lines; empty matches every line.
	Lines string `yaml:"lines,omitempty" jsonschema_description:"a regular expression that the lines match"`
	// Why is the reason.
	Why string `yaml:"why" jsonschema:"minLength=20" jsonschema_description:"why the difference is right"`
}

// LoadTransplants reads transplants.yaml from a file system that is rooted at specs/.
// All mistakes in it are reported at once, as *strictyaml.Mistake.
func LoadTransplants(fsys fs.FS) (*Transplants, error) {
	data, err := fs.ReadFile(fsys, TransplantsFile)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", shown(fsys, TransplantsFile), err)
	}
	var t Transplants
	if err := strictyaml.Decode(shown(fsys, TransplantsFile), data, &t); err != nil {
		return nil, err
	}
	return &t, nil
}

// Find returns the transplant of that name, or *UnknownError.
func (t *Transplants) Find(name string) (Transplant, error) {
	for _, tr := range t.Transplants {
		if tr.Name == name {
			return tr, nil
		}
	}
	return Transplant{}, &UnknownError{Kind: "transplant", Name: name, Known: t.Names()}
}

// Names returns the transplants' names in their order.
func (t *Transplants) Names() []string {
	names := make([]string, 0, len(t.Transplants))
	for _, tr := range t.Transplants {
		names = append(names, tr.Name)
	}
	return names
}

// TakenOut returns the removal of a provider, or *UnknownError.
func (t *Transplants) TakenOut(name string) (TakeOut, error) {
	known := make([]string, 0, len(t.TakeOut))
	for _, out := range t.TakeOut {
		if out.Provider == name {
			return out, nil
		}
		known = append(known, out.Provider)
	}
	return TakeOut{}, &UnknownError{Kind: "provider to take out", Name: name, Known: known}
}

// Check finds mistakes that the schema cannot express.
func (t *Transplants) Check() []strictyaml.Problem {
	var out []strictyaml.Problem
	add := func(path, want, got string) { out = append(out, strictyaml.Problem{Path: path, Want: want, Got: got}) }
	expression := func(path, text string) {
		if _, err := regexp.Compile(text); err != nil {
			add(path, "a regular expression", err.Error())
		}
	}
	for i, o := range t.TakeOut {
		for k, c := range o.Cuts {
			expression(fmt.Sprintf("takeOut[%d].cuts[%d].match", i, k), c.Match)
		}
	}
	names := t.Names()
	for i, tr := range t.Transplants {
		path := "transplants[" + strconv.Itoa(i) + "]"
		if slices.Contains(names[:i], tr.Name) {
			add(path+".name", "each name once", tr.Name+" again")
		}
		for k, name := range tr.Without {
			if _, err := t.TakenOut(name); err != nil {
				add(fmt.Sprintf("%s.without[%d]", path, k), "a provider of takeOut", name)
			}
		}
		if got := len(tr.Commits) > 0; got == slices.Contains(tr.Without, tr.Provider) {
			add(path, "either upstream's commits, or the provider in without", "both or neither")
		}
		for k, r := range tr.Reasons {
			expression(fmt.Sprintf("%s.reasons[%d].lines", path, k), r.Lines)
		}
	}
	return out
}
