// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"debug/elf"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/text"
)

// CheckSymbols is the name of the check of the compiled module.
const CheckSymbols = "symbols"

// Module has the exports and imports of a compiled provider's shared object.
type Module struct {
	Soname  string // empty for a plug-in
	Needed  []string
	Exports []Symbol
	Imports []Symbol // not those that may be missing
}

// Symbol is a dynamic symbol with its version, where it has one, and, for
// an import, the library that has that version.
type Symbol struct{ Name, Version, Library string }

// String is NAME@VERSION, or NAME.
func (s Symbol) String() string {
	if s.Version == "" {
		return s.Name
	}
	return s.Name + "@" + s.Version
}

// ReadModule reads a shared object's dynamic section.
//
// Errors: those of debug/elf, for a file that is not a shared object.
func ReadModule(r io.ReaderAt) (*Module, error) {
	f, err := elf.NewFile(r)
	if err != nil {
		return nil, fmt.Errorf("read the module: %w", err)
	}
	m := &Module{}
	if m.Needed, err = f.ImportedLibraries(); err != nil {
		return nil, fmt.Errorf("read the module's libraries: %w", err)
	}
	if names, err := f.DynString(elf.DT_SONAME); err == nil && len(names) == 1 {
		m.Soname = names[0]
	}
	symbols, err := f.DynamicSymbols()
	if err != nil {
		return nil, fmt.Errorf("read the module's symbols: %w", err)
	}
	for _, s := range symbols {
		one := Symbol{Name: s.Name, Version: s.Version, Library: s.Library}
		switch bind := elf.ST_BIND(s.Info); {
		case s.Section == elf.SHN_UNDEF && bind == elf.STB_GLOBAL:
			m.Imports = append(m.Imports, one)
		case s.Section == elf.SHN_UNDEF || s.Section == elf.SHN_ABS: // weak; the name of a version
		case bind == elf.STB_GLOBAL || bind == elf.STB_WEAK:
			m.Exports = append(m.Exports, one)
		}
	}
	return m, nil
}

// usualLibrary matches the libraries of each provider: libibverbs, and those of the compiler
// and the C library.
var usualLibrary = regexp.MustCompile(`^(libibverbs\.so\.1|lib(c|m|pthread|dl|rt|gcc_s|atomic)\.so\.\d+|ld-linux.*\.so\.\d+)$`)

// Symbols checks that the provider's compiled module exports only what it may and imports only
// symbols that exist. privateABI is the release's.
//
// A plug-in exports nothing: libibverbs finds it by its constructor, and symbols of two
// plug-ins could clash in one process. A direct-verbs library exports all symbols of its
// version map.
func Symbols(p *provider.Provider, m *Module, privateABI int) Answer {
	a := Answer{Check: CheckSymbols}
	file := p.Path(cmake.FileName)
	if lib := p.Library(); lib != nil {
		file = p.Path(lib.Map)
		checkExports(p, &a, file, lib, m.Exports)
	} else {
		for _, s := range m.Exports {
			a.fail(&text.SourceError{File: file, Want: "a plug-in that exports no symbol", Got: s.String()})
		}
	}
	private := fmt.Sprintf("IBVERBS_PRIVATE_%d", privateABI)
	counts := map[string]int{}
	for _, s := range m.Imports {
		counts[s.Library]++
		switch {
		case s.Library == "":
			a.fail(&text.SourceError{File: file, Want: "a library for each symbol that the module imports", Got: "none for " + s.Name})
		case strings.HasPrefix(s.Version, "IBVERBS_PRIVATE_") && s.Version != private:
			a.fail(&text.SourceError{File: file, Want: "symbols of " + private, Got: s.String()})
		}
	}
	for _, name := range m.Needed {
		if !usualLibrary.MatchString(name) {
			a.warn(&text.SourceError{File: file, Want: "only libibverbs and the C library, or a BuildRequires for " + name, Got: name})
		}
	}
	a.Evidence = fmt.Sprintf("exports %d, takes %d from libibverbs (%s) and %d from libc",
		len(m.Exports), counts["libibverbs.so.1"], private, counts["libc.so.6"])
	return a
}

// checkExports compares with the version map.
func checkExports(p *provider.Provider, a *Answer, file string, lib *provider.Library, exports []Symbol) {
	data, _ := p.Content(lib.Map)
	var want []Symbol
	for _, s := range lib.Symbols {
		want = append(want, Symbol{Name: s.Name, Version: s.Node})
	}
	same := func(w Symbol) func(Symbol) bool {
		return func(s Symbol) bool { return s.Name == w.Name && (s.Version == "" || s.Version == w.Version) }
	}
	for _, w := range want {
		if !slices.ContainsFunc(exports, same(w)) {
			line := 1 + strings.Count(before(string(data), w.Name), "\n")
			want := "a function for each symbol of the version map"
			a.fail(&text.SourceError{File: file, Line: line, Want: want, Got: "none for " + w.String()})
		}
	}
	for _, s := range exports {
		ours := func(w Symbol) bool { return same(w)(s) }
		if !slices.ContainsFunc(want, ours) && !slices.Contains(lib.Nodes, s.Name) {
			a.fail(&text.SourceError{File: file, Want: "symbols of " + path.Base(file) + " alone", Got: s.String()})
		}
	}
}

// before returns the text before the first line that contains a word.
func before(source, word string) string {
	at := regexp.MustCompile(`\b` + regexp.QuoteMeta(word) + `\b`).FindStringIndex(source)
	if at == nil {
		return ""
	}
	return source[:at[0]]
}
