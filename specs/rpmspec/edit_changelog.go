// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// Changelog is one entry of a spec's %changelog.
type Changelog struct {
	// Date is the entry's day, in UTC.
	Date time.Time
	// Name and Email are the author's.
	Name, Email string
	// Version is what the entry is for: "56.1-1" or "56.1".
	Version string
	// Items are the entry's lines, without a dash before them.
	Items []string
}

// AddChangelog adds an entry at the top of %changelog and reports whether it did. A spec
// without %changelog is left alone: (false, nil). So is one whose newest entry is this
// one already. rpm refuses entries that are not in order, newest first, so an entry that
// is older than the newest one gets that one's date. *ValueError says that a value cannot
// be written into a spec; *PlaceError that there are two %changelog sections.
func (s *Spec) AddChangelog(e Changelog) (added bool, err error) {
	if len(s.all("changelog", "")) == 0 {
		return false, nil
	}
	sec, err := s.one("changelog", "")
	if err != nil {
		return false, err
	}
	entries := s.changes(sec)
	for _, old := range entries {
		if old.date.After(e.Date) {
			e.Date = old.date
		}
	}
	texts, err := e.lines()
	if err != nil {
		return false, err
	}
	at := s.after(sec.head, s.lines[sec.head].depth)
	if len(entries) > 0 {
		at = entries[0].line
		if s.starts(at, texts) {
			return false, nil
		}
	}
	if at < sec.end {
		texts = append(texts, "")
	}
	return true, s.edit(func(c *Spec) error { return c.insert(at, texts...) })
}

// NewestChange returns the day of the newest entry of %changelog, at the hour that rpm
// gives it (noon, UTC); ok is false if there is no entry with a date.
func (s *Spec) NewestChange() (day time.Time, ok bool) {
	for _, sec := range s.all("changelog", "") {
		for _, c := range s.changes(sec) {
			if c.date.After(day) {
				day = c.date
			}
		}
	}
	return day.Add(12 * time.Hour), !day.IsZero()
}

// lines writes the entry.
func (e Changelog) lines() ([]string, error) {
	if e.Date.IsZero() {
		return nil, &ValueError{What: "changelog date", Value: e.Date.String(), Want: "a day"}
	}
	head := make([]string, 0, 3)
	for _, v := range []struct{ what, value string }{
		{"changelog name", e.Name}, {"changelog email", e.Email}, {"changelog version", e.Version},
	} {
		t, err := text(v.what, v.value)
		if err != nil {
			return nil, err
		}
		if strings.ContainsAny(t, "<>") {
			return nil, &ValueError{What: v.what, Value: v.value, Want: "no < or >"}
		}
		head = append(head, t)
	}
	if len(e.Items) == 0 {
		return nil, &ValueError{What: "changelog items", Want: "at least one"}
	}
	day := e.Date.UTC().Format("Mon Jan 02 2006")
	out := []string{"* " + day + " " + head[0] + " <" + head[1] + "> - " + head[2]}
	for _, item := range e.Items {
		t, err := text("changelog item", item)
		if err != nil {
			return nil, err
		}
		out = append(out, "- "+t)
	}
	return out, nil
}

// starts reports whether these lines stand at line i.
func (s *Spec) starts(i int, texts []string) bool {
	if i+len(texts) > len(s.lines) {
		return false
	}
	return slices.EqualFunc(s.lines[i:i+len(texts)], texts, func(l line, t string) bool {
		return strings.TrimRight(l.text, " \t") == t
	})
}

// change is the head of an entry.
type change struct {
	line int
	date time.Time
}

// Both of rpm's forms: "* Tue May 09 2023 ..." and "* Tue May  9 12:30:00 UTC 2023 ...".
var changeLine = regexp.MustCompile(`^\*[ \t]+[A-Za-z]{3}[ \t]+([A-Za-z]{3})[ \t]+(\d{1,2})[ \t]+` +
	`(?:[\d:]+[ \t]+\S+[ \t]+)?(\d{4})\b`)

// changes returns the entries of a %changelog; one whose date cannot be read has none.
func (s *Spec) changes(sec section) []change {
	var out []change
	for i := sec.body(); i < sec.end; i++ {
		if !strings.HasPrefix(s.lines[i].text, "*") {
			continue
		}
		c := change{line: i}
		if m := changeLine.FindStringSubmatch(s.lines[i].text); m != nil {
			if d, err := time.Parse("Jan 2 2006", m[1]+" "+m[2]+" "+m[3]); err == nil {
				c.date = d
			}
		}
		out = append(out, c)
	}
	return out
}
