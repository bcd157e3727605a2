// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
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

// flag says whether an option is given.
func (p prepLine) flag(name byte) bool { return len(p.options(name)) > 0 }

// numbers returns the words that are plain numbers.
func (p prepLine) numbers() []string {
	return slices.DeleteFunc(p.words(), func(word string) bool {
		_, err := strconv.Atoi(word)
		return err != nil
	})
}

// patchNumbers returns what a %patch line applies: %patch3, %patch -P 3, %patch -P3,
// %patch 3 (rpm 4.18), or patch 0 if it names none.
func (p prepLine) patchNumbers() []string {
	out := p.numbers()
	if p.number != "" {
		out = append(out, p.number)
	}
	out = append(out, p.options('P')...)
	if len(out) == 0 {
		out = append(out, "0")
	}
	for i, n := range out {
		if v, err := strconv.Atoi(n); err == nil {
			out[i] = strconv.Itoa(v)
		}
	}
	return out
}

// all says whether %autosetup or %autopatch applies whatever is declared.
func (p prepLine) all() bool {
	return p.macro == autosetup || !p.flag('m') && !p.flag('M') && len(p.numbers()) == 0
}

// unpacks says whether %setup or %autosetup unpacks Source0.
func (p prepLine) unpacks() bool {
	return !p.flag('T') || slices.Contains(p.options('a'), "0") || slices.Contains(p.options('b'), "0")
}

// changes says whether a line applies patches, or starts anew without them.
func (p prepLine) changes() bool {
	switch p.macro {
	case "setup":
		return p.unpacks() && !p.flag('D')
	case autosetup:
		return !p.flag('N') || p.unpacks() && !p.flag('D')
	}
	return true
}
