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
	var at int // the new command's place among all commands
	if pos > 0 {
		at = group[pos-1] + 1
		indent, _ := indentOf(data, cmds[group[pos-1]].Start)
		out = insertLineAfter(data, cmds[group[pos-1]].End, indent+text)
	} else {
		at = group[0]
		indent, _ := indentOf(data, cmds[at].Start)
		out = insertLineBefore(data, cmds[at].Start, indent+text)
	}
	shape := cmakeShape(cmds)
	model := cmds[group[0]]
	prefix := strings.TrimSuffix(shape[group[0]], fmt.Sprintf("%s%q", model.Name, model.argTexts()))
	want := slices.Insert(slices.Clone(shape), at, prefix+fmt.Sprintf("%s%q", "add_subdirectory", []string{path}))
	if err := sameCMake(file, out, want, cmds[group[0]].Line); err != nil {
		return nil, false, err
	}
	return out, false, nil
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
		return nil, noPlace(file, lookedFor)
	}
	for k := 1; k < len(group); k++ {
		if group[k] != group[k-1]+1 {
			between := cmds[group[k]-1]
			return nil, &PlaceError{
				File: file, Line: cmds[group[k]].Line, LookedFor: lookedFor,
				Found: fmt.Sprintf("a second run, behind %s() of line %d", between.Name, between.Line),
			}
		}
	}
	return group, nil
}

func coherentGroup(file string, cmds []cmakeCommand) ([]int, error) {
	var group, lines []int
	empty := 0
	for i, c := range cmds {
		if c.Name != cmakeIf || len(c.Args) != 1 || c.Args[0].Text != coherentDMA {
			continue
		}
		if found := providersIn(cmds, cmakeBlock{Open: i}); len(found) > 0 {
			group, lines = found, append(lines, c.Line)
		} else {
			empty = c.Line
		}
	}
	lookedFor := "one if (" + coherentDMA + ") block with add_subdirectory(providers/…) in it"
	if len(lines) == 0 && empty > 0 {
		return nil, &PlaceError{File: file, Line: empty, LookedFor: lookedFor, Found: "a block without any"}
	}
	return group, onePlace(file, lookedFor, lines)
}

// providersIn gives the add_subdirectory(providers/…) directly inside a block.
func providersIn(cmds []cmakeCommand, block cmakeBlock) []int {
	var found []int
	for i := range cmds {
		if b, ok := cmds[i].innermost(); ok && b == block && providerDir(&cmds[i]) != "" {
			found = append(found, i)
		}
	}
	return found
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
		found := "it elsewhere: " + lineList(out)
		return false, &PlaceError{File: file, Line: out[0], LookedFor: lookedFor, Found: found}
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
	if err := onePlace(file, lookedFor, lines); err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(value)
	if err != nil || n <= 0 {
		return 0, &PlaceError{File: file, Line: lines[0], LookedFor: lookedFor, Found: strconv.Quote(value)}
	}
	return n, nil
}
