// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"regexp"
	"strings"

	"github.com/resnics/verbsmith/provider/internal/text"
	"github.com/resnics/verbsmith/specs/sortedlist"
)

// moduleItem is an item of README.md's list of kernel modules: " - siw.ko".
var moduleItem = regexp.MustCompile(`(?m)^([ \t]*[-*+][ \t]+)([A-Za-z0-9_-]+\.ko)[ \t]*\r?$`)

// readmeItem is one of those in the file.
type readmeItem struct {
	Module string
	Marker string
	Start  int
}

// addKernelModule adds the provider's kernel module to README.md's list, in the list's order.
func addKernelModule(file string, data []byte, module string) (out []byte, already bool, err error) {
	lists := moduleLists(data)
	const lookedFor = "one list of kernel modules ( - name.ko)"
	lines := make([]int, len(lists))
	for i, l := range lists {
		lines[i] = text.LineNumber(data, l[0].Start)
	}
	if err := text.OnePlace(file, lookedFor, lines); err != nil {
		return nil, false, err
	}
	list := lists[0]
	modules := make([]string, len(list))
	for i, it := range list {
		modules[i] = it.Module
	}
	if text.Count(modules, module) > 0 {
		return data, true, nil
	}
	pos := sortedlist.Place(modules, module, sortedlist.ByFold)
	if pos == 0 {
		out = text.InsertLineBefore(data, list[0].Start, list[0].Marker+module)
	} else {
		out = text.InsertLineAfter(data, list[pos-1].Start, list[pos-1].Marker+module)
	}
	after := moduleLists(out)
	if len(after) != 1 || len(after[0]) != len(list)+1 || after[0][pos].Module != module {
		found := "a layout that a new item would break"
		return nil, false, &PlaceError{File: file, Line: lines[0], LookedFor: lookedFor, Found: found}
	}
	return out, false, nil
}

// moduleLists returns the runs of neighbouring items.
func moduleLists(data []byte) [][]readmeItem {
	var lists [][]readmeItem
	next := -1 // start of the line after the last item
	for _, m := range moduleItem.FindAllSubmatchIndex(data, -1) {
		it := readmeItem{Module: string(data[m[4]:m[5]]), Marker: string(data[m[2]:m[3]]), Start: m[0]}
		if it.Start == next {
			lists[len(lists)-1] = append(lists[len(lists)-1], it)
		} else {
			lists = append(lists, []readmeItem{it})
		}
		next = text.LineEnd(data, it.Start)
	}
	return lists
}

// maintainersSection is a title with the lines of its entry.
type maintainersSection struct {
	Title      string
	Start, End int      // from the title to after the last line
	Folders    []string // of its F: lines
}

var maintainersField = regexp.MustCompile(`^[A-Z]:[ \t]+`)

// addMaintainer adds the provider's section to MAINTAINERS in its order among the providers'
// sections. A section with F: providers/NAME/ counts as its own.
func addMaintainer(file string, data []byte, m *Manifest) (out []byte, already bool, err error) {
	sections := parseMaintainers(data)
	folder := m.Folder() + "/"
	first, last := -1, -1
	for i, s := range sections {
		for _, f := range s.Folders {
			if f == folder {
				return data, true, nil
			}
			if strings.HasPrefix(f, "providers/") {
				if first < 0 {
					first = i
				}
				last = i
			}
		}
	}
	if first < 0 {
		return nil, false, text.NoPlace(file, "sections of providers (a title, M:, S: and F: providers/…)")
	}
	among := sections[first : last+1]
	titles := make([]string, len(among))
	for i, s := range among {
		titles[i] = s.Title
	}
	title := m.maintainersTitle()
	sep := fieldSeparator(data, among[0])
	lines := append([]string{title}, m.maintainersEntry(sep, folder)...)
	if pos := sortedlist.Place(titles, title, sortedlist.ByFold); pos < len(among) {
		at := among[pos].Start
		eol := text.EOL(data, at)
		out = text.Splice(data, at, strings.Join(lines, eol)+eol+eol)
	} else {
		s := among[len(among)-1]
		eol := text.EOL(data, s.Start)
		body := eol + strings.Join(lines, eol) + eol
		if data[s.End-1] != '\n' {
			body = eol + strings.TrimSuffix(body, eol)
		}
		out = text.Splice(data, s.End, body)
	}
	if err := checkMaintainers(file, out, len(sections), title, folder); err != nil {
		return nil, false, err
	}
	return out, false, nil
}

// maintainersEntry returns the lines below the title.
func (m *Manifest) maintainersEntry(sep, folder string) []string {
	var lines []string
	for _, one := range append([]Maintainer{m.Maintainer}, m.CoMaintainers...) {
		lines = append(lines, "M:"+sep+one.Name+" <"+one.Email+">")
	}
	return append(lines, "S:"+sep+"Supported", "F:"+sep+folder)
}

// checkMaintainers reads the result back.
func checkMaintainers(file string, out []byte, before int, title, folder string) error {
	n := 0
	sections := parseMaintainers(out)
	for _, s := range sections {
		if s.Title == title && len(s.Folders) == 1 && s.Folders[0] == folder {
			n++
		}
	}
	if n != 1 || len(sections) != before+1 {
		return &PlaceError{
			File: file, LookedFor: "a place for the section " + title,
			Found: "a layout in which it would merge with another section",
		}
	}
	return nil
}

// parseMaintainers finds the sections: a line without a key, directly followed
// by "K:<tab>value" lines. Everything else is prose.
func parseMaintainers(data []byte) []maintainersSection {
	var all []maintainersSection
	for off := 0; off < len(data); {
		end := text.LineEnd(data, off)
		title := strings.TrimRight(string(data[off:end]), "\r\n")
		if title == "" || title[0] == ' ' || title[0] == '\t' || maintainersField.MatchString(title) {
			off = end
			continue
		}
		s := maintainersSection{Title: title, Start: off, End: end}
		for s.End < len(data) {
			next := text.LineEnd(data, s.End)
			line := strings.TrimRight(string(data[s.End:next]), "\r\n")
			if !maintainersField.MatchString(line) {
				break
			}
			if line[0] == 'F' {
				s.Folders = append(s.Folders, strings.TrimSpace(line[2:]))
			}
			s.End = next
		}
		if s.End > end {
			all = append(all, s)
		}
		off = s.End
	}
	return all
}

// fieldSeparator returns the text after "K:" in this file.
func fieldSeparator(data []byte, s maintainersSection) string {
	body := string(data[text.LineEnd(data, s.Start):s.End])
	return maintainersField.FindString(body)[2:]
}
