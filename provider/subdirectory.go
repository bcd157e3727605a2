// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/text"
	"github.com/resnics/verbsmith/specs/sortedlist"
)

const coherentDMA = "HAVE_COHERENT_DMA"

// subdirUnit is one add_subdirectory(providers/…), or an if() that contains only such commands:
// first and last are the indexes of its commands.
type subdirUnit struct {
	first, last int
	key         string // the directory, the first one of an if()
}

// subdirList is the top CMakeLists.txt of a release, and its units among which a provider's are
// inserted.
type subdirList struct {
	file  string
	data  []byte
	cmds  []cmake.Command
	units []subdirUnit
	cmake CMake // the manifest's
}

func readSubdirList(file string, data []byte, m CMake) (*subdirList, error) {
	cmds, err := cmake.Parse(file, data)
	if err != nil {
		return nil, err
	}
	units, err := providerUnits(file, cmds, m.CoherentDMA)
	return &subdirList{file: file, data: data, cmds: cmds, units: units, cmake: m}, err
}

// addSubdirectory inserts add_subdirectory(path) in its order among the other providers: inside
// the if (HAVE_COHERENT_DMA) block, or outside any block. With a condition it is in its own
// if(), which all directories of one provider share.
func addSubdirectory(file string, data []byte, path string, m CMake) (out []byte, already bool, err error) {
	l, err := readSubdirList(file, data, m)
	if err != nil {
		return nil, false, err
	}
	if already, err = l.has(path); already || err != nil {
		return data, already, err
	}
	lines := []string{"add_subdirectory(" + path + ")"}
	if m.Condition != "" {
		if own := l.ownUnits(path); own != nil {
			l.units = own
		} else {
			lines = []string{"if (" + m.Condition + ")", lines[0], "endif()"}
		}
	}
	out, want, err := l.insert(path, lines)
	if err != nil {
		return nil, false, err
	}
	if err := cmake.Same(file, out, want, l.cmds[l.units[0].first].Line); err != nil {
		return nil, false, err
	}
	return out, false, nil
}

// insert writes the lines in path's order among the units, and returns the expected shape of
// the result.
func (l *subdirList) insert(path string, lines []string) (out []byte, want []string, err error) {
	keys := make([]string, len(l.units))
	for i, u := range l.units {
		keys[i] = u.key
	}
	pos := sortedlist.Place(keys, path, sortedlist.ByPath)
	first := l.cmds[l.units[0].first]
	at, near := l.units[0].first, first.Start // the new commands' place among all
	if pos > 0 {
		at, near = l.units[pos-1].last+1, l.cmds[l.units[pos-1].last].End
	}
	model := l.cmds[l.units[max(pos-1, 0)].first]
	indent, _ := text.Indent(l.data, model.Start)
	added := indent + strings.Join(lines, text.EOL(l.data, near)+indent)
	if pos > 0 {
		out = text.InsertLineAfter(l.data, near, added)
	} else {
		out = text.InsertLineBefore(l.data, near, added)
	}
	shape := cmake.Shape(l.cmds)
	prefix := strings.TrimSuffix(shape[l.units[0].first], fmt.Sprintf("%s%q", first.Name, first.Texts()))
	cmds, err := cmake.Parse(l.file, []byte(strings.Join(lines, "\n")))
	if err != nil {
		return nil, nil, err
	}
	addedShape := cmake.Shape(cmds)
	for i := range addedShape {
		addedShape[i] = prefix + addedShape[i]
	}
	return out, slices.Insert(shape, at, addedShape...), nil
}

// providerUnits returns the units among which a new one is inserted.
func providerUnits(file string, cmds []cmake.Command, coherent bool) ([]subdirUnit, error) {
	if coherent {
		return coherentUnits(file, cmds)
	}
	units := unitsIn(cmds, nil)
	lookedFor := "one run of add_subdirectory(providers/…) outside any block"
	if !slices.ContainsFunc(units, func(u subdirUnit) bool { return u.first == u.last }) {
		return nil, text.NoPlace(file, lookedFor)
	}
	for k := 1; k < len(units); k++ {
		if units[k].first != units[k-1].last+1 {
			between := cmds[units[k].first-1]
			return nil, &PlaceError{
				File: file, Line: cmds[units[k].first].Line, LookedFor: lookedFor,
				Found: fmt.Sprintf("a second run, after %s() in line %d", between.Name, between.Line),
			}
		}
	}
	return units, nil
}

func coherentUnits(file string, cmds []cmake.Command) ([]subdirUnit, error) {
	var units []subdirUnit
	var lines []int
	empty := 0
	for i, c := range cmds {
		if c.Name != cmake.If || len(c.Args) != 1 || c.Args[0].Text != coherentDMA {
			continue
		}
		found := unitsIn(cmds, append(slices.Clone(c.Blocks), cmake.Block{Open: i}))
		if slices.ContainsFunc(found, func(u subdirUnit) bool { return u.first == u.last }) {
			units, lines = found, append(lines, c.Line)
		} else {
			empty = c.Line
		}
	}
	lookedFor := "one if (" + coherentDMA + ") block that contains add_subdirectory(providers/…)"
	if len(lines) == 0 && empty > 0 {
		return nil, &PlaceError{File: file, Line: empty, LookedFor: lookedFor, Found: "a block without it"}
	}
	return units, text.OnePlace(file, lookedFor, lines)
}

// unitsIn returns the units directly inside blocks.
func unitsIn(cmds []cmake.Command, blocks []cmake.Block) []subdirUnit {
	var units []subdirUnit
	for i := range cmds {
		if !slices.Equal(cmds[i].Blocks, blocks) {
			continue
		}
		if dir := providerDir(&cmds[i]); dir != "" {
			units = append(units, subdirUnit{first: i, last: i, key: dir})
			continue
		}
		inner := insideIf(cmds, i)
		if len(inner) > 0 && (len(cmds[i].Args) != 1 || cmds[i].Args[0].Text != coherentDMA) {
			units = append(units, subdirUnit{first: i, last: i + len(inner) + 1, key: providerDir(&cmds[inner[0]])})
		}
	}
	return units
}

// insideIf returns the commands of an if() without else() that contains only
// add_subdirectory(providers/…), and none for any other.
func insideIf(cmds []cmake.Command, open int) []int {
	if cmds[open].Name != cmake.If {
		return nil
	}
	var inner []int
	for i := open + 1; i < len(cmds) && cmds[i].Name != "endif"; i++ {
		if providerDir(&cmds[i]) == "" {
			return nil
		}
		inner = append(inner, i)
	}
	return inner
}

// ownUnits returns the units in the if (condition) of path's provider, nil if there is none
// yet.
func (l *subdirList) ownUnits(path string) []subdirUnit {
	for _, u := range l.units {
		if u.first == u.last || !isCondition(&l.cmds[u.first], l.cmake.Condition) || providerOf(u.key) != providerOf(path) {
			continue
		}
		var own []subdirUnit
		for _, i := range insideIf(l.cmds, u.first) {
			own = append(own, subdirUnit{first: i, last: i, key: providerDir(&l.cmds[i])})
		}
		return own
	}
	return nil
}

// isCondition reports whether an if() has a condition, in any layout.
func isCondition(c *cmake.Command, condition string) bool {
	want, err := cmake.Parse("", []byte("x("+condition+")"))
	return err == nil && len(want) == 1 && slices.Equal(c.Texts(), want[0].Texts())
}

// providerOf returns NAME of providers/NAME/….
func providerOf(dir string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(dir, "providers/"), "/")
	return name
}

// inPlace reports whether command i is in the place that the manifest's cmake selects.
func (l *subdirList) inPlace(i int) bool {
	for _, u := range l.units {
		switch {
		case i < u.first || i > u.last:
		case u.first == u.last:
			return l.cmake.Condition == ""
		default:
			return l.cmake.Condition != "" && isCondition(&l.cmds[u.first], l.cmake.Condition)
		}
	}
	return false
}

// has reports whether path is already in its place. In another place, or twice, it is an error:
// the build would not follow the manifest.
func (l *subdirList) has(path string) (bool, error) {
	var in, out []int
	for i := range l.cmds {
		if providerDir(&l.cmds[i]) != path {
			continue
		}
		if l.inPlace(i) {
			in = append(in, l.cmds[i].Line)
		} else {
			out = append(out, l.cmds[i].Line)
		}
	}
	lookedFor := "add_subdirectory(" + path + ") at most once, where the manifest's cmake puts it"
	switch {
	case len(out) > 0:
		found := "it elsewhere: " + text.LineList(out)
		return false, &PlaceError{File: l.file, Line: out[0], LookedFor: lookedFor, Found: found}
	case len(in) > 1:
		return false, &PlaceError{File: l.file, Line: in[1], LookedFor: lookedFor, Found: text.LineList(in)}
	}
	return len(in) == 1, nil
}

// dropSubdirectories removes each add_subdirectory() of the release's own provider NAME that is
// not one of paths in the place that the manifest's cmake selects. dropped names their
// directories.
func dropSubdirectories(data []byte, paths []string, m *Manifest) (out []byte, dropped []string, err error) {
	for {
		l, err := readSubdirList(TopCMake, data, m.CMake)
		if err != nil {
			return nil, nil, err
		}
		at := l.misplaced(m.Name, paths)
		if at < 0 {
			return data, dropped, nil
		}
		cmd := &l.cmds[at]
		dropped = append(dropped, providerDir(cmd))
		want := slices.Delete(cmake.Shape(l.cmds), at, at+1)
		data = text.CutLines(data, cmd.Start, cmd.End)
		if err := cmake.Same(TopCMake, data, want, cmd.Line); err != nil {
			return nil, nil, err
		}
	}
}

// misplaced returns the first command that adds a directory of the provider NAME that is not
// one of paths in its place, -1 if there is none.
func (l *subdirList) misplaced(name string, paths []string) int {
	for i := range l.cmds {
		dir := providerDir(&l.cmds[i])
		if providerOf(dir) == name && (!slices.Contains(paths, dir) || !l.inPlace(i)) {
			return i
		}
	}
	return -1
}

// providerDir returns the directory of an add_subdirectory(providers/…), "" for any
// other command.
func providerDir(c *cmake.Command) string {
	if c.Name == "add_subdirectory" && len(c.Args) > 0 && strings.HasPrefix(c.Args[0].Text, "providers/") {
		return c.Args[0].Text
	}
	return ""
}

// privateABI reads IBVERBS_PABI_VERSION from the top CMakeLists.txt: the NN of
// librib-rdmavNN.so and IBVERBS_PRIVATE_NN.
func privateABI(file string, data []byte) (int, error) {
	cmds, err := cmake.Parse(file, data)
	if err != nil {
		return 0, err
	}
	const lookedFor = "one set(IBVERBS_PABI_VERSION number) outside any block"
	value, lines := "", []int(nil)
	const variable = "IBVERBS_PABI_VERSION"
	for _, c := range cmds {
		if !slices.Contains([]string{"list", "math", "set", "string", "unset"}, c.Name) || !slices.Contains(c.Texts(), variable) {
			continue
		}
		lines = append(lines, c.Line)
		if c.Name == "set" && len(c.Blocks) == 0 && len(c.Args) == 2 && c.Args[0].Text == variable {
			value = c.Args[1].Text
		}
	}
	if err := text.OnePlace(file, lookedFor, lines); err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(value)
	if err != nil || n <= 0 {
		return 0, &PlaceError{File: file, Line: lines[0], LookedFor: lookedFor, Found: strconv.Quote(value)}
	}
	return n, nil
}
