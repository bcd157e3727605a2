// SPDX-License-Identifier: Apache-2.0

package transplant

import (
	"slices"
	"strings"
)

// Kind is the kind of a difference.
type Kind string

// The kinds of differences.
const (
	Missing   Kind = "missing"   // only upstream's result has the line
	Extra     Kind = "extra"     // only verbsmith's result has the line
	Elsewhere Kind = "elsewhere" // both have the line, in different places
)

// Difference is the lines of a file that differ in one way.
type Difference struct {
	File  string
	Kind  Kind
	Lines []Line   // their places in upstream's result; for extra ones, in verbsmith's
	Why   []string // the reasons for them, once explained
}

// File is a file that upstream or verbsmith changes.
type File struct {
	Name         string
	Own          bool // the provider's own, copied unchanged
	Theirs, Ours Change
	Common       int // lines that both add, or both remove, in the same place
	Differences  []Difference
}

// Change counts the lines that a change of a file adds and removes.
type Change struct{ Added, Removed int }

// Same reports whether the two results are identical.
func (f *File) Same() bool { return len(f.Differences) == 0 }

// Compare compares verbsmith's result with upstream's: every file that at least one of them has
// changed. own lists the provider's files and directories.
func Compare(before, theirs, ours Tree, own []string) []File {
	names := slices.Concat(changed(before, theirs), changed(before, ours))
	slices.Sort(names)
	names = slices.Compact(names)
	files := make([]File, 0, len(names))
	for _, name := range names {
		f := File{Name: name, Theirs: change(before, theirs, name), Ours: change(before, ours, name)}
		f.Own = slices.ContainsFunc(own, func(folder string) bool { return under(name, folder) })
		f.Differences = differences(name, before, theirs, ours)
		f.Common = max(0, f.Theirs.Added+f.Theirs.Removed-apart(before[name], f.Differences))
		files = append(files, f)
	}
	return files
}

func change(before, after Tree, name string) Change {
	removed, added := difference(splitLines(before[name]), splitLines(after[name]), nil)
	return Change{Added: len(added), Removed: len(removed)}
}

// Added is what a change adds: of each changed file the added lines alone.
func Added(before, after Tree) Tree {
	added := Tree{}
	for _, name := range changed(before, after) {
		var text strings.Builder
		_, lines := difference(splitLines(before[name]), splitLines(after[name]), nil)
		for _, l := range lines {
			text.WriteString(l.Text + "\n")
		}
		if has(after, name) {
			added[name] = text.String()
		}
	}
	return added
}

// apart counts the lines that upstream adds or removes and verbsmith does not, or in another
// place. An extra line counts if the file had it before and upstream removes it.
func apart(before string, all []Difference) int {
	kept := map[string]int{}
	for _, line := range splitLines(before) {
		kept[line]++
	}
	n := 0
	for _, d := range all {
		for _, l := range d.Lines {
			switch {
			case d.Kind != Extra:
				n++
			case kept[l.Text] > 0:
				kept[l.Text]--
				n++
			}
		}
	}
	return n
}

// differences compares two results of one file.
func differences(name string, before, theirs, ours Tree) []Difference {
	if theirs[name] == ours[name] && has(theirs, name) == has(ours, name) {
		return nil
	}
	known := map[string]bool{}
	for _, line := range splitLines(before[name]) {
		known[line] = true
	}
	missing, extra := difference(splitLines(theirs[name]), splitLines(ours[name]), known)
	var elsewhere []Line
	for i := 0; i < len(missing); {
		k := slices.IndexFunc(extra, func(l Line) bool { return l.Text == missing[i].Text })
		if k < 0 {
			i++
			continue
		}
		elsewhere = append(elsewhere, missing[i])
		missing, extra = slices.Delete(missing, i, i+1), slices.Delete(extra, k, k+1)
	}
	var all []Difference
	for _, d := range []Difference{
		{File: name, Kind: Missing, Lines: missing},
		{File: name, Kind: Extra, Lines: extra},
		{File: name, Kind: Elsewhere, Lines: elsewhere},
	} {
		if len(d.Lines) > 0 {
			all = append(all, d)
		}
	}
	if all == nil {
		// An empty file that only one has, or a missing newline at the end.
		all = []Difference{{File: name, Kind: Elsewhere, Lines: []Line{{Text: "(the end of the file)"}}}}
	}
	return all
}

func has(t Tree, name string) bool {
	_, ok := t[name]
	return ok
}
