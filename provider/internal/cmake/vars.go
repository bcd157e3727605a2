// SPDX-License-Identifier: Apache-2.0

package cmake

import (
	"fmt"
	"regexp"

	"github.com/resnics/verbsmith/specs/edit"
)

// Limits for the expanded variables of one file in all. Providers have some hundred values, but
// a variable that contains itself twice doubles with every line.
const (
	maxValues = 10_000
	maxBytes  = 1 << 20
)

// value is the known value of a variable.
type value struct {
	texts  []string
	known  bool // otherwise the value depends on more than this file
	cached bool // the cache has one too, which shows where the variable is unset
}

// Vars are the variables that a file has named so far.
type Vars struct {
	file  string
	outer *Vars // of the file that adds this one: they exist here too, with unknown values
	named map[string]value
	loose map[string]bool // set by functions or macros of the file, whenever these are called

	values, bytes int // that variables have stood for
}

var (
	varRef  = regexp.MustCompile(`\$\{([A-Za-z0-9_./+-]+)\}`)
	varOnly = regexp.MustCompile(`^\$\{([A-Za-z0-9_./+-]+)\}$`)
	varName = regexp.MustCompile(`^[A-Za-z0-9_./+-]+$`)
)

// NewVars returns the variables at the start of a file, given those of the file that adds it.
func NewVars(file string, outer *Vars) *Vars {
	return &Vars{file: file, outer: outer, named: map[string]value{}, loose: map[string]bool{}}
}

// Expand expands variables in the arguments of the commands that the file runs: those with
// values from set() and list(APPEND) outside any block. Other variables are not expanded.
// Definitions of functions and macros are omitted, because the file itself does not run their
// commands. An argument keeps its place in the file.
//
// Values beyond maxValues or maxBytes are a *PlaceError.
func (v *Vars) Expand(cmds []Command) ([]Command, error) {
	run := make([]Command, 0, len(cmds))
	for i, c := range cmds {
		if def := c.definition(cmds); def != nil {
			v.defines(def.Name, &c)
			continue
		}
		c.Args = v.arguments(c.Args)
		if v.values > maxValues || v.bytes > maxBytes {
			return nil, &edit.PlaceError{
				File: v.file, Line: c.Line,
				LookedFor: fmt.Sprintf("variables that expand to at most %d values and %d bytes in one file",
					maxValues, maxBytes),
				Found: fmt.Sprintf("more in %s()", c.Name),
			}
		}
		v.run(&c)
		v.loop(cmds, i)
		run = append(run, c)
	}
	return run, nil
}

func (v *Vars) arguments(args []Arg) []Arg {
	var out []Arg
	for _, a := range args {
		if m := varOnly.FindStringSubmatch(a.Text); m != nil {
			if value := v.named[m[1]]; value.known {
				out = append(out, v.argument(a, value.texts)...)
				continue
			}
		}
		a.Text = varRef.ReplaceAllStringFunc(a.Text, func(ref string) string {
			value := v.named[ref[2:len(ref)-1]]
			if !value.known || len(value.texts) != 1 || !v.count(value.texts[0]) {
				return ref
			}
			return value.texts[0]
		})
		out = append(out, a)
	}
	return out
}

// argument returns the expansion of one argument.
func (v *Vars) argument(a Arg, values []string) []Arg {
	var out []Arg
	for _, text := range values {
		if !v.count(text) {
			break
		}
		out = append(out, Arg{Text: text, Start: a.Start, End: a.End})
	}
	return out
}

// count counts a value, and reports whether it is within the limits.
func (v *Vars) count(text string) bool {
	v.values++
	v.bytes += len(text)
	return v.values <= maxValues && v.bytes <= maxBytes
}
