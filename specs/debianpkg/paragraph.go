// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"regexp"
	"strings"
)

// field is a field of a paragraph: its first and last line.
type field struct {
	name        string // in lower case
	first, last int
}

// paragraph is a paragraph of a control file, see deb822(5).
type paragraph struct {
	first, last int // from its first field to its last one's end
	fields      []field
}

var fieldLine = regexp.MustCompile(`^([!-"$-,.-9;-~][!-9;-~]*):[ \t]*(.*?)[ \t]*$`)

// paragraphs finds the paragraphs; comments belong to none of their fields.
func paragraphs(t text) []paragraph {
	var all []paragraph
	open := false
	for i, l := range t {
		switch {
		case strings.TrimSpace(l.s) == "":
			open = false
			continue
		case l.s[0] == '#':
			continue
		case l.s[0] == ' ' || l.s[0] == '\t':
			if open {
				p := &all[len(all)-1]
				p.last, p.fields[len(p.fields)-1].last = i, i
			}
			continue
		}
		m := fieldLine.FindStringSubmatch(l.s)
		if m == nil {
			open = false
			continue
		}
		if !open {
			all = append(all, paragraph{first: i})
			open = true
		}
		p := &all[len(all)-1]
		p.last = i
		p.fields = append(p.fields, field{name: strings.ToLower(m[1]), first: i, last: i})
	}
	return all
}

// field returns the named field; ok is false where the paragraph has none.
func (p paragraph) field(name string) (f field, ok bool) {
	for _, f := range p.fields {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

// values returns the field's lines without its name and the blanks around them.
func (f field) values(t text) []string {
	out := []string{fieldLine.FindStringSubmatch(t[f.first].s)[2]}
	for i := f.first + 1; i <= f.last; i++ {
		if !strings.HasPrefix(t[i].s, "#") {
			out = append(out, strings.TrimSpace(t[i].s))
		}
	}
	return out
}
