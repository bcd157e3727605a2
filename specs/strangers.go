// SPDX-License-Identifier: Apache-2.0

package specs

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/specs/strictyaml"
)

// StrangersFile is the name of the file in the directory specs.
const StrangersFile = "strangers.yaml"

// Strangers is the file strangers.yaml: public providers that rdma-core does not have.
type Strangers struct {
	// Strangers are in the order of the report.
	Strangers []Stranger `yaml:"strangers" jsonschema:"minItems=1" jsonschema_description:"the providers"`
	// Reasons explain the differences between what vendors did to rdma-core's own files and what
	// verbsmith does.
	Reasons []StrangerReason `yaml:"reasons,omitempty" jsonschema_description:"why the vendors' changes differ from verbsmith's"`
}

// Stranger is one provider and where its code is.
//
//nolint:lll // a struct tag cannot be broken
type Stranger struct {
	// Name is the name on the command line, and of the directory in provider/testdata/strangers
	// with the manifest.
	Name string `yaml:"name" jsonschema:"pattern=^[a-z][a-z0-9_-]*$" jsonschema_description:"the name on the command line and of the manifest's directory"`
	// Repository is the owner and the name on GitHub.
	Repository string `yaml:"repository" jsonschema:"pattern=^[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9_-][A-Za-z0-9._-]*$" jsonschema_description:"OWNER/NAME on GitHub"`
	// Ref has the commit.
	Ref string `yaml:"ref" jsonschema:"pattern=^refs/[A-Za-z0-9._/-]+$" jsonschema_description:"the full name of a ref that has the commit, to fetch"`
	// Commit is the one whose files are taken.
	Commit string `yaml:"commit" jsonschema:"pattern=^[0-9a-f]{40}$" jsonschema_description:"the commit id of 40 hex digits"`
	// Path is the provider's directory in the commit.
	Path string `yaml:"path" jsonschema:"minLength=1" jsonschema_description:"the provider's directory in the commit"`
	// Files are files of the provider's directory that the commit has elsewhere, such as the ABI
	// header: the name in the directory, and the path in the commit.
	Files map[string]string `yaml:"files,omitempty" jsonschema_description:"name in the provider's directory: path in the commit"`
	// Compare says what the vendor's own changes to rdma-core are, if the repository has any.
	Compare *StrangerChange `yaml:"compare,omitempty" jsonschema_description:"the vendor's own change of rdma-core; without it there is none"`
}

// StrangerChange is the vendor's own change of rdma-core: the difference between two trees.
//
//nolint:lll // a struct tag cannot be broken
type StrangerChange struct {
	// Before is rdma-core without the provider.
	Before string `yaml:"before" jsonschema:"pattern=^([0-9a-f]{40}|v[0-9]+([.][0-9]+)+)$" jsonschema_description:"a commit id of the same repository, or a release of rdma-core such as v55.0"`
	// After is rdma-core with it; by default the stranger's commit.
	After string `yaml:"after,omitempty" jsonschema:"pattern=^[0-9a-f]{40}$" jsonschema_description:"a commit id of the same repository (default the provider's commit)"`
	// Host is the release that verbsmith adds the provider to, where Before is older than it knows. Then
	// only added lines are compared.
	Host string `yaml:"host,omitempty" jsonschema:"pattern=^v[0-9]+([.][0-9]+)+$" jsonschema_description:"a release of rdma-core that verbsmith adds the provider to (default before); then only added lines are compared"`
	// Tree is where rdma-core is in After, if not at the top.
	Tree string `yaml:"tree,omitempty" jsonschema:"minLength=1" jsonschema_description:"the directory of the repository that is rdma-core"`
}

// StrangerReason explains differences of several strangers.
type StrangerReason struct {
	Reason `yaml:",inline"`

	// Strangers are names.
	Strangers []string `yaml:"strangers" jsonschema:"minItems=1" jsonschema_description:"the strangers that it is for"`
}

// LoadStrangers reads strangers.yaml from a file system that is rooted at specs/.
// All mistakes in it are reported at once, as *strictyaml.Mistake.
func LoadStrangers(fsys fs.FS) (*Strangers, error) {
	data, err := fs.ReadFile(fsys, StrangersFile)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", shown(fsys, StrangersFile), err)
	}
	var s Strangers
	if err := strictyaml.Decode(shown(fsys, StrangersFile), data, &s); err != nil {
		return nil, err
	}
	return &s, nil
}

// Find returns the stranger of that name, or *UnknownError.
func (s *Strangers) Find(name string) (Stranger, error) {
	for _, one := range s.Strangers {
		if one.Name == name {
			return one, nil
		}
	}
	return Stranger{}, &UnknownError{Kind: "stranger", Name: name, Known: s.Names()}
}

// Names returns the strangers' names in their order.
func (s *Strangers) Names() []string {
	names := make([]string, 0, len(s.Strangers))
	for _, one := range s.Strangers {
		names = append(names, one.Name)
	}
	return names
}

// ReasonsFor returns the reasons for the differences of one stranger.
func (s *Strangers) ReasonsFor(name string) []Reason {
	var reasons []Reason
	for _, r := range s.Reasons {
		if slices.Contains(r.Strangers, name) {
			reasons = append(reasons, r.Reason)
		}
	}
	return reasons
}

// Check finds mistakes that the schema cannot express.
func (s *Strangers) Check() []strictyaml.Problem {
	var out []strictyaml.Problem
	names := s.Names()
	for i, one := range s.Strangers {
		path := fmt.Sprintf("strangers[%d]", i)
		if slices.Contains(names[:i], one.Name) {
			out = append(out, strictyaml.Problem{Path: path + ".name", Want: "each name once", Got: one.Name + " again"})
		}
		out = append(out, one.check(path)...)
	}
	for i, r := range s.Reasons {
		path := fmt.Sprintf("reasons[%d]", i)
		if _, err := regexp.Compile(r.Lines); err != nil {
			out = append(out, strictyaml.Problem{Path: path + ".lines", Want: "a regular expression", Got: err.Error()})
		}
		for k, name := range r.Strangers {
			if one, err := s.Find(name); err != nil || one.Compare == nil {
				out = append(out, strictyaml.Problem{
					Path: fmt.Sprintf("%s.strangers[%d]", path, k), Want: "a stranger with something to compare", Got: name,
				})
			}
		}
	}
	return out
}

// check finds the mistakes of one stranger.
func (s *Stranger) check(path string) []strictyaml.Problem {
	var out []strictyaml.Problem
	local := func(name, at string) {
		if !fs.ValidPath(name) || name == "." {
			out = append(out, strictyaml.Problem{Path: path + at, Want: "a path below the top, with / and without ..", Got: name})
		}
	}
	local(s.Path, ".path")
	for name, from := range s.Files {
		local(name, ".files")
		local(from, ".files."+name)
	}
	if c := s.Compare; c != nil && c.Tree != "" {
		local(c.Tree, ".compare.tree")
		if !strings.HasPrefix(s.Path, c.Tree+"/") {
			out = append(out, strictyaml.Problem{Path: path + ".compare.tree", Want: "a directory that has " + s.Path, Got: c.Tree})
		}
	}
	return out
}
