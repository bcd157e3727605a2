// SPDX-License-Identifier: Apache-2.0

package cmake

import (
	"slices"
	"strings"
)

const (
	setCommand   = "set"
	unsetCommand = "unset"
	listCommand  = "list"
	appendTo     = "APPEND"
	inCache      = "CACHE"
	inParent     = "PARENT_SCOPE"
)

func isLoop(name string) bool { return name == forEach || name == while }

func isDefinition(name string) bool { return name == function || name == macro }

// definition returns the command that defines the function or macro around a command, nil if
// the file runs it itself.
func (c *Command) definition(cmds []Command) *Command {
	for _, b := range c.Blocks {
		if isDefinition(cmds[b.Open].Name) {
			return &cmds[b.Open]
		}
	}
	return nil
}

// onlyReads reports whether a command changes none of the variables that it names.
func onlyReads(name string) bool {
	switch name {
	case If, elseIf, elseBranch, while, "message", "install", "add_subdirectory", "add_library", "add_executable":
		return true
	}
	return opener(name) != "" || strings.HasPrefix(name, "rdma_") ||
		strings.HasPrefix(name, "publish_") || strings.HasPrefix(name, "target_")
}

// writes returns the variables that a command may change. An unknown command, such as string(),
// file() or a function, may change all that it names.
func (c *Command) writes() []string {
	args := c.Texts()
	switch {
	case len(args) == 0 || onlyReads(c.Name) || isDefinition(c.Name):
		return nil
	case c.Name == setCommand || c.Name == unsetCommand || c.Name == forEach:
		args = args[:1]
	case c.Name == listCommand && args[0] == appendTo:
		args = args[1:min(2, len(args))]
	case c.Name == listCommand && slices.Contains([]string{"LENGTH", "GET", "JOIN", "SUBLIST", "FIND"}, args[0]):
		args = args[len(args)-1:] // they only read the list
	}
	return slices.DeleteFunc(args, func(name string) bool { return !varName.MatchString(name) })
}

// run applies a command to the variables.
func (v *Vars) run(c *Command) {
	args := c.Texts()
	switch {
	case c.Name == setCommand && slices.Contains(args, inCache):
		v.cache(args[0])
		return
	case len(c.Blocks) > 0: // whether and how often it is run is not known
	case c.Name == setCommand && len(args) > 0:
		v.set(args[0], args[1:])
		return
	case c.Name == unsetCommand && len(args) > 0:
		if len(args) == 1 { // with CACHE or PARENT_SCOPE it is another variable
			v.set(args[0], nil)
		}
		return
	case c.Name == listCommand && len(args) > 1 && args[0] == appendTo:
		v.append(args[1], args[2:])
		return
	}
	for _, name := range c.writes() {
		v.forget(name)
	}
}

// set sets a variable; no values unset it.
func (v *Vars) set(name string, values []string) {
	old := v.named[name]
	switch {
	case len(values) > 0 && values[len(values)-1] == inParent:
		// The variable of that name here is not changed.
	case v.loose[name] || len(values) == 0 && old.cached:
		v.forget(name)
	default:
		v.named[name] = value{texts: values, known: true, cached: old.cached}
	}
}

// cache forgets a variable that may be in the cache: its effect depends on the cache's content
// and on CMake's version.
func (v *Vars) cache(name string) { v.named[name] = value{cached: true} }

// append appends to a variable with a known value; an unnamed one is empty.
func (v *Vars) append(name string, values []string) {
	old := v.named[name]
	if v.has(name) && !old.known || v.loose[name] {
		v.forget(name)
		return
	}
	old.texts, old.known = append(old.texts, values...), true
	v.named[name] = old
}

// has reports whether the file, or one that adds it, has named the variable.
func (v *Vars) has(name string) bool {
	_, named := v.named[name]
	return named || v.outer != nil && v.outer.has(name)
}

// forget makes a variable unknown until the next set().
func (v *Vars) forget(name string) {
	v.named[name] = value{cached: v.named[name].cached}
}

// defines makes the variables that a command in a definition changes outside it unknown for
// good: a macro has no scope of its own.
func (v *Vars) defines(definition string, c *Command) {
	args := c.Texts()
	if definition == function && !slices.Contains(args, inParent) && !slices.Contains(args, inCache) {
		return
	}
	for _, name := range c.writes() {
		v.loose[name] = true
		v.forget(name)
	}
}

// loop forgets the variables that a loop changes, including its inner loops, because its
// beginning runs again after its end.
func (v *Vars) loop(cmds []Command, open int) {
	around := cmds[open].Blocks
	if !isLoop(cmds[open].Name) || slices.ContainsFunc(around, func(b Block) bool { return isLoop(cmds[b.Open].Name) }) {
		return
	}
	for i := open + 1; i < len(cmds); i++ {
		c := &cmds[i]
		if len(c.Blocks) <= len(around) {
			return
		}
		for _, name := range c.writes() {
			v.forget(name)
		}
	}
}
