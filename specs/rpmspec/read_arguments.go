// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// argument is an option of %setup, %patch and their like with its value, or, where the
// option is 0, a word that is none.
type argument struct {
	option byte
	value  string
}

// valueFlags are the options of these macros that take a value.
const valueFlags = "nabpmMSPzFdo"

// unknownFlag returns the first option that the macro does not have in this rpm, 0 if
// there is none.
func (p prepLine) unknownFlag(rpm RPM) byte {
	flags := rpm.flags(p.macro)
	for _, a := range p.split() {
		if a.option != 0 && strings.IndexByte(flags, a.option) < 0 {
			return a.option
		}
	}
	return 0
}

// split reads the arguments as getopt(3) does: "-qn x", "-p1" and "-p 1". A word that
// begins with two dashes is none.
func (p prepLine) split() []argument {
	var out []argument
	for i := 0; i < len(p.args); i++ {
		a := p.args[i]
		if len(a) < 2 || a[0] != '-' || a[1] == '-' {
			out = append(out, argument{value: a})
			continue
		}
		for j := 1; j < len(a); j++ {
			if strings.IndexByte(valueFlags, a[j]) < 0 {
				out = append(out, argument{option: a[j]})
				continue
			}
			value := a[j+1:]
			if value == "" && i+1 < len(p.args) {
				i++
				value = p.args[i]
			}
			out = append(out, argument{option: a[j], value: value})
			break
		}
	}
	return out
}

// options returns the values that an option is given, "" for one that takes none.
func (p prepLine) options(name byte) []string {
	var out []string
	for _, a := range p.split() {
		if a.option == name {
			out = append(out, a.value)
		}
	}
	return out
}

// words returns what is neither an option nor the value of one.
func (p prepLine) words() []string { return p.options(0) }

// option returns the value of an option, the last one if there are more.
func (p prepLine) option(name byte) string {
	if values := p.options(name); len(values) > 0 {
		return values[len(values)-1]
	}
	return ""
}

// flag reports whether an option is given.
func (p prepLine) flag(name byte) bool { return len(p.options(name)) > 0 }

// listed returns the patches that %autopatch names: rpm looks at them from 4.17 on, and
// %autosetup never does.
func (p prepLine) listed(rpm RPM) []string {
	if p.macro != autopatch || rpm.before(rpm417) {
		return nil
	}
	return p.words()
}

// unnumbered is the number of a "Patch:" without one up to rpm 4.14, where there can be
// only one (INT_MAX in build/parsePreamble.c).
const unnumbered = math.MaxInt32

// patchNumbers returns what a %patch line applies, in rpm's order (doPatchMacro() in
// build/parsePrep.c): the number of %patch3, those of -P, and the words. Up to 4.17, a line
// without " -P" has patch 0 before the words, or the one without a number up to 4.14;
// 4.18 takes patch 0 where nothing is named, and later versions nothing.
func (p prepLine) patchNumbers(rpm RPM) []string {
	var out []string
	switch {
	case p.number != "":
		out = append(out, p.number)
	case strings.Contains(p.rest, " -P") || !rpm.before(rpm418):
	case rpm.before(rpm415):
		out = append(out, strconv.Itoa(unnumbered))
	default:
		out = append(out, "0")
	}
	out = slices.Concat(out, p.options('P'), p.words())
	if len(out) == 0 && rpm.before(rpm419) {
		out = append(out, "0")
	}
	return plainNumbers(out)
}

// plainNumbers writes numbers without zeros in front.
func plainNumbers(words []string) []string {
	out := slices.Clone(words)
	for i, n := range out {
		if v, err := strconv.Atoi(n); err == nil {
			out[i] = strconv.Itoa(v)
		}
	}
	return out
}

// all reports whether %autosetup or %autopatch applies whatever is declared.
func (p prepLine) all(rpm RPM) bool {
	return p.macro == autosetup || !p.flag('m') && !p.flag('M') && len(p.listed(rpm)) == 0
}

// unpacks reports whether %setup or %autosetup unpacks Source0.
func (p prepLine) unpacks() bool {
	return !p.flag('T') || slices.Contains(p.options('a'), "0") || slices.Contains(p.options('b'), "0")
}

// changes reports whether a line applies patches, or starts again without them.
func (p prepLine) changes() bool {
	switch p.macro {
	case setup:
		return p.unpacks() && !p.flag('D')
	case autosetup:
		return !p.flag('N') || p.unpacks() && !p.flag('D')
	}
	return true
}
