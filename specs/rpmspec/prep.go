// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var prepMacro = regexp.MustCompile(`^[ \t]*%\{?(setup|autosetup|autopatch|patch)([0-9]*)(?:[^A-Za-z0-9_].*)?$`)

// prepLine is one line of %prep that unpacks or patches.
type prepLine struct {
	line int
	// macro is setup, autosetup, autopatch or patch.
	macro string
	// number is what follows the macro's name directly, as in %patch12.
	number string
	args   []string
}

func (s *Spec) prepLines(sec section) []prepLine {
	var out []prepLine
	for i := sec.body(); i < sec.end; i++ {
		l := s.lines[i]
		m := prepMacro.FindStringSubmatch(l.text)
		if m == nil || !l.start {
			continue
		}
		whole := l.text
		for j := i + 1; j < sec.end && (s.lines[j].glued || !s.lines[j].start); j++ {
			whole = strings.TrimSuffix(whole, `\`) + " " + s.lines[j].text
		}
		out = append(out, prepLine{line: i, macro: m[1], number: m[2], args: strings.Fields(whole)[1:]})
	}
	return out
}

// applyPatch makes sure that %prep applies the patch of that number.
func (s *Spec) applyPatch(number int) error {
	sec, err := s.one("prep", "")
	if err != nil {
		return err
	}
	lines := s.prepLines(sec)
	anchor := -1
	for _, p := range lines {
		applied, err := s.applies(p, number)
		if err != nil || applied {
			return err
		}
		anchor = p.line
	}
	if err := s.foreignPatching(sec); err != nil {
		return err
	}
	if !slices.ContainsFunc(lines, func(p prepLine) bool { return strings.HasSuffix(p.macro, "setup") }) {
		return s.place(sec.head, "%setup or %autosetup in %prep", "neither")
	}
	at := s.after(anchor, s.lines[sec.head].depth)
	if at > sec.end {
		return s.place(anchor, "the end of the conditional around this line in %prep", "it in another section")
	}
	return s.insert(at, "%patch -P "+strconv.Itoa(number)+" -p1")
}

// applies says whether a line of %prep applies the patch of that number.
func (s *Spec) applies(p prepLine, number int) (bool, error) {
	switch p.macro {
	case "setup":
		return false, nil
	case "patch":
		numbers := p.patchNumbers()
		return slices.Contains(numbers, strconv.Itoa(number)), nil
	}
	if p.macro == "autosetup" && slices.Contains(p.args, "-N") {
		return false, nil
	}
	if s.lines[p.line].depth > 0 {
		return false, s.place(p.line, "%"+p.macro+" outside of any conditional", "it inside of one")
	}
	in, err := p.inRange(number)
	if err != nil {
		return false, s.place(p.line, "patch numbers in digits", err.Error())
	}
	if in && p.option("-p") != "1" {
		return false, s.place(p.line, "%"+p.macro+" with -p1", strings.TrimSpace(s.lines[p.line].text))
	}
	return in, nil
}

// inRange says whether %autopatch's -m, -M and list of numbers include the given one.
func (p prepLine) inRange(number int) (bool, error) {
	if p.macro == "autosetup" {
		return true, nil
	}
	low, high := p.option("-m"), p.option("-M")
	for _, bound := range []struct {
		text string
		out  func(n int) bool
	}{{low, func(n int) bool { return number < n }}, {high, func(n int) bool { return number > n }}} {
		if bound.text == "" {
			continue
		}
		n, err := strconv.Atoi(bound.text)
		if err != nil {
			return false, fmt.Errorf("%q", bound.text)
		}
		if bound.out(n) {
			return false, nil
		}
	}
	listed := p.positional()
	return len(listed) == 0 || slices.Contains(listed, strconv.Itoa(number)), nil
}

// option returns the value of a one-letter option, written with or without a blank.
func (p prepLine) option(name string) string {
	for i, a := range p.args {
		switch {
		case a == name && i+1 < len(p.args):
			return p.args[i+1]
		case strings.HasPrefix(a, name):
			return strings.TrimPrefix(a, name)
		}
	}
	return ""
}

// positional returns the arguments that are plain numbers and no option's value.
func (p prepLine) positional() []string {
	var out []string
	for i, a := range p.args {
		if _, err := strconv.Atoi(a); err == nil && (i == 0 || len(p.args[i-1]) != 2 || p.args[i-1][0] != '-') {
			out = append(out, a)
		}
	}
	return out
}

// patchNumbers returns what a %patch line applies: %patch3, %patch -P 3, %patch -P3,
// %patch 3 (rpm 4.18), or patch 0 if it names none.
func (p prepLine) patchNumbers() []string {
	out := p.positional()
	if p.number != "" {
		out = append(out, p.number)
	}
	for i, a := range p.args {
		switch {
		case a == "-P" && i+1 < len(p.args):
			out = append(out, p.args[i+1])
		case strings.HasPrefix(a, "-P") && len(a) > 2:
			out = append(out, a[2:])
		}
	}
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

var allPatches = regexp.MustCompile(`^[^#]*%\{?\??patches\b`)

// foreignPatching refuses a %prep that loops over all patches in shell: whether ours
// would be applied, and how, cannot be told.
func (s *Spec) foreignPatching(sec section) error {
	for i := sec.body(); i < sec.end; i++ {
		if allPatches.MatchString(s.lines[i].text) {
			return s.place(i, "%patch, %autopatch or %autosetup", strings.TrimSpace(s.lines[i].text))
		}
	}
	return nil
}
