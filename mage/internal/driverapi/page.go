// SPDX-License-Identifier: Apache-2.0

package driverapi

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed page.md
var pageHead string

// Markdown is the page: advice for providers, the differences, and the unchanged declarations.
func (h *History) Markdown() string {
	var out strings.Builder
	fmt.Fprintf(&out, pageHead, h.Oldest, h.Newest)
	out.WriteString("\n## Private ABI\n\n| private ABI | from |\n|---|---|\n")
	for _, abi := range h.PrivateABI {
		from := "v" + abi.From
		if abi.From == h.Oldest {
			from += " and before"
		}
		fmt.Fprintf(&out, "| %d | %s |\n", abi.Number, from)
	}
	out.WriteString("\n## What differs\n\n| kind | names | difference | test |\n|---|---|---|---|\n")
	for _, row := range h.rows() {
		fmt.Fprintf(&out, "| %s | %s | %s | %s |\n", row.kind, strings.Join(row.names, ", "), row.what, row.test)
	}
	fmt.Fprintf(&out, "\n## What is the same in all of them\n\nIn driver.h since v%s or longer, unchanged:\n\n", h.Oldest)
	for _, group := range []struct{ kind, title string }{
		{KindFunction, "Functions"}, {KindStruct, "Structures"}, {KindMember, "Members"}, {KindConstant, "Constants and macros"},
	} {
		fmt.Fprintf(&out, "**%s.** %s\n\n", group.title, strings.Join(h.unchanged(group.kind), ", "))
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// row is a difference that several names share.
type row struct {
	kind, what, test string
	names            []string
}

// rows are the differences, in the order of the first name of each.
func (h *History) rows() []row {
	var rows []row
	for i := range h.Items {
		item := &h.Items[i]
		if h.cameWithStruct(item) {
			continue
		}
		for _, said := range h.Differences(item) {
			what, test, _ := strings.Cut(strings.TrimSuffix(said, " ("+Page+")"), ": ")
			_, what, _ = strings.Cut(what, item.Name+" ")
			what = strings.TrimPrefix(what, "is ")
			_, test, _ = strings.Cut(test, "test ")
			at := slices.IndexFunc(rows, func(r row) bool { return r.kind == item.Kind && r.what == what && r.test == test })
			if at < 0 {
				at = len(rows)
				rows = append(rows, row{kind: item.Kind, what: what, test: test})
			}
			rows[at].names = append(rows[at].names, "`"+item.Name+"`")
		}
	}
	return rows
}

// cameWithStruct reports whether a member needs no line: it has been unchanged since its
// structure was added.
func (h *History) cameWithStruct(item *Item) bool {
	return item.Kind == KindMember && len(item.Forms) == 1 && slices.ContainsFunc(h.Items, func(s Item) bool {
		return s.Kind == KindStruct && s.Name == item.In && s.Forms[0].From == item.Forms[0].From
	})
}

func (h *History) unchanged(kind string) []string {
	var out []string
	for i := range h.Items {
		item := &h.Items[i]
		if item.Kind != kind || len(h.Differences(item)) > 0 {
			continue
		}
		name := item.Name
		if item.In != "" {
			name = item.In + "." + name
		}
		out = append(out, "`"+name+"`")
	}
	return out
}
