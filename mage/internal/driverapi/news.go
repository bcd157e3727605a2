// SPDX-License-Identifier: Apache-2.0

package driverapi

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// News are the differences of a release from an earlier one.
type News struct {
	Since      string // the earlier release
	PrivateABI string // both numbers; "" if they are the same
	IDs        []string
	Items      []Change
	Untyped    bool // types were not compared
}

// Change is a difference of one declaration.
type Change struct {
	Name Name
	What string // such as "new" or "6 arguments, 5 before"
}

// String names the declaration: "verbs_context_ops.query_srq (new)".
func (c Change) String() string {
	name := c.Name.Name
	if c.Name.In != "" {
		name = c.Name.In + "." + name
	}
	return name + " (" + c.What + ")"
}

// Text is all differences in one line.
func (n News) Text() string {
	if parts := n.Parts(func(string) bool { return true }); len(parts) > 0 {
		return strings.Join(parts, "; ")
	}
	if n.Untyped {
		return "no name, driver id or number of arguments differs from " + n.Since + "; types are not compared"
	}
	return "nothing differs from " + n.Since
}

// Parts are the differences in words, of driver.h those of names that are used, of members those of structures that are too.
func (n News) Parts(uses func(name string) bool) []string {
	var parts []string
	if n.PrivateABI != "" {
		parts = append(parts, n.PrivateABI)
	}
	if len(n.IDs) > 0 {
		parts = append(parts, "driver id "+few(n.IDs))
	}
	var items []string
	for _, c := range n.Items {
		if uses(c.Name.Name) && (c.Name.In == "" || uses(c.Name.In)) {
			items = append(items, c.String())
		}
	}
	if len(items) > 0 {
		parts = append(parts, "driver.h: "+few(items))
	}
	return parts
}

// few joins the first of many names.
func few(names []string) string {
	const most = 6
	if n := len(names) - most; n > 0 {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", n)
	}
	return strings.Join(names, ", ")
}

// News are the differences of a later release from the newest one of the history. Types are not recorded there, so of two
// declarations with the same number of arguments nothing is said.
func (h *History) News(r Release) News {
	before := Header{}
	for _, item := range h.Items {
		last := item.Forms[len(item.Forms)-1]
		if last.Gone {
			continue
		}
		name := Name{Kind: item.Kind, In: item.In, Name: item.Name}
		d := r.Header[name]
		if last.Arguments != nil && len(d.Arguments) != *last.Arguments {
			d.Arguments = make([]string, *last.Arguments)
		}
		before[name] = d
	}
	newest := Release{Version: h.Newest, Header: before, DriverIDs: h.DriverIDs}
	if n := len(h.PrivateABI); n > 0 {
		newest.PrivateABI = h.PrivateABI[n-1].Number
	}
	n := r.News(newest)
	n.Untyped = true
	return n
}

// News are the differences from an earlier release.
func (r Release) News(before Release) News {
	n := News{Since: before.Version}
	if r.PrivateABI != before.PrivateABI {
		n.PrivateABI = fmt.Sprintf("private ABI %d (%d in %s)", r.PrivateABI, before.PrivateABI, before.Version)
	}
	for _, id := range slices.Sorted(maps.Keys(r.DriverIDs)) {
		if r.DriverIDs[id] != before.DriverIDs[id] {
			n.IDs = append(n.IDs, r.DriverIDs[id]+" = "+strconv.Itoa(id))
		}
	}
	constants := slices.Collect(maps.Values(r.DriverIDs))
	for _, id := range slices.Sorted(maps.Keys(before.DriverIDs)) {
		if constant := before.DriverIDs[id]; !slices.Contains(constants, constant) {
			n.IDs = append(n.IDs, constant+" (gone)")
		}
	}
	add := func(name Name, what string) { n.Items = append(n.Items, Change{Name: name, What: what}) }
	for name, d := range r.Header {
		old, had := before.Header[name]
		switch {
		case !had:
			add(name, "new")
		case len(d.Arguments) != len(old.Arguments):
			add(name, fmt.Sprintf("%s, %d before", countArguments(len(d.Arguments)), len(old.Arguments)))
		case len(changed(old, d)) > 0:
			add(name, "other types")
		}
	}
	for name := range before.Header {
		if _, has := r.Header[name]; !has {
			add(name, "gone")
		}
	}
	slices.SortFunc(n.Items, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Name.Kind, b.Name.Kind), cmp.Compare(a.Name.In, b.Name.In), cmp.Compare(a.Name.Name, b.Name.Name))
	})
	return n
}

// Moved counts the members of a structure that are at another place than in the earlier release, as far as uses says that
// they count. A member is not moved by what comes behind it.
func (r Release) Moved(before Release, in string, uses func(name string) bool) int {
	moved := 0
	for name, d := range r.Header {
		if old, had := before.Header[name]; had && name.In == in && old.At != d.At && uses(name.Name) {
			moved++
		}
	}
	return moved
}
