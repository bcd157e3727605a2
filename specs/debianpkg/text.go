// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"regexp"
	"slices"
	"strings"
)

// line is one line of a file, and its line end: "\n", "\r\n", or "" in the last.
type line struct{ s, eol string }

// text is a file's lines.
type text []line

func split(data []byte) text {
	var t text
	for l := range strings.SplitAfterSeq(string(data), "\n") {
		if l == "" {
			continue
		}
		body, ended := strings.CutSuffix(l, "\n")
		if ended {
			body = strings.TrimSuffix(body, "\r")
		}
		t = append(t, line{s: body, eol: l[len(body):]})
	}
	return t
}

func (t text) bytes() []byte {
	var b strings.Builder
	for _, l := range t {
		b.WriteString(l.s)
		b.WriteString(l.eol)
	}
	return []byte(b.String())
}

// one returns the index of the only line that matches. lookedFor names it in the
// *PlaceError that says there is none, or a second.
func (t text) one(file string, form *regexp.Regexp, lookedFor string) (int, error) {
	at := -1
	for i, l := range t {
		if !form.MatchString(l.s) {
			continue
		}
		if at >= 0 {
			return -1, &PlaceError{File: file, Line: i + 1, LookedFor: lookedFor, Found: "a second"}
		}
		at = i
	}
	if at < 0 {
		return -1, &PlaceError{File: file, LookedFor: lookedFor, Found: "none"}
	}
	return at, nil
}

// insert returns the text with lines put in before line i, with the line ends of
// their neighbour. t is not changed.
func (t text) insert(i int, texts ...string) text {
	if len(texts) == 0 {
		return t
	}
	t = slices.Clone(t)
	eol := "\n"
	switch {
	case i > 0 && t[i-1].eol != "":
		eol = t[i-1].eol
	case len(t) > 0 && t[0].eol != "":
		eol = t[0].eol
	}
	added := make([]line, 0, len(texts))
	for _, s := range texts {
		added = append(added, line{s: s, eol: eol})
	}
	if i > 0 && t[i-1].eol == "" {
		t[i-1].eol = eol
		added[len(added)-1].eol = ""
	}
	return slices.Insert(t, i, added...)
}

// replace returns the text with the lines from first to last, both of it, replaced.
func (t text) replace(first, last int, texts ...string) text {
	end := t[last].eol
	out := slices.Delete(slices.Clone(t), first, last+1)
	eol := t[first].eol
	if eol == "" && first > 0 {
		eol = t[first-1].eol
	}
	if eol == "" {
		eol = "\n"
	}
	added := make([]line, 0, len(texts))
	for _, s := range texts {
		added = append(added, line{s: s, eol: eol})
	}
	if len(added) > 0 {
		added[len(added)-1].eol = end
	}
	return slices.Insert(out, first, added...)
}

// without returns the text without line i. t is not changed.
func (t text) without(i int) text {
	out := slices.Delete(slices.Clone(t), i, i+1)
	if i == len(out) && i > 0 {
		out[i-1].eol = t[i].eol
	}
	return out
}
