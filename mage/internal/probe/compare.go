// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/specs"
)

// State is how a fact compares with what is known of the real image.
type State string

// The states of a fact.
const (
	Same    State = "same"
	Standin State = "stand-in"  // it differs as the stand-in is known to
	Differs State = "DIFFERS"   // it differs and should not, or does not and should
	Unasked State = "NOT ASKED" // and so it is not known to be the same
	Unknown State = "-"         // nothing is known of the real image
)

// Row is a fact, and what is known of it.
type Row struct {
	What, Expected, Found string
	State                 State
}

// Compare compares the facts of a distro's image with the real image's, and those of the stand-in also with its
// differences: each must be there, and no others.
func Compare(d specs.Distro, standin bool, f Facts) []Row {
	known, differences := d.Known(), map[string]string{}
	if standin {
		differences = d.StandinFacts()
	}
	keys := map[string]bool{}
	for key := range f.Found {
		keys[key] = !strings.HasPrefix(key, "package ") // versions: for the reader of the file
	}
	for _, expected := range []map[string]string{known, differences} {
		for key := range expected {
			keys[key] = true
		}
	}
	var rows []Row
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if keys[key] {
			rows = append(rows, compare(key, known, differences, f))
		}
	}
	return rows
}

// compare is the row of one fact.
func compare(key string, known, differences map[string]string, f Facts) Row {
	want, isKnown := known[key]
	other, differs := differences[key]
	found, asked := f.Found[key]
	row := Row{What: key, Expected: want, Found: found, State: Differs}
	same := isKnown && matches(want, found)
	switch {
	case !asked:
		row.State, row.Found = Unasked, f.why()
	case differs && isKnown && !same && matches(other, found):
		row.State = Standin
	case differs:
		row.Expected += " (stand-in: " + other + ")"
	case !isKnown:
		row.State = Unknown
	case same:
		row.State = Same
	}
	return row
}

// matches compares the words of two values as sets. A * in a wanted word stands for any characters.
func matches(want, found string) bool {
	lacks, more := difference(want, found)
	return len(lacks)+len(more) == 0
}

// difference returns the wanted words that match none of those found, and the found words that no wanted one matches.
func difference(want, found string) (lacks, more []string) {
	wanted, there := strings.Fields(want), strings.Fields(found)
	for _, w := range wanted {
		if !slices.ContainsFunc(there, func(word string) bool { return fits(w, word) }) {
			lacks = append(lacks, w)
		}
	}
	for _, word := range there {
		if !slices.ContainsFunc(wanted, func(w string) bool { return fits(w, word) }) {
			more = append(more, word)
		}
	}
	return lacks, more
}

// fits reports whether a word matches a pattern, in which * stands for any characters.
func fits(pattern, word string) bool {
	parts := strings.Split(pattern, "*")
	rest, ok := strings.CutPrefix(word, parts[0])
	if !ok || len(parts) == 1 {
		return ok && rest == ""
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return strings.HasSuffix(rest, parts[last])
}

// Cells are the row of a table. Of long values it shows the difference.
func (r Row) Cells() []string {
	const most = 6
	expected, found := r.Expected, r.Found
	if len(strings.Fields(expected)) > most && r.State != Unasked {
		lacks, more := difference(expected, found)
		expected = fmt.Sprintf("%d words", len(strings.Fields(expected)))
		found = "the same"
		if len(lacks)+len(more) > 0 {
			found = "lacks " + several(lacks) + "\nhas " + several(more)
		}
	}
	return []string{r.What, short(expected), short(found), string(r.State)}
}

// short cuts a value that is too long for a table.
func short(value string) string {
	const most = 12
	words := strings.Split(value, " ")
	if len(words) > most {
		return several(words)
	}
	return value
}

// several shows the first of many words.
func several(words []string) string {
	const most = 4
	switch {
	case len(words) == 0:
		return "nothing more"
	case len(words) > most:
		return fmt.Sprintf("%s and %d more", strings.Join(words[:most], " "), len(words)-most)
	}
	return strings.Join(words, " ")
}

// DifferenceError says in what an image differs from what is known of it.
type DifferenceError struct {
	Image          string // the directory of its outputs
	Differ, Missed []string
}

// Error implements error.
func (e *DifferenceError) Error() string {
	var parts []string
	if len(e.Differ) > 0 {
		parts = append(parts, fmt.Sprintf("%d unexpected differences (%s)", len(e.Differ), strings.Join(e.Differ, ", ")))
	}
	if len(e.Missed) > 0 {
		parts = append(parts, fmt.Sprintf("%d facts that could not be asked for", len(e.Missed)))
	}
	return e.Image + ": " + strings.Join(parts, ", ")
}

// Judge returns *DifferenceError unless all that is known of the image was found.
func Judge(image string, rows []Row) error {
	e := &DifferenceError{Image: image}
	for _, row := range rows {
		switch row.State {
		case Differs:
			e.Differ = append(e.Differ, row.What)
		case Unasked:
			e.Missed = append(e.Missed, row.What)
		case Same, Standin, Unknown:
		}
	}
	if len(e.Differ)+len(e.Missed) == 0 {
		return nil
	}
	return e
}
