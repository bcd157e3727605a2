// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"regexp"
	"slices"
)

// cmakeVars are the variables that a file has set so far. One whose value
// depends on more than the file says is not among them.
type cmakeVars map[string][]string

var (
	cmakeVar     = regexp.MustCompile(`\$\{([A-Za-z0-9_./+-]+)\}`)
	cmakeVarOnly = regexp.MustCompile(`^\$\{([A-Za-z0-9_./+-]+)\}$`)
)

// expandCMake writes the values of variables into the arguments of the commands
// that the file runs: what set() and list(APPEND) outside of any block have
// given them before. Other variables stay as they are written. The definitions
// of functions and macros are left out: nothing in them is run by the file
// itself. An argument keeps its place in the file.
func expandCMake(cmds []cmakeCommand) []cmakeCommand {
	vars := cmakeVars{}
	run := make([]cmakeCommand, 0, len(cmds))
	for _, c := range cmds {
		if slices.ContainsFunc(c.Blocks, func(b cmakeBlock) bool {
			return cmds[b.Open].Name == "function" || cmds[b.Open].Name == "macro"
		}) {
			continue
		}
		c.Args = vars.expand(c.Args)
		vars.run(&c)
		run = append(run, c)
	}
	return run
}

func (v cmakeVars) expand(args []cmakeArg) []cmakeArg {
	var out []cmakeArg
	for _, a := range args {
		if m := cmakeVarOnly.FindStringSubmatch(a.Text); m != nil {
			values, known := v[m[1]]
			for _, text := range values {
				out = append(out, cmakeArg{Text: text, Start: a.Start, End: a.End})
			}
			if known {
				continue
			}
		}
		a.Text = cmakeVar.ReplaceAllStringFunc(a.Text, func(ref string) string {
			if values := v[ref[2:len(ref)-1]]; len(values) == 1 {
				return values[0]
			}
			return ref
		})
		out = append(out, a)
	}
	return out
}

// run does what the command does to the variables.
func (v cmakeVars) run(c *cmakeCommand) {
	args := c.argTexts()
	var name string
	var values []string
	switch {
	case c.Name == "set" && len(args) > 0:
		name, values = args[0], args[1:]
	case c.Name == "list" && len(args) > 1 && args[0] == "APPEND":
		name, values = args[1], slices.Concat(v[args[1]], args[2:])
	case c.Name == "list" && len(args) > 1 || c.Name == "unset" && len(args) > 0:
		delete(v, args[min(1, len(args)-1)])
		return
	default:
		return
	}
	if len(c.Blocks) > 0 || slices.Contains(values, "CACHE") || slices.Contains(values, "PARENT_SCOPE") {
		delete(v, name)
		return
	}
	v[name] = values
}
