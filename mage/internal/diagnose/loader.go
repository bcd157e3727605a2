// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// loader finds and loads libraries as glibc's dynamic loader would for a program of an architecture, and runs nothing of them.
type loader struct {
	tree    *Tree
	arch    elf.Machine
	own     []string            // LD_LIBRARY_PATH
	cache   map[string][]string // ld.so.cache
	system  []string            // where it looks without any of these
	objects map[string]*object  // by real path
	errs    map[string]error

	conf   []string             // directories of ld.so.conf that ldconfig is still to see
	absent map[string]*Required // libraries that are elsewhere, nil if all have to be in the tree
}

// newLoader reads what the loader reads at a program's start. libraryPath is LD_LIBRARY_PATH.
func newLoader(tree *Tree, arch elf.Machine, libraryPath string) *loader {
	l := &loader{tree: tree, arch: arch, objects: map[string]*object{}, errs: map[string]error{}}
	for dir := range strings.FieldsFuncSeq(libraryPath, func(r rune) bool { return r == ':' || r == ';' }) {
		if path.IsAbs(dir) { // others depend on the directory that a program is started in
			l.own = append(l.own, dir)
		}
	}
	if data, err := tree.ReadFile(cacheFile, maxList); err == nil {
		l.cache = readCache(data, binary.LittleEndian, arch)
	}
	multiarch := "x86_64-linux-gnu"
	if arch == elf.EM_AARCH64 {
		multiarch = "aarch64-linux-gnu"
	}
	for _, dir := range []string{"/lib/" + multiarch, "/usr/lib/" + multiarch, "/lib64", "/usr/lib64", "/lib", "/usr/lib"} {
		if tree.Has(dir) {
			l.system = append(l.system, dir)
		}
	}
	return l
}

// treeArch is the architecture of a tree's programs: the one that its dynamic loader is for, or otherwise.
func treeArch(tree *Tree, otherwise elf.Machine) elf.Machine {
	for _, known := range []struct {
		file string
		arch elf.Machine
	}{{"/lib64/ld-linux-x86-64.so.2", elf.EM_X86_64}, {"/lib/ld-linux-aarch64.so.1", elf.EM_AARCH64}} {
		if tree.Has(known.file) {
			return known.arch
		}
	}
	return otherwise
}

// object reads a library once.
//
// Errors: *fs.PathError, *TooBigError, *FormatError.
func (l *loader) object(file string) (*object, error) {
	target, err := l.tree.Real(file)
	if err != nil {
		return nil, err
	}
	if o, ok := l.objects[target]; ok {
		return o, l.errs[target]
	}
	data, err := l.tree.ReadFile(target, maxELF)
	var o *object
	if err == nil {
		o, err = readObject(target, data)
	}
	l.objects[target], l.errs[target] = o, err
	return o, err
}

// others says whether the loader passes a file by when it looks through directories: it is for another architecture.
func (l *loader) others(o *object) bool {
	return o != nil && o.known && o.arch != l.arch
}

// Search is a library's place and why it is found there.
type search struct {
	file string // as the loader opens it
	via  string // "LD_LIBRARY_PATH", "RPATH", "RUNPATH", "ld.so.cache" or "default directory"
}

// places are all files with a library's name that the loader could find, in its order. from is the library that needs
// it, nil for a program.
func (l *loader) places(name string, from *object) []search {
	var all []search
	add := func(via string, dirs ...string) {
		for _, dir := range dirs {
			if file := path.Join(dir, name); l.tree.Has(file) {
				all = append(all, search{file, via})
			}
		}
	}
	if from != nil && from.runpath == "" {
		add("RPATH", l.expand(from, from.rpath)...)
	}
	add("LD_LIBRARY_PATH", l.own...)
	if from != nil {
		add("RUNPATH", l.expand(from, from.runpath)...)
	}
	for _, file := range l.cache[name] {
		if l.tree.Has(file) {
			all = append(all, search{file, "ld.so.cache"})
		}
	}
	add("ld.so.conf", l.conf...)
	add("default directory", l.system...)
	return all
}

// expand gives the directories of an RPATH or RUNPATH.
func (l *loader) expand(from *object, paths string) []string {
	var dirs []string
	for dir := range strings.SplitSeq(paths, ":") {
		lib := "lib64"
		if slices.Contains(l.system, "/usr/lib/x86_64-linux-gnu") || slices.Contains(l.system, "/usr/lib/aarch64-linux-gnu") {
			lib = "lib"
		}
		for variable, text := range map[string]string{"ORIGIN": path.Dir(from.path), "LIB": lib} {
			dir = strings.ReplaceAll(strings.ReplaceAll(dir, "${"+variable+"}", text), "$"+variable, text)
		}
		if path.IsAbs(dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// find gives the file that the loader takes for a name.
func (l *loader) find(name string, from *object) (search, bool) {
	if strings.Contains(name, "/") {
		return search{name, "path"}, l.tree.Has(name)
	}
	for _, place := range l.places(name, from) {
		o, err := l.object(place.file)
		if l.others(o) || errors.Is(err, fs.ErrPermission) {
			continue
		}
		return place, true
	}
	return search{}, false
}

// LoadError says why the loader refuses a library.
type LoadError struct {
	Reason Reason
	File   string // the library that is loaded
	By     string // the file that the cause is in: itself, or one that it needs
	Needs  string // the library that is missing, or that lacks Version
	// Symbol is the one that no library has; Version is its version, or the one that Needs lacks.
	Symbol, Version string
	Cause           error // of a file that cannot be read
}

func (e *LoadError) Unwrap() error { return e.Cause }

func (e *LoadError) Error() string {
	by := show(path.Base(e.By))
	switch e.Reason {
	case ReasonLibraryMissing:
		return fmt.Sprintf("%s needs %s, which is not there", by, show(e.Needs))
	case ReasonVersionMissing:
		return fmt.Sprintf("%s needs version %s of %s, which has another", by, show(e.Version), show(e.Needs))
	case ReasonSymbolMissing:
		name := show(e.Symbol)
		if e.Version != "" {
			name += "@" + show(e.Version)
		}
		return fmt.Sprintf("%s needs the function or variable %s, which no library has", by, name)
	default:
		return e.Cause.Error()
	}
}

// load gives a library with all that it needs, in the loader's order, or why it cannot be loaded. global is what the program has
// loaded before, which is not loaded again.
func (l *loader) load(file string, global []*object) ([]*object, *LoadError) {
	first, err := l.object(file)
	if err != nil || l.others(first) {
		return nil, l.unreadable(file, file, first, err)
	}
	scope, failed := l.gather(file, first, global)
	if failed != nil {
		return scope, failed
	}
	if err := checkVersions(file, scope, global); err != nil {
		return scope, err
	}
	return scope, l.checkSymbols(file, scope, global)
}

// gather finds all libraries that a library needs, breadth first, as the loader does.
func (l *loader) gather(file string, first *object, global []*object) ([]*object, *LoadError) {
	scope := []*object{first}
	for i := 0; i < len(scope); i++ {
		for _, name := range scope[i].needed {
			if slices.ContainsFunc(slices.Concat(global, scope), func(o *object) bool { return o.isCalled(name) }) {
				continue
			}
			place, ok := l.find(name, scope[i])
			if !ok {
				if l.isAbsent(name, scope[i]) {
					continue
				}
				return scope, &LoadError{Reason: ReasonLibraryMissing, File: file, By: scope[i].path, Needs: name}
			}
			o, err := l.object(place.file)
			if err != nil || l.others(o) {
				return scope, l.unreadable(file, place.file, o, err)
			}
			if !slices.Contains(scope, o) {
				scope = append(scope, o)
			}
		}
	}
	return scope, nil
}

func (l *loader) unreadable(file, by string, o *object, err error) *LoadError {
	if l.others(o) {
		what := "for another architecture than the programs here (" + strings.TrimPrefix(o.arch.String(), "EM_") + ")"
		e := &FormatError{Path: by, What: what}
		return &LoadError{Reason: ReasonModuleArch, File: file, By: by, Cause: e}
	}
	return &LoadError{Reason: ReasonModuleBad, File: file, By: by, Cause: err}
}

// isCalled says whether a library is the one that another needs by a name.
func (o *object) isCalled(name string) bool {
	return o.soname == name || o.soname == "" && path.Base(o.path) == name || o.path == name
}

// checkVersions looks for the versions that each library wants. One without any versions is accepted, as the loader does.
func checkVersions(file string, scope, global []*object) *LoadError {
	for _, o := range scope {
		for _, need := range o.needs {
			for _, of := range slices.Concat(global, scope) {
				if of.isCalled(need.file) && len(of.defines) > 0 && !need.weak && !slices.Contains(of.defines, need.version) {
					return &LoadError{Reason: ReasonVersionMissing, File: file, By: o.path, Needs: need.file, Version: need.version}
				}
			}
		}
	}
	return nil
}

// checkSymbols looks for the symbols that the relocations of each new library name, of which the loader does the last library's first.
func (l *loader) checkSymbols(file string, scope, global []*object) *LoadError {
	all := slices.Concat(global, scope)
	for _, o := range slices.Backward(scope) {
		if slices.Contains(global, o) {
			continue
		}
		for _, want := range o.wants {
			if !l.isElsewhere(o, want) && !slices.ContainsFunc(all, func(of *object) bool { return of.has(want) }) {
				return &LoadError{Reason: ReasonSymbolMissing, File: file, By: o.path, Symbol: want.name, Version: want.version}
			}
		}
	}
	return nil
}

// has says whether a library has what another wants.
func (o *object) has(want symbol) bool {
	for _, i := range o.byName[want.name] {
		s := o.symbols[i]
		switch {
		case len(o.defines) == 0, s.version == want.version:
			return true
		case want.version == "" && (s.base || !s.hidden):
			return true
		}
	}
	return false
}
