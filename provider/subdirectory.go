// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const coherentDMA = "HAVE_COHERENT_DMA"

// addSubdirectory puts add_subdirectory(path) in its order among the other
// providers: inside the if (HAVE_COHERENT_DMA) block, or outside of any block.
func addSubdirectory(file string, data []byte, path string, coherent bool) (out []byte, already bool, err error) {
	cmds, err := parseCMake(file, data)
	if err != nil {
		return nil, false, err
	}
	group, err := providerGroup(file, cmds, coherent)
	if err != nil {
		return nil, false, err
	}
	if already, err = hasSubdirectory(file, cmds, group, path); already || err != nil {
		return data, already, err
	}
	keys := make([]string, len(group))
	for i, g := range group {
		keys[i] = cmds[g].Args[0].Text
	}
	pos := placeIn(keys, path, byPath)
	text := "add_subdirectory(" + path + ")"
	at := 0 // the new command's place among all commands
	if pos > 0 {
		prev := cmds[group[pos-1]]
		at = group[pos-1] + 1
		indent, _ := indentOf(data, prev.Start)
		out = insertLineAfter(data, prev.End, indent+text)
	} else {
		next := cmds[group[0]]
		at = group[0]
		indent, _ := indentOf(data, next.Start)
		out = insertLineBefore(data, next.Start, indent+text)
	}
	shape := cmakeShape(cmds)
	model := cmds[group[0]]
	prefix := strings.TrimSuffix(shape[group[0]], fmt.Sprintf("%s%q", model.Name, model.argTexts()))
	want := slices.Insert(slices.Clone(shape), at, prefix+fmt.Sprintf("%s%q", "add_subdirectory", []string{path}))
	return out, false, sameCMake(file, out, want, cmds[group[0]].Line)
}

// providerGroup gives the indexes of the add_subdirectory(providers/…) commands
// among which a new one goes.
func providerGroup(file string, cmds []cmakeCommand, coherent bool) ([]int, error) {
	if coherent {
		return coherentGroup(file, cmds)
	}
	var group []int
	for i := range cmds {
		if len(cmds[i].Blocks) == 0 && providerDir(&cmds[i]) != "" {
			group = append(group, i)
		}
	}
	lookedFor := "one run of add_subdirectory(providers/…) outside of any block"
	if len(group) == 0 {
		return nil, &PlaceError{File: file, LookedFor: lookedFor, Found: "none"}
	}
	for k := 1; k < len(group); k++ {
		if group[k] != group[k-1]+1 {
			return nil, &PlaceError{
				File: file, Line: cmds[group[k]].Line, LookedFor: lookedFor,
				Found: fmt.Sprintf("a second run, behind %s() of line %d", cmds[group[k]-1].Name, cmds[group[k]-1].Line),
			}
		}
	}
	return group, nil
}

func coherentGroup(file string, cmds []cmakeCommand) ([]int, error) {
	var group, lines []int
	empty := 0
	for i, c := range cmds {
		if c.Name != "if" || len(c.Args) != 1 || c.Args[0].Text != coherentDMA {
			continue
		}
		var found []int
		for j := range cmds {
			if b, ok := cmds[j].innermost(); ok && b == (cmakeBlock{Open: i}) && providerDir(&cmds[j]) != "" {
				found = append(found, j)
			}
		}
		if len(found) == 0 {
			empty = c.Line
			continue
		}
		group, lines = found, append(lines, c.Line)
	}
	lookedFor := "one if (" + coherentDMA + ") block with add_subdirectory(providers/…) in it"
	switch {
	case len(lines) == 1:
		return group, nil
	case len(lines) > 1:
		return nil, &PlaceError{File: file, Line: lines[1], LookedFor: lookedFor, Found: strconv.Itoa(len(lines)) + ": " + lineList(lines)}
	case empty > 0:
		return nil, &PlaceError{File: file, Line: empty, LookedFor: lookedFor, Found: "a block without any"}
	}
	return nil, &PlaceError{File: file, LookedFor: lookedFor, Found: "none"}
}

// hasSubdirectory says whether path is in the group already. One that is
// elsewhere, or there twice, is an error: it would be built in another way
// than the manifest says.
func hasSubdirectory(file string, cmds []cmakeCommand, group []int, path string) (bool, error) {
	var in, out []int
	for i := range cmds {
		if providerDir(&cmds[i]) != path {
			continue
		}
		if slices.Contains(group, i) {
			in = append(in, cmds[i].Line)
		} else {
			out = append(out, cmds[i].Line)
		}
	}
	lookedFor := "add_subdirectory(" + path + ") at most once, where the manifest's cmake.coherentDMA puts it"
	switch {
	case len(out) > 0:
		return false, &PlaceError{File: file, Line: out[0], LookedFor: lookedFor, Found: "it elsewhere: " + lineList(out)}
	case len(in) > 1:
		return false, &PlaceError{File: file, Line: in[1], LookedFor: lookedFor, Found: lineList(in)}
	}
	return len(in) == 1, nil
}

// providerDir gives the folder of an add_subdirectory(providers/…), "" for any
// other command.
func providerDir(c *cmakeCommand) string {
	if c.Name == "add_subdirectory" && len(c.Args) > 0 && strings.HasPrefix(c.Args[0].Text, "providers/") {
		return c.Args[0].Text
	}
	return ""
}

// privateABI reads IBVERBS_PABI_VERSION from the top CMakeLists.txt: the NN of
// librib-rdmavNN.so and IBVERBS_PRIVATE_NN.
func privateABI(file string, data []byte) (int, error) {
	cmds, err := parseCMake(file, data)
	if err != nil {
		return 0, err
	}
	const lookedFor = "one set(IBVERBS_PABI_VERSION number) outside of any block"
	value, lines := "", []int(nil)
	for _, c := range cmds {
		if c.Name == "set" && len(c.Blocks) == 0 && len(c.Args) == 2 && c.Args[0].Text == "IBVERBS_PABI_VERSION" {
			value, lines = c.Args[1].Text, append(lines, c.Line)
		}
	}
	switch len(lines) {
	case 0:
		return 0, &PlaceError{File: file, LookedFor: lookedFor, Found: "none"}
	case 1:
	default:
		return 0, &PlaceError{File: file, Line: lines[1], LookedFor: lookedFor, Found: lineList(lines)}
	}
	n, err := strconv.Atoi(value)
	if err != nil || n <= 0 {
		return 0, &PlaceError{File: file, Line: lines[0], LookedFor: lookedFor, Found: strconv.Quote(value)}
	}
	return n, nil
}
