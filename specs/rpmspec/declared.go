// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// file is a patch that a spec declares.
type file struct {
	number int
	// name is the file's name in SOURCES.
	name string
}

var listedFile = regexp.MustCompile(`^[ \t]*[^#% \t]`)

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
		if err := r.declared(sec, "patch", func() int { return next }, add); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// declared calls add for each declaration of a section that is not left out. kind is
// "source" or "patch".
func (r *Reading) declared(sec section, kind string, next func() int, add func(i, number int, value string) error) error {
	for i := sec.body(); i < sec.end; i++ {
		if !r.spec.lines[i].start || r.lines[i].truth == no {
			continue
		}
		number, value, ok := 0, "", false
		switch sec.kind {
		case preamble, "package":
			number, value, ok = r.declaration(i, kind, next)
		case kind + "list":
			number, value, ok = next(), r.lines[i].text, listedFile.MatchString(r.spec.lines[i].text)
		}
		if !ok {
			continue
		}
		if err := add(i, number, value); err != nil {
			return err
		}
	}
	return nil
}

// declaration reads a tag such as "Patch3: name".
func (r *Reading) declaration(i int, kind string, next func() int) (number int, value string, ok bool) {
	m := tagLine.FindStringSubmatch(r.spec.lines[i].text)
	if m == nil {
		return 0, "", false
	}
	digits, ok := strings.CutPrefix(strings.ToLower(m[1]), kind)
	if !ok {
		return 0, "", false
	}
	if digits == "" {
		number = next()
	} else {
		var err error
		if number, err = strconv.Atoi(digits); err != nil {
			return 0, "", false
		}
	}
	// Expanded, unless it could not be; then the caller finds out why.
	if m = tagLine.FindStringSubmatch(r.lines[i].text); m != nil {
		value = m[4]
	}
	return number, value, true
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
	for _, t := range r.spec.tags(r.spec.sections[0]) {
		if t.name != strings.ToLower(name) || r.lines[t.line].truth == no {
			continue
		}
		if err := r.needs(t.line); err != nil {
			return "", false, err
		}
		return tagLine.FindStringSubmatch(r.lines[t.line].text)[4], true, nil
	}
	return "", false, nil
}
