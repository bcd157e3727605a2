// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// installLine is a line of some package's .install file.
type installLine struct {
	file     string
	line     int // index
	text     string
	patterns []string
}

var packageName = regexp.MustCompile(`^[a-z0-9][a-z0-9+.-]*$`)

// installFiles returns the existing .install files of the packages in control: those of the
// providers first.
func (in *integration) installFiles() []string {
	names := []string{Runtime, Development, Boot}
	control, ok := in.read(Control)
	if !ok {
		return names
	}
	t := split(control)
	for _, para := range paragraphs(t) {
		f, isPackage := para.field("package")
		if !isPackage {
			continue
		}
		name := f.values(t)[0]
		file := "debian/" + name + ".install"
		if packageName.MatchString(name) && !slices.Contains(names, file) && in.there(file) {
			names = append(names, file)
		}
	}
	return names
}

// there reads a file that a release may lack.
func (in *integration) there(name string) bool {
	if _, known := in.data[name]; !known {
		if _, err := in.tree.ReadFile(name); errors.Is(err, fs.ErrNotExist) {
			return false
		}
	}
	_, ok := in.read(name)
	return ok
}

// installLines returns the current lines of all packages.
func (in *integration) installLines() []installLine {
	var all []installLine
	for _, file := range in.installFiles() {
		if !in.there(file) {
			continue // reported where it is needed
		}
		t := split(in.data[file])
		lines, sources := installLines(t)
		for k, i := range lines {
			all = append(all, installLine{file: file, line: i, text: t[i].s, patterns: sources[k]})
		}
	}
	return all
}

// place compares the wanted lines of a .install file with those of other packages before they
// are added: files of a replaced provider stay in their packages, and a pattern for pages that
// could match another line's files is replaced by the pages' names.
//
// Errors: *PlaceError for a file that another package's line matches: both would contain it.
func (in *integration) place(file string, wanted []installed) ([]installed, error) {
	var out []installed
	var errs []error
	all := in.installLines()
	for _, w := range wanted {
		var files []string
		for _, f := range w.files {
			other := slices.IndexFunc(all, func(l installLine) bool { return l.file != file && takesAny(l.patterns, f) })
			switch {
			case other < 0:
				files = append(files, f)
			case !slices.Contains(in.replaced, f):
				l := all[other]
				lookedFor := "no line that covers " + f + ", which " + file + " has to have"
				errs = append(errs, &PlaceError{File: l.file, Line: l.line + 1, LookedFor: lookedFor, Found: strings.TrimSpace(l.text)})
			}
		}
		switch left := (installed{pattern: w.pattern, files: files}); {
		case len(files) == 0:
		case len(w.files) > 1 && strings.HasPrefix(w.pattern, manFolder) && slices.ContainsFunc(all, left.disputed):
			out = append(out, left.each()...)
		default:
			out = append(out, left)
		}
	}
	return out, errors.Join(errs...)
}

// disputed reports whether the pattern could match other files of a line.
func (w installed) disputed(l installLine) bool {
	return slices.ContainsFunc(l.patterns, func(source string) bool {
		return !slices.Contains(w.files, sourcePattern(source)) && sourcePattern(source) != w.pattern && meet(w.pattern, source)
	})
}
