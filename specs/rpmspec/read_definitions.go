// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"regexp"
	"slices"
	"strings"
)

var (
	anyDefine = regexp.MustCompile(`(?s)^[ \t]*%(define|global)[ \t]+([A-Za-z_][A-Za-z0-9_]*)(\([^)]*\))?[ \t]*(.*?)[ \t]*$`)
	undefine  = regexp.MustCompile(`^[ \t]*%undefine[ \t]+([A-Za-z_][A-Za-z0-9_]*)[ \t]*$`)
	bcondLine = regexp.MustCompile(`^[ \t]*%bcond(_with|_without)?[ \t]+([A-Za-z_][A-Za-z0-9_]*)[ \t]*(.*?)[ \t]*$`)
	// inText finds definitions wherever they are in a text: rpm makes them in comments, too.
	inText = regexp.MustCompile(
		`%\{?(?:define|global|undefine|(bcond)(?:_with|_without)?)[ \t]+([A-Za-z_]\w*)|\brpm\.(?:un)?define\([ \t]*["']([A-Za-z_]\w*)`)
)

// maxNested is far above how deep a spec puts a definition into conditional macros.
const maxNested = 20

// definedIn returns the names of the macros that a text defines or may define.
func definedIn(text string) []string {
	if !strings.Contains(text, "def") && !strings.Contains(text, "%global") && !strings.Contains(text, "bcond") {
		return nil
	}
	var names []string
	for _, m := range inText.FindAllStringSubmatch(strings.ReplaceAll(text, "%%", "\x00"), -1) {
		switch {
		case m[3] != "":
			names = append(names, m[3])
		case m[1] != "":
			names = append(names, "with_"+m[2])
		default:
			names = append(names, m[2])
		}
	}
	return names
}

// define keeps what a line, with all that its macros take in, does to the macros.
func (w *walk) define(i int, state readLine) {
	if text := w.spec.joined(i); len(definedIn(text)) > 0 {
		w.defineIn(text, state, 0)
	}
}

// defineIn does one definition after the other: each is the whole text, or all that is
// in a conditional macro, %{?x:%global name body}. Others are hidden.
func (w *walk) defineIn(text string, state readLine, nested int) {
	for {
		flags, name, inner, rest, ok := testedText(text)
		if !ok || nested > maxNested {
			break
		}
		_, defined, why := w.table.find(name)
		switch negated := strings.Count(flags, "!")%2 == 1; {
		case why != "":
			w.hideAll(inner, "it depends on %{"+flags+name+"}: "+why)
		case defined != negated && len(definedIn(inner)) > 0:
			w.defineIn(inner, state, nested+1)
		}
		text = rest
	}
	text = strings.Trim(text, " \t\n")
	if names := definedIn(text); len(names) == 0 || w.single(text, state) {
		return
	}
	w.hideAll(text, "its definition cannot be evaluated here")
}

// single does the definition that a text consists of; false is for a text that is not
// one.
func (w *walk) single(text string, state readLine) bool {
	if m := undefine.FindStringSubmatch(text); m != nil {
		if w.table.unset(m[1]); state.truth == undecided {
			w.table.hide(m[1], state.why)
		}
		return true
	}
	if m := bcondLine.FindStringSubmatch(text); m != nil {
		w.bcond(state, m[1], m[2], m[3])
		return true
	}
	m := anyDefine.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	first, _, several := strings.Cut(m[4], "\n")
	if several && !strings.HasSuffix(first, `\`) && strings.Count(first, "{") == strings.Count(first, "}") {
		return false // the next line is another one
	}
	// When the body is expanded, if ever, is not followed.
	for _, name := range definedIn(m[4]) {
		w.table.lose(name, "the macro %{"+m[2]+"} may define it")
	}
	if m[3] != "" || strings.Contains(m[4], "\n") || strings.HasPrefix(m[4], "{") {
		w.table.hide(m[2], "it has parameters or several lines")
		return true
	}
	w.keep(state, m[1], m[2], m[4])
	return true
}

// testedText splits a text that begins with a conditional macro, %{?name:inner}.
func testedText(text string) (flags, name, inner, rest string, ok bool) {
	text = strings.TrimLeft(text, " \t\n")
	if !strings.HasPrefix(text, "%{") {
		return "", "", "", "", false
	}
	body, rest, ok := bracketed(text[1:], '{', '}')
	if !ok {
		return "", "", "", "", false
	}
	flags, name = splitUse(body)
	inner, ok = strings.CutPrefix(body[len(flags)+len(name):], ":")
	return flags, name, inner, rest, ok && name != "" && strings.Contains(flags, "?")
}

// hideAll hides all macros that a text may define.
func (w *walk) hideAll(text, why string) {
	for _, name := range definedIn(text) {
		w.table.hide(name, why)
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
			w.table.hide(name, "its tag has several values and comes after this line")
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
				w.table.hide(name, "its tag is inside a macro")
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
