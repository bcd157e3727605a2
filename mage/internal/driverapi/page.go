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

// Markdown is the page: what a provider has to do for other releases, what has
// changed, and what has not.
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
	out.WriteString("\n## What differs\n\n| kind | difference | test |\n|---|---|---|\n")
	for i := range h.Items {
		if h.cameWithStruct(&h.Items[i]) {
			continue
		}
		for _, said := range h.Differences(&h.Items[i]) {
			what, test, _ := strings.Cut(said, ": ")
			_, test, _ = strings.Cut(strings.TrimSuffix(test, " ("+Page+")"), "test ")
			fmt.Fprintf(&out, "| %s | %s | %s |\n", h.Items[i].Kind, what, test)
		}
	}
	fmt.Fprintf(&out, "\n## What is the same in all of them\n\nIn driver.h since v%s or longer, unchanged:\n\n", h.Oldest)
	for _, group := range []struct{ kind, title string }{
		{KindFunction, "Functions"}, {KindStruct, "Structures"}, {KindMember, "Members"}, {KindConstant, "Constants and macros"},
	} {
		fmt.Fprintf(&out, "**%s.** %s\n\n", group.title, strings.Join(h.unchanged(group.kind), ", "))
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// cameWithStruct says that a member needs no line of its own: it has been the
// same for as long as its structure has been there.
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
