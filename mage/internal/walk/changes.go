// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/driverapi"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/patchset"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/upstream"
)

const contextOps = "verbs_context_ops"

// Change is what differs for the provider in a release from the last one before it that passed.
type Change struct {
	Release, Since string // names; Since may be a release that was not tried
	What           []string
}

// Changes compares each row with the last one above it that passed, or, if there is none, with the release before it. A row in which
// nothing differs that concerns the provider has no entry.
func (w *Walker) Changes(ctx context.Context, j job.Job, r *Releases) ([]Change, error) {
	line := w.Begin("changes")
	changes, err := r.changes(ctx, j, line.Step)
	return changes, w.End("changes", line, false, err)
}

func (r *Releases) changes(ctx context.Context, j job.Job, step func(n, of int, what string)) ([]Change, error) {
	measured, err := r.measure(ctx, step)
	if err != nil {
		return nil, err
	}
	words := j.Provider.Words()
	uses := func(name string) bool { return words[name] }
	var out []Change
	var passed *Row
	for _, row := range r.Rows {
		if c, ok := r.change(row, passed, measured, uses); ok {
			out = append(out, c)
		}
		if row.edited() && !row.Failed() && row.Why() == "" {
			passed = row
		}
	}
	return out, nil
}

// compared are the releases of the rows, and some before each: the one before it may be unreadable.
func (r *Releases) compared() []upstream.Ref {
	const some = 8
	rows, before := map[string]bool{}, []int(nil)
	for _, row := range r.Rows {
		rows[row.Release.Name] = true
	}
	needed := make([]bool, len(r.All))
	for i, ref := range r.All {
		if rows[ref.Name] {
			needed[i] = true
			for _, earlier := range before[max(0, len(before)-some):] {
				needed[earlier] = true
			}
		}
		if ref.Skipped == "" {
			before = append(before, i)
		}
	}
	var refs []upstream.Ref
	for i, ref := range r.All {
		if needed[i] {
			refs = append(refs, ref.Ref)
		}
	}
	return refs
}

// measure reads what the compared releases share with their providers, by their names. One that does not say it is left out.
func (r *Releases) measure(ctx context.Context, step func(n, of int, what string)) (map[string]driverapi.Release, error) {
	refs := r.compared()
	files, names := map[string][][]byte{}, measured()
	for i, name := range names {
		step(i, len(names), name)
		var err error
		if files[name], err = r.clone.FileOf(ctx, refs, name); err != nil {
			return nil, err
		}
	}
	all := map[string]driverapi.Release{}
	for i, ref := range refs {
		read := func(name string) ([]byte, error) { return files[name][i], nil }
		if one, err := measure(ref.Name, read); err == nil {
			all[ref.Name] = one
		}
	}
	return all, nil
}

// change compares a row with the one that passed, which is nil if there is none.
func (r *Releases) change(row, passed *Row, measured map[string]driverapi.Release, uses func(string) bool) (Change, bool) {
	since := r.before(row, measured)
	if passed != nil {
		since = passed.Release.Name
	}
	c := Change{Release: row.Release.Name, Since: since}
	now, ok := measured[row.Release.Name]
	before, had := measured[since]
	if row.Skipped() || !ok || !had {
		return c, false
	}
	news := now.News(before)
	c.What = news.Parts(uses)
	if passed != nil && row.edited() {
		if passed.Constant != "" && passed.DriverID != row.DriverID {
			c.What = append(c.What, fmt.Sprintf("%s = %d (%d before)", row.Constant, row.DriverID, passed.DriverID))
		}
		if files := editsThatDiffer(passed, row); len(files) > 0 {
			c.What = append(c.What, "other edits in "+strings.Join(files, ", "))
		}
	}
	if moved := now.Moved(before, contextOps, uses); moved > 0 {
		c.What = append(c.What, fmt.Sprintf("%d of its functions moved in %s", moved, contextOps))
	}
	return c, len(c.What) > 0
}

// before is the name of the newest measured release before a row's, "" if there is none.
func (r *Releases) before(row *Row, measured map[string]driverapi.Release) string {
	name := ""
	for _, ref := range r.All {
		if _, ok := measured[ref.Name]; ok && ref.Skipped == "" && compareNames(ref.Name, row.Release.Name) < 0 {
			name = ref.Name
		}
	}
	return name
}

// editsThatDiffer are the files in which the patches of two rows add or remove other lines.
func editsThatDiffer(a, b *Row) []string {
	before, after := changedLines(a.PatchFile()), changedLines(b.PatchFile())
	var files []string
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if before[name] != after[name] {
			files = append(files, name)
		}
	}
	for name := range before {
		if _, has := after[name]; !has {
			files = append(files, name)
		}
	}
	slices.Sort(files)
	return files
}

// changedLines are the lines that a patch of verbsmith's adds and removes, by the file. A patch that cannot be read has none.
func changedLines(patch string) map[string]string {
	data, err := stagecache.ReadFile(patch)
	if err != nil {
		return nil
	}
	lines, err := patchset.ChangedLines(data)
	if err != nil {
		return nil
	}
	return lines
}
