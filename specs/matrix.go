// SPDX-License-Identifier: Apache-2.0

package specs

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/specs/strictyaml"
)

// MatrixFile is the name of the file in the directory specs.
const MatrixFile = "matrix.yaml"

// Depth is how far a cell of a matrix is taken. Each includes those before it.
type Depth string

// The depths, the shallowest first.
const (
	DepthEdit     Depth = "edit"     // the provider is added to the release; nothing is compiled
	DepthCompile  Depth = "compile"  // it is compiled there, and ibv_devices lists its device
	DepthPackage  Depth = "package"  // packages are made
	DepthProven   Depth = "proven"   // they are installed in a clean container, with verdicts
	DepthKernel   Depth = "kernel"   // and booted in the kernel lab
	DepthReleased Depth = "released" // proven, and built once more from the record with the same bytes, as release wants it
)

// Depths are all of them, the shallowest first.
func Depths() []Depth {
	return []Depth{DepthEdit, DepthCompile, DepthPackage, DepthProven, DepthKernel, DepthReleased}
}

// The kinds of packages of a cell.
const (
	KindPatched = "patched" // rdma-core's packages with the provider in them
	KindAddon   = "addon"   // the provider's own, next to unpatched ones
)

// Axes are lists of values, of which each combination is a cell.
//
//nolint:lll // a struct tag cannot be broken
type Axes struct {
	// Releases are numbers, FROM..TO, "default" or "all".
	Releases []string `yaml:"releases,omitempty" jsonschema:"minItems=1" jsonschema_description:"release numbers such as \"56.1\", ranges such as \"50.0..56.1\", default, or all"`
	// Distros and Suites are names, or "all". Together they are what packages are made for.
	Distros []string `yaml:"distros,omitempty" jsonschema:"minItems=1" jsonschema_description:"names of distros, or all"`
	Suites  []string `yaml:"suites,omitempty" jsonschema:"minItems=1" jsonschema_description:"names of Debian or Ubuntu suites, or all"`
	// Processors are as RPM names them.
	Processors []string `yaml:"processors,omitempty" jsonschema:"minItems=1,enum=x86_64,enum=aarch64" jsonschema_description:"x86_64, aarch64"`
	// Providers are names in provider/, or directories.
	Providers []string `yaml:"providers,omitempty" jsonschema:"minItems=1" jsonschema_description:"names in provider/, or paths of directories"`
	// Packages are kinds of packages.
	Packages []string `yaml:"packages,omitempty" jsonschema:"minItems=1,enum=patched,enum=addon" jsonschema_description:"kinds of packages: patched, addon"`
	// Depth is how far each cell is taken.
	Depth Depth `yaml:"depth,omitempty" jsonschema:"enum=edit,enum=compile,enum=package,enum=proven,enum=kernel,enum=released" jsonschema_description:"edit, compile, package, proven, kernel or released"`
}

// Matrix is the file matrix.yaml.
type Matrix struct {
	Axes `yaml:",inline"`

	// Exclude removes the cells that have one of the named values on each axis that it names.
	Exclude []Axes `yaml:"exclude,omitempty" jsonschema_description:"combinations to leave out"`
	// Include adds the combinations of its own axes, with those of the matrix where it names none.
	Include []Axes `yaml:"include,omitempty" jsonschema_description:"combinations to add, or to take deeper"`

	known matrixNames
}

// matrixNames are the names that a matrix may have.
type matrixNames struct {
	releases *Releases
	distros  *Distros
	suites   *Suites
}

// MatrixCell is one combination.
type MatrixCell struct {
	Release   string
	Distro    string // or
	Suite     string // of Debian's packages
	Processor Processor
	Provider  string // "": the repository's own
	Packages  string
	Depth     Depth
}

// Target is the distro or the suite.
func (c MatrixCell) Target() string { return c.Distro + c.Suite }

// MostCells is how many cells a matrix may have.
const MostCells = 10000

// mostCombined is how many combinations are made before some are excluded.
const mostCombined = 10 * MostCells

// LoadMatrix reads a matrix from a file of a file system that is rooted at specs/, whose name in messages is file ("": its own).
// All mistakes in it are reported at once, as *strictyaml.Mistake.
func LoadMatrix(fsys fs.FS, name, file string, releases *Releases, distros *Distros, suites *Suites) (*Matrix, error) {
	if file == "" {
		file = shown(fsys, name)
	}
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	m := Matrix{known: matrixNames{releases, distros, suites}}
	if err := strictyaml.Decode(file, data, &m); err != nil {
		return nil, err
	}
	return &m, nil
}

// ChecksPart says that the values are looked at even if others are mistakes.
func (m *Matrix) ChecksPart() {}

// Check finds mistakes that the schema cannot express.
func (m *Matrix) Check() []strictyaml.Problem {
	var out []strictyaml.Problem
	top := m.filled(Axes{})
	if len(top.Distros)+len(top.Suites) == 0 {
		out = append(out, strictyaml.Problem{Want: "distros or suites", Got: "neither"})
	}
	out = append(out, m.known.check("", m.Axes, top)...)
	for i, a := range m.Exclude {
		at := "exclude[" + strconv.Itoa(i) + "]"
		if a.Depth != "" {
			out = append(out, strictyaml.Problem{Path: at + ".depth", Want: "no depth: a cell is left out at any", Got: string(a.Depth)})
		}
		if a.empty() {
			out = append(out, strictyaml.Problem{Path: at, Want: "an axis at least", Got: "none"})
		}
		out = append(out, m.known.check(at+".", a, Axes{})...)
	}
	for i, a := range m.Include {
		at := "include[" + strconv.Itoa(i) + "]"
		if a.empty() && a.Depth == "" {
			out = append(out, strictyaml.Problem{Path: at, Want: "an axis or a depth at least", Got: "none"})
		}
		out = append(out, m.known.check(at+".", a, m.filled(a))...)
	}
	if len(out) > 0 {
		return out
	}
	n := m.size()
	if n <= mostCombined {
		n = len(m.Cells())
	}
	switch {
	case n > MostCells:
		return []strictyaml.Problem{{Want: fmt.Sprintf("at most %d cells", MostCells), Got: strconv.Itoa(n)}}
	case n == 0:
		return []strictyaml.Problem{{Want: "a cell at least", Got: "none that is not excluded"}}
	}
	return nil
}

func (a Axes) empty() bool {
	return len(a.Releases)+len(a.Distros)+len(a.Suites)+len(a.Processors)+len(a.Providers)+len(a.Packages) == 0
}

// check finds the mistakes of the named values; whole are those that its cells get.
func (k matrixNames) check(at string, a, whole Axes) []strictyaml.Problem {
	var out []strictyaml.Problem
	each := func(axis string, values []string, find func(string) error) {
		for i, v := range values {
			path := at + axis + "[" + strconv.Itoa(i) + "]"
			if slices.Contains(values[:i], v) {
				out = append(out, strictyaml.Problem{Path: path, Want: "each value once", Got: v + " again"})
				continue
			}
			if err := find(v); err != nil {
				out = append(out, strictyaml.Problem{Path: path, Want: wantOf(err), Got: v})
			}
		}
	}
	each("releases", a.Releases, func(v string) error {
		_, err := k.releaseNumbers(v)
		return err
	})
	each("distros", a.Distros, func(v string) error {
		_, err := k.distroNames(v)
		return err
	})
	each("suites", a.Suites, func(v string) error {
		_, err := k.suiteNames(v)
		return err
	})
	each("processors", a.Processors, func(string) error { return nil })
	each("packages", a.Packages, func(string) error { return nil })
	each("providers", a.Providers, func(v string) error {
		if strings.TrimSpace(v) == "" {
			return errNoName
		}
		return nil
	})
	if whole.Depth == DepthKernel && len(whole.Suites) > 0 && slices.Contains(whole.Packages, KindAddon) {
		out = append(out, strictyaml.Problem{
			Path: strings.TrimSuffix(at, "."), Want: "patched packages of suites at depth kernel", Got: KindAddon,
		})
	}
	return out
}

var errNoName = errors.New("a name or a path")

// wantOf is what would be right in place of an unknown name.
func wantOf(err error) string {
	if unknown, ok := errors.AsType[*UnknownError](err); ok {
		const few = 24
		if len(unknown.Known) > few {
			known := unknown.Known
			return fmt.Sprintf("a %s from %s to %s", unknown.Kind, known[0], known[len(known)-1])
		}
		return "one of " + strings.Join(unknown.Known, ", ")
	}
	return err.Error()
}

// filled is an include with the matrix's values on the axes that it does not name, and with the values that a matrix has by itself.
func (m *Matrix) filled(a Axes) Axes {
	or := func(values, other []string, last ...string) []string {
		switch {
		case len(values) > 0:
			return values
		case len(other) > 0:
			return other
		}
		return last
	}
	if len(a.Distros)+len(a.Suites) == 0 {
		a.Distros, a.Suites = m.Distros, m.Suites
	}
	a.Releases = or(a.Releases, m.Releases, "default")
	a.Processors = or(a.Processors, m.Processors, string(X8664))
	a.Providers = or(a.Providers, m.Providers, "")
	a.Packages = or(a.Packages, m.Packages, KindPatched)
	if a.Depth == "" {
		a.Depth = m.Depth
	}
	if a.Depth == "" {
		a.Depth = DepthPackage
	}
	return a
}
