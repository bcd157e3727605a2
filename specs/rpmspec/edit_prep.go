// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/specs/edit"
)

var prepMacro = regexp.MustCompile(`^[ \t]*%(\{?)(setup|autosetup|autopatch|patch)([0-9]*)((?:[^A-Za-z0-9_].*)?)$`)

const (
	setup     = "setup"
	autosetup = "autosetup"
	autopatch = "autopatch"
	patchName = "patch" // the macro, and the tag without its number
)

// prepLine is one line of %prep that unpacks or patches.
type prepLine struct {
	line int
	// macro is setup, autosetup, autopatch or patch.
	macro string
	// number is what follows the macro's name directly, as in %patch12.
	number string
	// rest is what follows, args the words in it.
	rest string
	args []string
	// braced: it is written as %{setup ...}; after is what follows the brace.
	braced bool
	behind string
}

func (s *Spec) prepLines(sec section) []prepLine {
	var out []prepLine
	for i := sec.body(); i < sec.end; i++ {
		if p, ok := s.prepLine(i, sec.end); ok {
			out = append(out, p)
		}
	}
	return out
}

// prepLine reads line i of a %prep that ends at the given index. The macro's arguments end
// with the line, also at a backslash.
func (s *Spec) prepLine(i, end int) (prepLine, bool) {
	m := prepMacro.FindStringSubmatch(s.lines[i].text)
	if m == nil || !s.lines[i].start {
		return prepLine{}, false
	}
	p := prepLine{line: i, macro: m[2], number: m[3], rest: m[4], braced: m[1] != ""}
	if p.braced {
		// The arguments are in the braces, over several lines too.
		lines := []string{s.lines[i].text}
		for j := i + 1; j < end && !s.lines[j].start; j++ {
			lines = append(lines, s.lines[j].text)
		}
		text := strings.Join(lines, "\n")
		body, behind, _ := bracketed(text[strings.IndexByte(text, '{'):], '{', '}')
		p.rest, p.behind = strings.TrimPrefix(body, p.macro+p.number), strings.TrimSpace(behind)
	}
	p.args = strings.Fields(p.rest)
	return p, true
}

// applyPatch makes sure that %prep applies the patch of that number, as the last one.
// unsure is the line for which that number is not sure, -1 if it is.
func (s *Spec) applyPatch(number, unsure int, rpm RPM) error {
	sec, err := s.one("prep", "")
	if err != nil {
		return err
	}
	lines := s.prepLines(sec)
	by, anchor := -1, -1
	for _, p := range lines {
		applied, err := s.applies(p, number, rpm)
		if err != nil {
			return err
		}
		if err := s.inOrder(p, by, unsure, rpm); err != nil {
			return err
		}
		if anchor = p.line; applied {
			by = p.line
		}
	}
	if by >= 0 {
		return nil
	}
	if unsure >= 0 {
		return s.place(unsure, "no conditional in %patchlist, or %autosetup for all patches", "neither")
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

// inOrder refuses a line of %prep after the one that applies our patch, by, if it
// applies another, and one that goes by numbers where ours is not sure.
func (s *Spec) inOrder(p prepLine, by, unsure int, rpm RPM) error {
	text := edit.CutTo(strings.TrimSpace(s.lines[p.line].text), mostBeside)
	switch {
	case unsure >= 0 && (p.macro == patchName || p.macro == autopatch && !p.all(rpm)):
		return s.place(unsure, "no conditional in %patchlist, or %autosetup for all patches: %prep has them by number",
			fmt.Sprintf("%s in line %d", text, s.number(p.line)))
	case by >= 0 && p.changes():
		return s.place(p.line, fmt.Sprintf("no patch after line %d: the provider's patch must be the last", s.number(by)), text)
	}
	return nil
}

// applies reports whether a line of %prep applies the patch of that number.
func (s *Spec) applies(p prepLine, number int, rpm RPM) (bool, error) {
	switch p.macro {
	case setup:
		return false, nil
	case patchName:
		numbers := p.patchNumbers(rpm)
		return slices.Contains(numbers, strconv.Itoa(number)), nil
	}
	if p.macro == autosetup && p.flag('N') {
		return false, nil
	}
	if s.lines[p.line].depth > 0 {
		return false, s.place(p.line, "%"+p.macro+" outside any conditional", "it inside one")
	}
	in, err := p.inRange(number, rpm)
	if err != nil {
		return false, s.place(p.line, "patch numbers in digits", err.Error())
	}
	if in && p.option('p') != "1" {
		return false, s.place(p.line, "%"+p.macro+" with -p1", strings.TrimSpace(s.lines[p.line].text))
	}
	return in, nil
}

// inRange reports whether a line includes the patch of that number.
func (p prepLine) inRange(number int, rpm RPM) (bool, error) { return p.selection(rpm).has(number) }

// selection is which patches %autosetup or %autopatch apply: %autopatch's -m, -M and list
// of numbers. A list counts alone (from rpm 4.17 on), or not at all.
type selection struct {
	all       bool
	listed    map[string]bool
	low, high string
}

func (p prepLine) selection(rpm RPM) selection {
	if p.macro == autosetup {
		return selection{all: true}
	}
	c := selection{low: p.option('m'), high: p.option('M'), listed: map[string]bool{}}
	for _, n := range plainNumbers(p.listed(rpm)) {
		c.listed[n] = true
	}
	return c
}

func (c selection) has(number int) (bool, error) {
	if c.all || len(c.listed) > 0 {
		return c.all || c.listed[strconv.Itoa(number)], nil
	}
	for _, bound := range []struct {
		text string
		out  func(n int) bool
	}{{c.low, func(n int) bool { return number < n }}, {c.high, func(n int) bool { return number > n }}} {
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
	return true, nil
}

var allPatches = regexp.MustCompile(`^[^#]*%\{?\??patches\b`)

// foreignPatching refuses a %prep that loops over all patches in shell: whether ours
// would be applied, and how, cannot be determined.
func (s *Spec) foreignPatching(sec section) error {
	for i := sec.body(); i < sec.end; i++ {
		if allPatches.MatchString(s.lines[i].text) {
			return s.place(i, "%patch, %autopatch or %autosetup", strings.TrimSpace(s.lines[i].text))
		}
	}
	return nil
}
