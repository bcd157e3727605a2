// SPDX-License-Identifier: Apache-2.0

package rpmspec

import "regexp"

var (
	anyDefine  = regexp.MustCompile(`^[ \t]*%(define|global)[ \t]+([A-Za-z_][A-Za-z0-9_]*)(\([^)]*\))?[ \t]*(.*?)[ \t]*$`)
	undefine   = regexp.MustCompile(`^[ \t]*%undefine[ \t]+([A-Za-z_][A-Za-z0-9_]*)`)
	ifNotThere = regexp.MustCompile(`^[ \t]*%\{!\?([A-Za-z_][A-Za-z0-9_]*):[ \t]*%(define|global)[ \t]+([A-Za-z_][A-Za-z0-9_]*)[ \t]+(.*)\}[ \t]*$`)
	bcondLine  = regexp.MustCompile(`^[ \t]*%bcond(_with|_without)?[ \t]+([A-Za-z_][A-Za-z0-9_]*)[ \t]*(.*?)[ \t]*$`)
)

// define keeps what a line does to the macros.
func (w *walk) define(i int, state readLine) {
	text := w.spec.lines[i].text
	goesOn := i+1 < len(w.spec.lines) && !w.spec.lines[i+1].start
	if m := ifNotThere.FindStringSubmatch(text); m != nil {
		_, defined, why := w.table.find(m[1])
		switch {
		case defined:
		case why != "":
			w.table.hide(m[3], why)
		default:
			w.keep(state, m[2], m[3], m[4])
		}
		return
	}
	if m := undefine.FindStringSubmatch(text); m != nil {
		if w.table.unset(m[1]); state.truth == undecided {
			w.table.hide(m[1], state.why)
		}
		return
	}
	if m := bcondLine.FindStringSubmatch(text); m != nil {
		w.bcond(state, m[1], m[2], m[3])
		return
	}
	if m := anyDefine.FindStringSubmatch(text); m != nil {
		if goesOn || m[3] != "" {
			w.table.hide(m[2], "it has parameters or several lines")
			return
		}
		w.keep(state, m[1], m[2], m[4])
	}
}

// keep defines a macro: %global expands its body at once.
func (w *walk) keep(state readLine, how, name, body string) {
	if state.truth == undecided {
		w.table.hide(name, state.why)
		return
	}
	if how == "global" {
		plain, err := w.table.expand(body)
		if err != nil {
			w.table.hide(name, err.Error())
			return
		}
		body = plain
	}
	w.table.set(name, body)
}

// bcond defines with_NAME as %bcond_with, %bcond_without and %bcond do where rpmbuild
// is given no --with and --without.
func (w *walk) bcond(state readLine, kind, name, expr string) {
	name = "with_" + name
	on := kind == "_without"
	if kind == "" {
		w.table.steps = 0
		v, err := w.table.evaluate(expr)
		if err != nil {
			w.table.hide(name, err.Error())
			return
		}
		on = v.truth()
	}
	switch {
	case state.truth == undecided:
		w.table.hide(name, state.why)
	case on:
		w.table.set(name, "1")
	}
}
