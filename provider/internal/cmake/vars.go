// SPDX-License-Identifier: Apache-2.0

package cmake

import (
	"fmt"
	"regexp"

	"github.com/resnics/verbsmith/specs/edit"
)

// What the variables of one file may stand for, all places together in which
// they stand. Providers have some hundred values; a variable that is written into
// itself doubles with every line.
const (
	maxValues = 10_000
	maxBytes  = 1 << 20
)

// value is what is known of a variable that a file has named.
type value struct {
	texts  []string
	known  bool // else the value depends on more than the file says
	cached bool // the cache has one too, which shows where the variable is unset
}

// Vars are the variables that a file has named so far.
type Vars struct {
	file  string
	outer *Vars // of the file that takes this one in: they are there too, with values that are not looked for
	named map[string]value
	loose map[string]bool // functions or macros of the file set them, whenever they are called

	values, bytes int // that variables have stood for
}

var (
	varRef  = regexp.MustCompile(`\$\{([A-Za-z0-9_./+-]+)\}`)
	varOnly = regexp.MustCompile(`^\$\{([A-Za-z0-9_./+-]+)\}$`)
	varName = regexp.MustCompile(`^[A-Za-z0-9_./+-]+$`)
)

// NewVars begins a file, with those of the file that takes it in.
func NewVars(file string, outer *Vars) *Vars {
	return &Vars{file: file, outer: outer, named: map[string]value{}, loose: map[string]bool{}}
}

// Expand writes the values of variables into the arguments of the commands
// that the file runs: what set() outside any block has given them before, and
// list(APPEND) there has added. Other variables stay as they are written. The
// definitions of functions and macros are left out: nothing in them is run by
// the file itself. An argument keeps its place in the file.
//
// Values beyond maxValues or maxBytes give a *PlaceError.
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

// argument returns the values that stand where one argument stands.
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

// count takes in one more value, and reports whether it is within the limits.
func (v *Vars) count(text string) bool {
	v.values++
	v.bytes += len(text)
	return v.values <= maxValues && v.bytes <= maxBytes
}
