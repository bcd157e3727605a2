// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// file is a patch that a spec declares.
type file struct {
	number int
	// name is the file's name in SOURCES.
	name string
}

// fileName is the name of a source or patch that is a file name or a URL.
func (r *Reading) fileName(i int, kind, value string) (string, error) {
	if err := r.needs(i); err != nil {
		return "", err
	}
	value = strings.TrimSpace(value)
	name := value[strings.LastIndexByte(value, '/')+1:]
	if !patchFile.MatchString(name) {
		return "", r.spec.place(i, "a "+kind+" that ends in a file name", fmt.Sprintf("%q", value))
	}
	return name, nil
}

// patches returns the patches in the order in which they are declared: rpm numbers
// those without a number after the last one (build/parsePreamble.c).
func (r *Reading) patches() ([]file, error) {
	var out []file
	next := 0
	add := func(i, number int, value string) error {
		name, err := r.fileName(i, "patch", value)
		out = append(out, file{number: number, name: name})
		next = number + 1
		return err
	}
	for _, sec := range r.spec.sections {
		if err := r.declared(sec, patchName, func() int { return next }, add); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// declared calls add for each declaration of a section that is not left out. kind is
// "source" or "patch".
func (r *Reading) declared(sec section, kind string, next func() int, add func(i, number int, value string) error) error {
	for i := sec.body(); i < sec.end; i++ {
		if !r.spec.lines[i].start || r.lines[i].truth == no || conditional(r.spec.lines[i].text) != condNone {
			continue
		}
		number, value, ok, err := 0, "", false, error(nil)
		switch sec.kind {
		case preamble, "package":
			number, value, ok, err = r.declaration(i, kind, next)
		case kind + "list":
			value, ok = r.listed(i)
			if ok {
				number = next()
			}
		}
		if err == nil && ok {
			err = add(i, number, value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// listed reads an entry of %patchlist or %sourcelist. What could not be expanded is one,
// and the caller finds out why.
func (r *Reading) listed(i int) (value string, ok bool) {
	switch {
	case !r.spec.listEntry(i):
		return "", false
	case r.needs(i) != nil:
		return "", true
	}
	value = strings.TrimSpace(r.lines[i].text)
	return value, value != ""
}

// declaration reads a tag such as "Patch3: name".
func (r *Reading) declaration(i int, kind string, next func() int) (number int, value string, ok bool, err error) {
	name, value, ok, err := r.tagAt(i, func(name string) bool {
		n, is := fileNumber(name, kind, 0)
		return is && (kind == patchName || n == 0) // of the sources, only the first is used
	})
	if !ok || err != nil {
		return 0, "", false, err
	}
	if name == kind {
		return next(), value, true, nil
	}
	number, ok = fileNumber(name, kind, 0)
	return number, value, ok, nil
}

// fileNumber returns the number of a Source or Patch tag, and whether it is one. One
// without a number has the next one (rpm 4.15 and later; before, there could be only one).
func fileNumber(name, kind string, next int) (number int, ok bool) {
	digits, ok := strings.CutPrefix(name, kind)
	if !ok || digits == "" {
		return next, ok
	}
	if strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	number, err := strconv.Atoi(digits)
	return number, err == nil
}

// tagAt returns the tag of a line, its name in lower case and its value expanded; "" where
// it could not be, for the caller to find out why. A macro may stand for a tag, as in
// %{?rhel:Patch1: name}: if it could stand for one that is wanted, and it cannot be told
// or there are several, that is a *PlaceError.
func (r *Reading) tagAt(i int, wanted func(name string) bool) (name, value string, ok bool, err error) {
	m := tagLine.FindStringSubmatch(r.lines[i].text)
	if raw := tagLine.FindStringSubmatch(r.spec.lines[i].text); raw != nil {
		name = strings.ToLower(raw[1])
		if m != nil {
			value = m[4]
		}
		return name, value, wanted(name), nil
	}
	if r.needs(i) != nil {
		if slices.ContainsFunc(r.spec.bracedTags(i), wanted) {
			return "", "", false, r.needs(i)
		}
		return "", "", false, nil
	}
	var found [][]string
	for line := range strings.Lines(r.lines[i].text) {
		if m := tagLine.FindStringSubmatch(strings.Trim(line, " \t\r\n")); m != nil {
			found = append(found, m)
		}
	}
	if len(found) != 1 {
		for _, m := range found {
			if wanted(strings.ToLower(m[1])) {
				return "", "", false, r.spec.place(i, "one tag in a macro", strconv.Itoa(len(found)))
			}
		}
		return "", "", false, nil
	}
	name = strings.ToLower(found[0][1])
	return name, found[0][4], wanted(name), nil
}

// Source returns the name of the file that the spec has as Source0.
//
// Errors: *PlaceError, if there is none or it cannot be told.
func (r *Reading) Source() (string, error) {
	name, err := "", error(nil)
	add := func(i, number int, value string) error {
		if number == 0 && name == "" {
			name, err = r.fileName(i, "source", value)
		}
		return err
	}
	next := 0
	for _, sec := range r.spec.sections {
		if err := r.declared(sec, "source", func() int { next++; return next - 1 }, add); err != nil {
			return "", err
		}
	}
	if name == "" {
		return "", r.spec.place(-1, "a Source or Source0 tag", "none")
	}
	return name, nil
}

// Tag returns the value of a tag of the main package, macros expanded, and whether the
// distro's reading has it.
//
// Errors: *PlaceError, if it cannot be told.
func (r *Reading) Tag(name string) (string, bool, error) {
	want := strings.ToLower(name)
	sec := r.spec.sections[0]
	for i := sec.body(); i < sec.end; i++ {
		if !r.spec.lines[i].start || r.lines[i].truth == no {
			continue
		}
		_, value, ok, err := r.tagAt(i, func(name string) bool { return name == want })
		if ok && err == nil {
			err = r.needs(i)
		}
		if ok || err != nil {
			return value, err == nil, err
		}
	}
	return "", false, nil
}
