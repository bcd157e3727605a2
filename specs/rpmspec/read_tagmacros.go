// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"slices"
	"strings"
)

// tagMacros makes the macros that rpm makes of tags before their lines: a spec that uses
// one before its tag has it in a body that is expanded later. What conditionals give
// several values is told at its line.
func (w *walk) tagMacros() {
	for _, name := range tagMacroNames() {
		var values []string
		for _, t := range w.spec.tags(w.spec.sections[0]) {
			if t.name == name && len(values) < 2 && !slices.Contains(values, t.value) {
				values = append(values, t.value)
			}
		}
		switch {
		case len(values) == 1:
			w.table.set(name, values[0])
		case len(values) > 1:
			w.table.hide(name, "its tag has several values, and this is in front of it")
		}
	}
}

func tagMacroNames() []string { return []string{"name", "version", "url"} }

// tagMacro makes the macro of a tag at its line.
func (w *walk) tagMacro(i int, state readLine) {
	if w.section > 0 {
		return
	}
	m := tagLine.FindStringSubmatch(w.spec.lines[i].text)
	if m == nil {
		for _, name := range w.spec.bracedTags(i) {
			if slices.Contains(tagMacroNames(), name) {
				w.table.hide(name, "its tag is inside of a macro")
			}
		}
		return
	}
	name := strings.ToLower(m[1])
	switch {
	case !slices.Contains(tagMacroNames(), name):
	case state.truth == undecided:
		if body, known := w.table.values[name]; !known || body != m[4] {
			w.table.hide(name, state.why)
		}
	default:
		w.table.set(name, m[4])
	}
}
