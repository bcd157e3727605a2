// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"fmt"
	"slices"
)

// Taken says that a driver id belongs to another provider in a later release.
type Taken struct {
	ID       int
	Constant string // its later owner
	Since    string // the first such release
}

// String is the sentence for people.
func (t Taken) String() string {
	return fmt.Sprintf("%d is %s from %s on", t.ID, t.Constant, t.Since)
}

// MovedFrom returns the driver id of the row above, if it differs from this row's.
func (r *Releases) MovedFrom(i int) (before int, moved bool) {
	if !r.Rows[i].edited() {
		return 0, false
	}
	for j := i - 1; j >= 0; j-- {
		if r.Rows[j].edited() {
			return r.Rows[j].DriverID, r.Rows[j].DriverID != r.Rows[i].DriverID
		}
	}
	return 0, false
}

// TakenLater looks in all releases of the clone after the row's own, selected or not, for the
// first that gives the row's number to another constant. A constant that already has it in the
// row's release shares it on purpose, as RDMA_DRIVER_IRDMA and RDMA_DRIVER_I40IW do.
func (r *Releases) TakenLater(row *Row) (Taken, bool) {
	if !row.edited() || row.Constant == "" {
		return Taken{}, false
	}
	for _, ref := range r.All {
		if compareNames(ref.Name, row.Release.Name) <= 0 {
			continue
		}
		owner, ok := ref.IDs[row.DriverID]
		if ok && owner != row.Constant && owner != row.Release.IDs[row.DriverID] {
			return Taken{ID: row.DriverID, Constant: owner, Since: ref.Name}, true
		}
	}
	return Taken{}, false
}

// IDWarnings lists, once each, the changes of the driver id, the numbers that later belong
// to another provider, and the releases of which that is not known.
func (r *Releases) IDWarnings() []string {
	return slices.Concat(r.moves(), r.collisions(), r.unread())
}

// unread names the releases after the first row with a number whose driver ids cannot be read.
func (r *Releases) unread() []string {
	first := slices.IndexFunc(r.Rows, func(row *Row) bool { return row.edited() && row.Constant != "" })
	if first < 0 {
		return nil
	}
	var out []string
	for _, ref := range r.All {
		if ref.Unclear != nil && compareNames(ref.Name, r.Rows[first].Release.Name) > 0 {
			out = append(out, fmt.Sprintf("the driver ids of %s are not known: %v", ref.Name, ref.Unclear))
		}
	}
	return out
}

func (r *Releases) moves() []string {
	var out []string
	last := ""
	for i, row := range r.Rows {
		if before, moved := r.MovedFrom(i); moved {
			out = append(out, fmt.Sprintf("%s moves: it is %d in %s and %d in %s",
				row.Constant, before, last, row.DriverID, row.Release.Name))
		}
		if row.edited() {
			last = row.Release.Name
		}
	}
	return out
}

func (r *Releases) collisions() []string {
	var all []Taken
	rows := map[Taken][]string{}
	for _, row := range r.Rows {
		t, ok := r.TakenLater(row)
		if !ok {
			continue
		}
		if rows[t] == nil {
			all = append(all, t)
		}
		rows[t] = append(rows[t], row.Release.Name)
	}
	out := make([]string, 0, len(all))
	for _, t := range all {
		which := rows[t][0]
		if n := len(rows[t]); n > 1 {
			which += " to " + rows[t][n-1]
		}
		out = append(out, fmt.Sprintf("%s: %s", which, t))
	}
	return out
}
