// SPDX-License-Identifier: Apache-2.0

package page

import (
	"fmt"
	"slices"
	"strings"
)

// view is a page as the template shows it.
type view struct {
	Page

	State   State
	Verdict string
	Parts   []partView
	Left    string // parts that are not on the page
}

// Several says whether the page has more than one part.
func (v view) Several() bool { return len(v.Parts) > 1 }

func newView(p Page, patches [][]diffFile, much detail, all int) view {
	v := view{Page: p, State: Untested}
	share := max(len(p.Parts), 1)
	much.patch, much.output = much.patch/share, much.output/share
	several := len(p.Parts) > 1
	for i, part := range p.Parts {
		v.Parts = append(v.Parts, newPart(part, patches[i], fmt.Sprintf("p%d", i+1), several && part.Verdict != p.Verdict, much))
	}
	switch {
	case p.Verdict != "":
		v.State, v.Verdict = p.About.State, p.Verdict
	case several:
		v.State, v.Verdict = sumOf(p.Parts)
	case len(p.Parts) == 1:
		v.State, v.Verdict = p.Parts[0].State, p.Parts[0].Verdict
	default:
		v.Verdict = "There is nothing to report on."
	}
	if left := all - len(p.Parts); left > 0 {
		v.Left = counted(left, "more directory", "more directories")
	}
	return v
}

// sumOf is the verdict on several parts: the worst of them.
func sumOf(parts []Part) (State, string) {
	count := map[State]int{}
	for _, p := range parts {
		count[p.State]++
	}
	all := counted(len(parts), "directory", "directories")
	switch {
	case count[Fail]+count[Stopped] > 0:
		bad := count[Fail] + count[Stopped]
		return Fail, fmt.Sprintf("%d of %s %s.", bad, all, plural(bad, "fails", "fail"))
	case count[Pass] == len(parts):
		return Pass, fmt.Sprintf("All of %s pass.", all)
	}
	return Untested, fmt.Sprintf("%d of %s pass, none fails, the others are not tested.", count[Pass], all)
}

// link is an entry of the contents.
type link struct{ ID, Name string }

// left is what a table does not show.
type left struct {
	N          int
	What, File string
}

// partView is a part as the template shows it.
type partView struct {
	Part

	ID   string
	Told bool // its verdict is not the page's own
	much detail

	Failures []failureView
	Diff     []diffFile
}

func newPart(p Part, patch []diffFile, id string, told bool, much detail) partView {
	v := partView{Part: p, ID: id, Told: told, much: much, Diff: shorten(reviewed(patch), p.Dir+p.Patch.File, much.patch)}
	for _, f := range p.Failures {
		v.Failures = append(v.Failures, newFailure(f, much))
	}
	if len(v.Failures) > 0 && !told && strings.Contains(strings.ToLower(p.Verdict), strings.ToLower(v.Failures[0].Cause)) {
		v.Failures[0].Cause = "" // the page begins with it
	}
	return v
}

// Sections are the contents.
func (v partView) Sections() []link {
	var all []link
	for _, s := range []struct {
		there    bool
		id, name string
	}{
		{len(v.Packages.List) > 0, "packages", "Packages"},
		{v.Compared.With != "", "compared", "For customers"},
		{len(v.Diff) > 0 || v.Patch.Why != "", "patch", "Patch"},
		{len(v.Suites) > 0, "verdicts", "Verdicts"},
		{len(v.Kernel.Cases) > 0, "kernel", "Kernel lab"},
		{len(v.Releases.Rows) > 0, "releases", "Releases"},
		{len(v.Times) > 0, "times", "Time"},
		{len(v.Inputs)+len(v.Digests) > 0, "inputs", "Inputs"},
		{v.ShowChanges(), "changes", "Changes"},
	} {
		if s.there {
			all = append(all, link{v.ID + "-" + s.id, s.name})
		}
	}
	if len(all) < 2 {
		return nil
	}
	return all
}

// ShowChanges says whether the part is about a directory that may have had other results.
func (v partView) ShowChanges() bool { return len(v.Packages.List) > 0 || len(v.Changes.List) > 0 }

// rows is the beginning of a table that fits.
func rows[T any](all []T, much detail) []T { return all[:min(len(all), much.rows)] }

func (v partView) leftOf(n int, what, file string) left {
	if file != "" {
		file = v.Dir + file
	}
	return left{N: max(n-v.much.rows, 0), What: what, File: file}
}

// PackageRows are the packages that are shown: those with files of the provider first.
func (v partView) PackageRows() []Package {
	all := slices.Clone(v.Packages.List)
	slices.SortStableFunc(all, func(a, b Package) int { return rank(len(a.Added) == 0) - rank(len(b.Added) == 0) })
	shown := rows(all, v.much)
	for i := range shown {
		shown[i].Added = cutList(shown[i].Added, v.much.rows)
		shown[i].Missing = cutList(shown[i].Missing, v.much.rows)
	}
	return shown
}

func cutList(list []string, most int) []string {
	if len(list) <= most {
		return list
	}
	return append(slices.Clone(list[:most]), fmt.Sprintf("and %d more", len(list)-most))
}

func rank(second bool) int {
	if second {
		return 1
	}
	return 0
}

const manifestFile = "manifest.json"

// PackagesLeft is what the table of packages does not show.
func (v partView) PackagesLeft() left {
	return v.leftOf(len(v.Packages.List), "packages", manifestFile)
}

// PackageCount is the sum in words.
func (v partView) PackageCount() string {
	size := int64(0)
	for _, p := range v.Packages.List {
		size += p.Size
	}
	return counted(len(v.Packages.List), "package", "packages") + ", " + sizeText(size)
}

// DiffSum is what the patch does, in words.
func (v partView) DiffSum() string {
	added, removed, fresh := 0, 0, 0
	for _, f := range v.Diff {
		added, removed = added+f.Added, removed+f.Removed
		if f.New {
			fresh++
		}
	}
	text := fmt.Sprintf("%s, +%d −%d", counted(len(v.Diff), "file", "files"), added, removed)
	if fresh > 0 {
		text += fmt.Sprintf("; %d of them new", fresh)
	}
	return text
}

// reviewed are the files of a patch in the order in which a reviewer reads them: first what was there before. The new files are the
// provider's own, and known to whoever made it.
func reviewed(files []diffFile) []diffFile {
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b diffFile) int { return rank(a.New) - rank(b.New) })
	return files
}

// Edited are the files of the patch that were there before.
func (v partView) Edited() []diffFile {
	return slices.DeleteFunc(slices.Clone(rows(v.Diff, v.much)), func(f diffFile) bool { return f.New })
}

// Fresh are its new files.
func (v partView) Fresh() []diffFile {
	return slices.DeleteFunc(slices.Clone(rows(v.Diff, v.much)), func(f diffFile) bool { return !f.New })
}

// DiffLeft is what is not shown of them.
func (v partView) DiffLeft() left { return v.leftOf(len(v.Diff), "files", v.Patch.File) }

// DigestRows are the files whose digests are shown.
func (v partView) DigestRows() []File { return rows(v.Digests, v.much) }

// DigestsLeft is what is not shown of them.
func (v partView) DigestsLeft() left { return v.leftOf(len(v.Digests), "files", manifestFile) }

// DigestCount is how many there are, in words.
func (v partView) DigestCount() string { return counted(len(v.Digests), "file", "files") }

// ChangeRows are the differences that are shown.
func (v partView) ChangeRows() []Change { return rows(v.Changes.List, v.much) }

// ChangesLeft is what is not shown of them.
func (v partView) ChangesLeft() left { return v.leftOf(len(v.Changes.List), "differences", "") }

// ComparedRows are the differences from other packages that are shown.
func (v partView) ComparedRows() []Difference { return rows(v.Compared.List, v.much) }

// ComparedLeft is what is not shown of them.
func (v partView) ComparedLeft() left {
	return v.leftOf(len(v.Compared.List), "differences", v.Compared.File)
}

// ComparedSum is how many there are of each kind, in words.
func (v partView) ComparedSum() string {
	count, kinds := map[string]int{}, []string{}
	for _, d := range v.Compared.List {
		if count[d.What]++; count[d.What] == 1 {
			kinds = append(kinds, d.What)
		}
	}
	for i, kind := range kinds {
		kinds[i] = fmt.Sprintf("%s: %d", kind, count[kind])
	}
	return counted(len(v.Compared.List), "difference", "differences") + " (" + strings.Join(kinds, ", ") + ")"
}

// suiteView is a suite as the template shows it.
type suiteView struct {
	Suite

	Results []resultView
	Left    left
}

// resultView is a verdict with as much of its output as fits.
type resultView struct {
	Result

	Output string
	Left   int // bytes before it
	Open   bool
}

// JUnit is the file with the outputs.
func (v partView) JUnit() string {
	if len(v.Suites) > 0 {
		return v.Suites[0].File
	}
	return ""
}

// SuiteRows are the suites. Only what does not pass shows its output.
func (v partView) SuiteRows() []suiteView {
	var all []suiteView
	bad := 0
	for _, s := range v.Suites {
		for _, r := range s.Results {
			bad += rank(r.State == Fail)
		}
	}
	for _, s := range v.Suites {
		sv := suiteView{Suite: s, Left: v.leftOf(len(s.Results), "verdicts", s.File)}
		for _, r := range rows(s.Results, v.much) {
			rv := resultView{Result: r, Open: r.State == Fail}
			if rv.Open {
				rv.Output, rv.Left = cutEnd(strings.TrimSpace(string(r.Output)), min(v.much.output/bad, 4<<10))
			}
			sv.Results = append(sv.Results, rv)
		}
		all = append(all, sv)
	}
	return all
}

// Sum is how the verdicts ended, in words.
func (s Suite) Sum() string {
	count := map[State]int{}
	for _, r := range s.Results {
		count[r.State]++
	}
	return countStates(count)
}

// countStates is a sum such as "12 passed, 1 failed".
func countStates(count map[State]int) string {
	parts := []string{fmt.Sprintf("%d passed", count[Pass]), fmt.Sprintf("%d failed", count[Fail])}
	for _, s := range []State{Unsupported, Skipped, Untested} {
		if count[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count[s], s))
		}
	}
	return strings.Join(parts, ", ")
}

// failureView is a failure as the template shows it.
type failureView struct {
	Failure

	Places []placeView
}

// placeView is a place as the template shows it.
type placeView struct {
	Place

	Lines []lineView
}

// lineView is a line of a source.
type lineView struct{ Line }

func newFailure(f Failure, much detail) failureView {
	v := failureView{Failure: f}
	for i, p := range f.Places {
		if i == much.places {
			v.More += len(f.Places) - i
			break
		}
		pv := placeView{Place: p}
		for _, l := range p.Lines {
			l.Text, _ = cut(l.Text, 400)
			pv.Lines = append(pv.Lines, lineView{l})
		}
		v.Places = append(v.Places, pv)
	}
	return v
}

// Label is the line's number.
func (l lineView) Label() string {
	if l.Number == 0 {
		return ""
	}
	return fmt.Sprintf("%d", l.Number)
}

// CaretAt marks a column of the line: blanks that are as wide as what is before it.
func (l lineView) CaretAt(column int) string {
	const gutter = "     " // the number's place is four wide, and has a half behind it
	before := []rune(l.Text)
	before = before[:min(max(column-1, 0), len(before))]
	for i, r := range before {
		if r != '\t' {
			before[i] = ' '
		}
	}
	return gutter + string(before) + "^"
}

func counted(n int, one, many string) string { return fmt.Sprintf("%d %s", n, plural(n, one, many)) }

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// sizeText is a number of bytes.
func sizeText(v any) string {
	n := int64(0)
	switch v := v.(type) {
	case int:
		n = int64(v)
	case int64:
		n = v
	}
	const unit = 1024
	f, i := float64(n), 0
	units := []string{"B", "KiB", "MiB", "GiB"}
	for f >= unit && i < len(units)-1 {
		f, i = f/unit, i+1
	}
	if i == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", f, units[i])
}
