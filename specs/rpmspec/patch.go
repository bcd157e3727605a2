// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"regexp"
	"strconv"
	"strings"
)

var (
	patchFile = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]*$`)
	patchTag  = regexp.MustCompile(`^patch(\d*)$`)
	sourceTag = regexp.MustCompile(`^source\d*$`)
)

// AddPatch declares a patch file and has it applied with -p1. The tag comes after the
// last Source or Patch tag of the preamble, behind the %endif if that one is conditional,
// and has the next free number, which is returned. In %prep a line "%patch -P N -p1"
// follows the last patch, or %setup; where %autosetup or %autopatch applies every patch,
// nothing is added. (%patchN is an error from rpm 4.20 on; -P works in every version.)
//
// The file is a plain name: *ValueError otherwise. *PlaceError says that the spec has no
// Source, no %prep or no %setup, that %autosetup would apply the patch with another -p,
// or that it cannot be told whether the patch would be applied.
func (s *Spec) AddPatch(file string) (number int, err error) {
	if !patchFile.MatchString(file) {
		return 0, &ValueError{What: "patch file", Value: file, Want: "a file name of letters, digits and ._+-"}
	}
	err = s.edit(func(c *Spec) error {
		if number, err = c.declarePatch(file); err != nil {
			return err
		}
		return c.applyPatch(number)
	})
	return number, err
}

// declarePatch adds the tag, or finds it, and returns the patch's number.
func (s *Spec) declarePatch(file string) (int, error) {
	last, free, found := s.findPatch(file)
	if found {
		return last, nil
	}
	if listed := s.all("patchlist", ""); len(listed) > 0 {
		return s.listPatch(listed[len(listed)-1], last+1, file)
	}
	tagged := -1
	space := " "
	for _, t := range s.tags(s.sections[0]) {
		if sourceTag.MatchString(t.name) || patchTag.MatchString(t.name) {
			tagged, space = t.line, t.space
		}
	}
	if tagged < 0 {
		return 0, s.place(-1, "a Source tag in the preamble", "none")
	}
	at := s.after(tagged, 0)
	if at > s.sections[0].end {
		return 0, s.place(tagged, "the end of the conditional around this line in the preamble", "it in another section")
	}
	name := "Patch" + strconv.Itoa(free) + ":"
	return free, s.insert(at, name+align(s.lines[tagged].text, name, space)+file)
}

// findPatch returns the number of a file that has a Patch tag. Of one that has none it
// gives the number of the last tag, -1 without any, and the lowest one above them all.
// rpm numbers the tags of all preambles, the packages' too.
func (s *Spec) findPatch(file string) (last, free int, found bool) {
	last = -1
	for _, sec := range s.sections {
		if sec.kind != preamble && sec.kind != "package" {
			continue
		}
		for _, t := range s.tags(sec) {
			n, ok := patchNumber(t.name, last+1)
			switch {
			case !ok:
			case t.value == file:
				return n, 0, true
			default:
				last, free = n, max(free, n+1)
			}
		}
	}
	return last, free, false
}

// align gives the blanks between a new tag and its value: one, or, where the neighbour's
// values stand in a column, as many as reach that column.
func align(neighbour, name, space string) string {
	if strings.Contains(space, "\t") {
		return space
	}
	if len(space) < 2 {
		return " "
	}
	column := strings.IndexByte(neighbour, ':') + 1 + len(space)
	return strings.Repeat(" ", max(1, column-len(name)))
}

// patchNumber returns the number of a patch tag. A Patch without a number has the one
// after the last (rpm 4.15 and later; before, there could be only one).
func patchNumber(name string, next int) (int, bool) {
	m := patchTag.FindStringSubmatch(name)
	if m == nil {
		return 0, false
	}
	if m[1] == "" {
		return next, true
	}
	n, err := strconv.Atoi(m[1])
	return n, err == nil
}

// listPatch adds the file at the end of %patchlist. A tag in the preamble would move the
// numbers of all that are listed.
func (s *Spec) listPatch(sec section, next int, file string) (int, error) {
	last := sec.head
	for i := sec.body(); i < sec.end; i++ {
		switch name := strings.TrimSpace(s.lines[i].text); {
		case name == "", strings.HasPrefix(name, "#"), strings.HasPrefix(name, "%"):
			continue
		case name == file:
			return next, nil
		}
		last = i
		next++
	}
	return next, s.insert(s.after(last, s.lines[sec.head].depth), file)
}
