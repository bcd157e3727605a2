// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"regexp"
	"strconv"
	"strings"
)

var (
	patchFile = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+~-]*$`)
	patchTag  = regexp.MustCompile(`^patch(\d*)$`)
	sourceTag = regexp.MustCompile(`^source\d*$`)
)

// AddPatch declares a patch file and has it applied with -p1. The tag comes after the
// last Source or Patch tag of the preamble, after the %endif if that one is conditional,
// and has the next free number, which is returned. In %prep a line "%patch -P N -p1"
// follows the last patch, or %setup; where %autosetup or %autopatch applies it, as the
// given rpm reads them, nothing is added. (%patchN is an error from rpm 4.20 on; -P works
// in every version.)
//
// The file is a plain name: *ValueError otherwise. *PlaceError says that the spec has no
// Source, no %prep or no %setup, that %autosetup would apply the patch with another -p,
// that another patch would be applied after it, that its number in %patchlist depends on
// a conditional where %prep has numbers, or that it cannot be determined whether it is applied.
func (s *Spec) AddPatch(file string, rpm RPM) (number int, err error) {
	if !patchFile.MatchString(file) {
		return 0, &ValueError{What: "patch file", Value: file, Want: "a file name of letters, digits and ._+~-"}
	}
	err = s.edit(func(c *Spec) error {
		var unsure int
		if number, unsure, err = c.declarePatch(file); err != nil {
			return err
		}
		return c.applyPatch(number, unsure, rpm)
	})
	return number, err
}

// declarePatch adds the tag, or finds it, and returns the patch's number. unsure is the
// line for which that number depends on a conditional, -1 if it does not.
func (s *Spec) declarePatch(file string) (number, unsure int, err error) {
	entries := s.patchEntries()
	free, unsure := 0, -1
	for _, e := range entries {
		if e.name == file {
			return e.number, e.unsure, nil
		}
		free = max(free, e.number+1)
		unsure = e.after
	}
	if listed := s.all("patchlist", ""); len(listed) > 0 {
		sec := listed[len(listed)-1]
		if n := len(entries); n > 0 && entries[n-1].line >= sec.end {
			return 0, -1, s.place(entries[n-1].line, "all patches before the end of %patchlist", "one after it")
		}
		return free, unsure, s.listPatch(sec, file)
	}
	tagged, space := -1, " "
	for i := range s.sections[0].end {
		for _, name := range s.tagNames(i) {
			if sourceTag.MatchString(name) || patchTag.MatchString(name) {
				tagged = i
			}
		}
	}
	if tagged < 0 {
		return 0, -1, s.place(-1, "a Source tag in the preamble", "none")
	}
	if m := tagLine.FindStringSubmatch(s.lines[tagged].text); m != nil {
		space = m[3]
	}
	at := s.after(tagged, 0)
	if at > s.sections[0].end {
		return 0, -1, s.place(tagged, "the end of the conditional around this line in the preamble", "it in another section")
	}
	name := "Patch" + strconv.Itoa(free) + ":"
	return free, -1, s.insert(at, name+align(s.lines[tagged].text, name, space)+file)
}

// patchEntry is a patch that is declared, whatever conditional it is in.
type patchEntry struct {
	line, number int
	// name is the file as it is written, "" in a macro.
	name string
	// unsure is a line before by which the number depends on a conditional, -1 if none;
	// after is the same for the number of what follows without one.
	unsure, after int
}

// patchEntries returns all patches in the order of their lines, numbered as rpm does it
// from 4.15 on: a tag without a number, of a package too, and an entry of %patchlist has
// the one after the highest before it.
func (s *Spec) patchEntries() []patchEntry {
	var out []patchEntry
	next, unsure := 0, -1
	for _, sec := range s.sections {
		depth := 0
		if sec.head >= 0 {
			depth = s.lines[sec.head].depth
		}
		for i := sec.body(); i < sec.end; i++ {
			for _, e := range s.patchesAt(sec, i, next, unsure) {
				if e.after = e.unsure; e.after < 0 && (e.name == "" || s.lines[i].depth > depth) {
					e.after = i
				}
				if e.after < 0 && e.number+1 < next {
					e.after = unsure // the highest is another one
				}
				next, unsure = max(next, e.number+1), e.after
				out = append(out, e)
			}
		}
	}
	return out
}

// patchesAt returns the patches that a line of a section declares.
func (s *Spec) patchesAt(sec section, i, next, unsure int) []patchEntry {
	tags, name := s.tagNames(i), ""
	m := tagLine.FindStringSubmatch(s.lines[i].text)
	switch {
	case sec.kind == "patchlist" && s.listEntry(i):
		tags, name = []string{patchName}, strings.TrimSpace(s.lines[i].text)
		if name[0] == '%' {
			name = "" // may be none, or several
		}
	case sec.kind != preamble && sec.kind != packageSection:
		return nil
	case m != nil:
		name = m[4]
	}
	var out []patchEntry
	for _, tag := range tags {
		n, ok := fileNumber(tag, patchName, next)
		if !ok {
			continue
		}
		e := patchEntry{line: i, number: n, name: name, unsure: unsure}
		if tag != patchName {
			e.unsure = -1
		}
		out = append(out, e)
		next = max(next, n+1)
	}
	return out
}

// tagNames returns the names of the tags, in lower case, that a line is or may stand for.
func (s *Spec) tagNames(i int) []string {
	if !s.lines[i].start {
		return nil
	}
	if m := tagLine.FindStringSubmatch(s.lines[i].text); m != nil {
		return []string{strings.ToLower(m[1])}
	}
	return s.bracedTags(i)
}

// align returns the blanks between a new tag and its value: one, or, where the neighbour's
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

// listEntry reports whether a line of %patchlist or %sourcelist may be an entry.
func (s *Spec) listEntry(i int) bool {
	text := strings.TrimSpace(s.lines[i].text)
	return s.lines[i].start && text != "" && text[0] != '#' && !strings.HasPrefix(text, "%dnl") &&
		conditional(text) == condNone && len(definedIn(s.joined(i))) == 0
}

// listPatch adds the file at the end of %patchlist. A tag in the preamble would move the
// numbers of all that are listed.
func (s *Spec) listPatch(sec section, file string) error {
	last := sec.head
	for i := sec.body(); i < sec.end; i++ {
		if s.listEntry(i) {
			last = i
		}
	}
	return s.insert(s.after(last, s.lines[sec.head].depth), file)
}
