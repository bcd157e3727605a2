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

// numbering gives the sources or the patches of a spec their numbers as rpm does it
// (addSource() in build/parsePreamble.c): up to 4.14, one without a number is Source0, or
// the one patch that has none; later versions go on after the highest so far.
type numbering struct {
	reading *Reading
	// kind is "source" or "patch".
	kind    string
	highest int
	// lines has the line of each number; unsure is one that may have a number, -1 if none.
	lines  map[int]int
	unsure int
}

func (r *Reading) numbering(kind string) *numbering {
	return &numbering{reading: r, kind: kind, highest: -1, lines: map[int]int{}, unsure: -1}
}

// number gives line i the number of its tag, or that of a tag or entry without one.
func (n *numbering) number(i int, tag string) (int, error) {
	next := n.highest + 1
	if n.reading.rpm.before(rpm415) {
		next = map[string]int{patchName: unnumbered}[n.kind]
	} else if tag == n.kind && n.unsure >= 0 {
		return 0, n.reading.needs(n.unsure)
	}
	number, _ := fileNumber(tag, n.kind, next)
	if line, taken := n.lines[number]; taken {
		name := n.kind + " " + strconv.Itoa(number)
		if number == unnumbered {
			name = "the " + n.kind + " without a number, of which there can be one up to rpm 4.14,"
		}
		return 0, n.reading.refusal(i, fmt.Sprintf("%s is already in line %d", name, n.reading.spec.number(line)))
	}
	n.lines[number] = i
	n.highest = max(n.highest, number)
	return number, nil
}

// wanted reports whether a tag of line i is looked for: any patch, and the source with the
// number 0. Of the other sources, only the numbers count.
func (n *numbering) wanted(i int) func(tag string) bool {
	return func(tag string) bool {
		number, is := fileNumber(tag, n.kind, 0)
		if !is || n.kind == patchName || number == 0 {
			return is
		}
		if n.reading.lines[i].truth == undecided {
			n.unsure = i
		}
		n.highest = max(n.highest, number)
		return false
	}
}

// patches returns the patches in the order in which they are declared.
func (r *Reading) patches() ([]file, error) {
	var out []file
	n := r.numbering(patchName)
	add := func(i, number int, value string) error {
		name, err := r.fileName(i, "patch", value)
		out = append(out, file{number: number, name: name})
		return err
	}
	for _, sec := range r.spec.sections {
		if err := r.declared(sec, n, add); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// declared calls add for each declaration of a section that is not left out.
func (r *Reading) declared(sec section, n *numbering, add func(i, number int, value string) error) error {
	for i := sec.body(); i < sec.end; i++ {
		if !r.spec.lines[i].start || r.lines[i].truth == no || conditional(r.spec.lines[i].text) != condNone {
			continue
		}
		tag, value, ok, err := "", "", false, error(nil)
		switch sec.kind {
		case preamble, packageSection:
			tag, value, ok, err = r.tagAt(i, n.wanted(i))
		case n.kind + "list":
			tag = n.kind
			value, ok = r.listed(i)
		}
		number := 0
		if err == nil && ok {
			number, err = n.number(i, tag)
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

// fileNumber returns the number of a Source or Patch tag, and whether it is one. One
// without a number has the next one.
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
// %{?rhel:Patch1: name}: if it could stand for one that is wanted, and it cannot be determined
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
// Errors: *PlaceError, if there is none or it cannot be determined.
func (r *Reading) Source() (string, error) {
	name, err := "", error(nil)
	add := func(i, number int, value string) error {
		if number == 0 && name == "" {
			name, err = r.fileName(i, "source", value)
		}
		return err
	}
	n := r.numbering("source")
	for _, sec := range r.spec.sections {
		if err := r.declared(sec, n, add); err != nil {
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
// Errors: *PlaceError, if it cannot be determined.
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
