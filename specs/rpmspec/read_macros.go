// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"fmt"
	"maps"
	"regexp"
	"strings"

	"github.com/resnics/verbsmith/specs/edit"
)

// Macros is what is known of the macros that rpm has before it reads a spec. A macro
// that is neither in Values, nor Absent, nor defined by the spec is not known: what
// depends on it is not decided.
type Macros struct {
	// Values are the macros that are defined, "rhel" with "9".
	Values map[string]string
	// Absent are names of macros that are not defined. What begins with _with_ or
	// _without_ (options of rpmbuild that nobody gives) and with_ or without_ (for a
	// spec to define) is never defined from outside, nor is what specs name a snapshot
	// of upstream by (commit, gitdate), if the spec has no definition of it.
	Absent []string
	// RPM is the version that reads the spec.
	RPM RPM
	// Arch is what %ifarch compares with, "x86_64".
	Arch string
}

// UnknownMacroError says that a text cannot be expanded without running rpm.
type UnknownMacroError struct {
	// Macro is the use as it is written, "%{?foo}" or "%(command)".
	Macro string
	// Why is the reason, "its value is not known here".
	Why string
}

// Error names the macro and the reason.
func (e *UnknownMacroError) Error() string {
	return edit.CutTo(e.Macro, mostBeside) + ": " + edit.Cut(e.Why)
}

// macroTable has the macros as they are at one line of a spec.
type macroTable struct {
	values map[string]string
	// hidden are macros that some line may or may not have defined, and which line.
	hidden map[string]string
	// gone are macros that are known not to be defined.
	gone map[string]bool
	// lost are macros that may be defined again whenever another one is expanded, and
	// which one that is.
	lost map[string]string
	// unnamed reports whether a name is that of a macro that only the spec could define,
	// and does not.
	unnamed func(name string) bool
	// strict: what is not known is an error also after a question mark.
	strict bool
	rpm    RPM
	// steps counts what was expanded, so that macros which name each other have an end;
	// spent is what came out of all lines.
	steps, spent int
}

func newTable(m Macros) *macroTable {
	t := &macroTable{
		values: map[string]string{"nil": ""}, hidden: map[string]string{}, gone: map[string]bool{}, lost: map[string]string{},
		strict: true, rpm: m.RPM,
	}
	maps.Copy(t.values, m.Values)
	if m.Arch != "" {
		t.values["_arch"], t.values["_target_cpu"] = m.Arch, m.Arch
	}
	for _, name := range m.Absent {
		t.gone[name] = true
	}
	return t
}

func (t *macroTable) set(name, value string) {
	if why, ok := t.lost[name]; ok {
		t.hide(name, why)
		return
	}
	delete(t.hidden, name)
	delete(t.gone, name)
	t.values[name] = value
}

func (t *macroTable) unset(name string) {
	if why, ok := t.lost[name]; ok {
		t.hide(name, why)
		return
	}
	delete(t.hidden, name)
	delete(t.values, name)
	t.gone[name] = true
}

// hide makes a macro one of which nothing is known.
func (t *macroTable) hide(name, why string) {
	delete(t.values, name)
	delete(t.gone, name)
	t.hidden[name] = why
}

// lose hides a macro for good.
func (t *macroTable) lose(name, why string) {
	t.lost[name] = why
	t.hide(name, why)
}

// find returns a macro's body; defined is false for one that is not defined.
func (t *macroTable) find(name string) (body string, defined bool, why string) {
	if body, ok := t.values[name]; ok {
		return body, true, ""
	}
	if why, ok := t.hidden[name]; ok {
		return "", false, why
	}
	if t.gone[name] || !t.strict || t.unnamed != nil && t.unnamed(name) {
		return "", false, ""
	}
	for _, prefix := range []string{"_with_", "_without_", "with_", "without_"} {
		if strings.HasPrefix(name, prefix) {
			return "", false, ""
		}
	}
	return "", false, "its value is not known here"
}

// maxSteps and maxText are far above what a line of a spec needs, maxSpent above what a
// spec does.
const (
	maxSteps = 2000
	maxText  = 64 << 10
	maxSpent = 16 << 20
)

var macroName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*`)

// expand expands a text as rpm does (rpmio/macro.c), as far as macros are plain
// texts: no parameters, no shell, no Lua. The error is an *UnknownMacroError.
func (t *macroTable) expand(text string) (string, error) {
	t.steps = 0
	return t.expandIn(text)
}

func (t *macroTable) expandIn(text string) (string, error) {
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '%')
		if i < 0 || i+1 == len(text) {
			b.WriteString(text)
			return b.String(), nil
		}
		b.WriteString(text[:i])
		out, rest, err := t.use(text[i:])
		if err != nil {
			return "", err
		}
		b.WriteString(out)
		text = rest
		t.spent += len(out)
		if t.steps++; t.steps > maxSteps || b.Len() > maxText || t.spent > maxSpent {
			return "", &UnknownMacroError{Macro: "%", Why: "unterminated macros"}
		}
	}
}

// use expands the macro that a text begins with, and returns the rest.
func (t *macroTable) use(text string) (out, rest string, err error) {
	switch text[1] {
	case '%':
		return "%", text[2:], nil
	case '{':
		body, rest, ok := bracketed(text[1:], '{', '}')
		if !ok {
			return "", "", &UnknownMacroError{Macro: text, Why: "it is unterminated"}
		}
		out, err = t.braced(body)
		return out, rest, err
	case '[':
		if t.rpm.before(rpm416) {
			return "%", text[1:], nil // left as it is
		}
		body, rest, ok := bracketed(text[1:], '[', ']')
		if !ok {
			return "", "", &UnknownMacroError{Macro: text, Why: "it is unterminated"}
		}
		out, err := t.evaluate(body)
		return out.text, rest, err
	case '(':
		return "", "", &UnknownMacroError{Macro: text, Why: "shell is not run here"}
	}
	flags, name := splitUse(text[1:])
	if name == "" {
		return "%", text[1:], nil // not a macro, and left as it is
	}
	rest = text[1+len(flags)+len(name):]
	out, err = t.lookUp("%"+flags+name, flags, name, "", false)
	return out, rest, err
}

// splitUse splits "!?name..." into its flags and its name.
func splitUse(text string) (flags, name string) {
	rest := strings.TrimLeft(text, "!?")
	return text[:len(text)-len(rest)], macroName.FindString(rest)
}

// bracketed returns what stands between the bracket that a text begins with and its
// counterpart.
func bracketed(text string, open, shut byte) (body, rest string, ok bool) {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return text[1:i], text[i+1:], true
			}
		}
	}
	return "", "", false
}

// braced expands what stands in %{...}.
func (t *macroTable) braced(body string) (string, error) {
	use := "%{" + body + "}"
	flags, name := splitUse(body)
	rest := body[len(flags)+len(name):]
	if name == "" {
		return "", &UnknownMacroError{Macro: use, Why: "no macro"}
	}
	switch name {
	case "expand":
		text, err := t.expandIn(strings.TrimPrefix(rest, ":"))
		if err != nil {
			return "", err
		}
		return t.expandIn(text)
	case "defined", "undefined", "with", "without":
		return t.asks(use, name, strings.TrimSpace(strings.TrimPrefix(rest, ":")))
	}
	switch {
	case rest == "":
		return t.lookUp(use, flags, name, "", false)
	case rest[0] == ':' && strings.Contains(flags, "?"):
		return t.lookUp(use, flags, name, rest[1:], true)
	}
	return "", &UnknownMacroError{Macro: use, Why: "macros with parameters are not expanded here"}
}

// asks answers %{defined x}, %{undefined x}, %{with x} and %{without x}.
func (t *macroTable) asks(use, what, name string) (string, error) {
	if macroName.FindString(name) != name {
		return "", &UnknownMacroError{Macro: use, Why: "not a macro name"}
	}
	if what == "with" || what == "without" {
		name = "with_" + name
	}
	_, defined, why := t.find(name)
	if why != "" {
		return "", &UnknownMacroError{Macro: use, Why: why}
	}
	if defined == (what == "defined" || what == "with") {
		return "1", nil
	}
	return "0", nil
}

// lookUp expands a macro, or the text that stands for it where it is tested.
func (t *macroTable) lookUp(use, flags, name, text string, has bool) (string, error) {
	body, defined, why := t.find(name)
	if why != "" {
		return "", &UnknownMacroError{Macro: use, Why: why}
	}
	test, negated := strings.Contains(flags, "?"), strings.Count(flags, "!")%2 == 1
	switch {
	case !test && !defined:
		return "", &UnknownMacroError{Macro: use, Why: "it is not defined"}
	case test && defined == negated:
		return "", nil
	case test && has:
		body = text
	case test && negated:
		return "", nil
	}
	if t.steps++; t.steps > maxSteps {
		return "", &UnknownMacroError{Macro: use, Why: "unterminated macros"}
	}
	return t.expandIn(body)
}

// String lists all known names, for messages.
func (m Macros) String() string {
	return fmt.Sprint(m.Values, m.Absent, m.Arch, m.RPM) // maps are printed in order
}
