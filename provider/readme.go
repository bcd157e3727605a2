// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"regexp"

	"github.com/resnics/verbsmith/specs/sortedlist"

	"github.com/resnics/verbsmith/provider/internal/text"
)

// moduleItem is an item of README.md's list of kernel modules: " - siw.ko".
var moduleItem = regexp.MustCompile(`(?m)^([ \t]*[-*+][ \t]+)([A-Za-z0-9_-]+\.ko)[ \t]*\r?$`)

// readmeItem is one of those in the file.
type readmeItem struct {
	Module string
	Marker string
	Start  int
}

// addKernelModule puts the provider's kernel module into README.md's list, in
// the order that the list has.
func addKernelModule(file string, data []byte, module string) (out []byte, already bool, err error) {
	lists := moduleLists(data)
	const lookedFor = "one list of kernel modules ( - name.ko)"
	lines := make([]int, len(lists))
	for i, l := range lists {
		lines[i] = text.LineNumber(data, l[0].Start)
	}
	if err := text.OnePlace(file, lookedFor, lines); err != nil {
		return nil, false, err
	}
	list := lists[0]
	modules := make([]string, len(list))
	for i, it := range list {
		modules[i] = it.Module
	}
	if text.Count(modules, module) > 0 {
		return data, true, nil
	}
	pos := sortedlist.Place(modules, module, sortedlist.ByFold)
	if pos == 0 {
		out = text.InsertLineBefore(data, list[0].Start, list[0].Marker+module)
	} else {
		out = text.InsertLineAfter(data, list[pos-1].Start, list[pos-1].Marker+module)
	}
	after := moduleLists(out)
	if len(after) != 1 || len(after[0]) != len(list)+1 || after[0][pos].Module != module {
		found := "a layout that an item would break"
		return nil, false, &PlaceError{File: file, Line: lines[0], LookedFor: lookedFor, Found: found}
	}
	return out, false, nil
}

// moduleLists gives the runs of neighbouring items.
func moduleLists(data []byte) [][]readmeItem {
	var lists [][]readmeItem
	next := -1 // where the line behind the last item begins
	for _, m := range moduleItem.FindAllSubmatchIndex(data, -1) {
		it := readmeItem{Module: string(data[m[4]:m[5]]), Marker: string(data[m[2]:m[3]]), Start: m[0]}
		if it.Start == next {
			lists[len(lists)-1] = append(lists[len(lists)-1], it)
		} else {
			lists = append(lists, []readmeItem{it})
		}
		next = text.LineEnd(data, it.Start)
	}
	return lists
}
