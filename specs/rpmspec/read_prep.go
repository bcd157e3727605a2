// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Prep is the effect of a spec's %prep on its first source, as one distro reads it.
type Prep struct {
	// Source is the name of the file that is unpacked.
	Source string
	// Patches are applied to it, in order.
	Patches []PrepPatch
	// Commands are the shell commands before the last patch. Their effect is not known.
	Commands []PrepCommand
}

// PrepPatch is one patch that %prep applies.
type PrepPatch struct {
	// File is its name in SOURCES, Number its number.
	File   string
	Number int
	// Line is the line of the spec that applies it.
	Line int
	// Strip, Reverse and RemoveEmpty are -p, -R and -E of patch(1).
	Strip       int
	Reverse     bool
	RemoveEmpty bool
}

// PrepCommand is a line of %prep that is not one of rpm's macros.
type PrepCommand struct {
	Line int
	Text string
}

// Prep returns the source that %prep unpacks and the patches that it applies: %setup,
// %autosetup, %autopatch, and
// %patch in all its forms (%patch3, %patch -P 3, %patch 3), as the distro's rpm reads
// them. %autosetup and %autopatch apply patches in the order in which they are declared.
//
// Errors: *PlaceError where that rpm stops ([Reading.Refused]), and where it cannot be
// told: a patch in a conditional that the
// macros do not decide, or inside shell or of another macro; a patch(1) of the spec's own; a %setup that
// does not unpack Source0, or into a directory made for it (-c); no -p for %autosetup.
func (r *Reading) Prep() (Prep, error) {
	var out Prep
	if err := r.Refused(); err != nil {
		return out, err
	}
	sec, err := r.spec.one("prep", "")
	if err != nil {
		return out, err
	}
	if out.Source, err = r.Source(); err != nil {
		return out, err
	}
	patches, err := r.patches()
	if err != nil {
		return out, err
	}
	p := &prepReader{
		Reading: r, sec: sec, declared: patches, out: &out, patching: r.spec.patchingMacros(), byNumber: map[int]int{},
	}
	for i, f := range patches {
		p.byNumber[f.number] = i
	}
	err = p.read()
	return out, err
}

// mostPatches limits the patches of a %prep; rdma-core's have ten.
const mostPatches = 20_000

type prepReader struct {
	*Reading

	sec      section
	declared []file
	byNumber map[int]int // index in declared
	out      *Prep
	unpacked bool
	// patching are the spec's own macros that apply patches.
	patching map[string]bool
}

func (p *prepReader) read() error {
	steps := p.spec.prepLines(p.sec)
	depth := 0
	covered := p.sec.head
	for _, step := range steps {
		shell, err := p.shell(covered, step.line)
		if err != nil {
			return err
		}
		depth += shell
		covered = step.line
		if p.lines[step.line].truth == no {
			continue
		}
		if err := p.needs(step.line); err != nil {
			return err
		}
		if depth != 0 || p.spec.lines[step.line].glued {
			return p.spec.place(step.line, "%"+step.macro+" outside the shell's if, for, while and case", "it inside one")
		}
		if step, err = p.expanded(step); err != nil {
			return err
		}
		if err := p.step(step); err != nil {
			return err
		}
		if len(p.out.Patches) > mostPatches {
			return p.spec.place(step.line, fmt.Sprintf("up to %d patches in %%prep", mostPatches), "more")
		}
	}
	if _, err := p.shell(covered, p.sec.end); err != nil {
		return err
	}
	if !p.unpacked {
		return p.spec.place(p.sec.head, "%setup or %autosetup in %prep", "neither")
	}
	last := p.spec.number(steps[len(steps)-1].line)
	p.out.Commands = slices.DeleteFunc(p.out.Commands, func(c PrepCommand) bool { return c.Line > last })
	return nil
}

// expanded is a step with its arguments as rpm reads them. What it does not understand,
// or leaves to the shell, is an error.
func (p *prepReader) expanded(step prepLine) (prepLine, error) {
	if text := p.lines[step.line].text; text != "" {
		step.rest = strings.TrimPrefix(text, step.macro)
		step.args = strings.Fields(step.rest)
	}
	for _, word := range step.words() {
		if strings.Contains(word, "%") {
			return step, p.spec.place(step.line, "%"+step.macro+" whose arguments are written out, or in macros that are known", word)
		}
	}
	if why := p.misread(step); why != "" {
		return step, p.refusal(step.line, why)
	}
	return step, nil
}

// misread says why this rpm does not understand the step; "" if it does.
func (p *prepReader) misread(step prepLine) string {
	text := p.spec.lines[step.line].text
	special := step.macro == setup || step.macro == patchName
	switch {
	case special && (step.braced || text[0] != '%') && p.rpm.before(rpm420):
		return "%" + step.macro + " is only recognised at the start of a line, without braces"
	case step.braced && step.behind != "":
		return "the arguments end with the brace"
	case !step.braced && strings.HasSuffix(text, `\`):
		return "the arguments end with the line"
	case step.macro != patchName && step.number != "":
		return "there is no such macro"
	}
	if flag := step.unknownFlag(p.rpm); flag != 0 {
		return "%" + step.macro + " has no option -" + string(flag)
	}
	return p.misreadPatch(step)
}

// misreadPatch does it for %patch.
func (p *prepReader) misreadPatch(step prepLine) string {
	switch {
	case step.macro != patchName:
	case step.number != "" && !p.rpm.before(rpm420):
		return "%patchN is not a macro from rpm 4.20 on"
	case len(step.patchNumbers(p.rpm)) == 0:
		return "%patch needs a number from rpm 4.19 on"
	}
	return ""
}

func (p *prepReader) step(step prepLine) error {
	switch step.macro {
	case setup, autosetup:
		if err := p.setup(step); err != nil || step.macro == setup || step.flag('N') {
			return err
		}
		return p.automatic(step)
	case autopatch:
		return p.automatic(step)
	}
	return p.patch(step)
}

func (p *prepReader) setup(step prepLine) error {
	unpacks := step.unpacks()
	for _, n := range append(step.options('a'), step.options('b')...) {
		if n != "0" {
			command := PrepCommand{Line: p.spec.number(step.line), Text: strings.TrimSpace(p.spec.lines[step.line].text)}
			p.out.Commands = append(p.out.Commands, command)
		}
	}
	switch {
	case step.flag('c'):
		return p.spec.place(step.line, "%"+step.macro+" without -c", strings.TrimSpace(p.spec.lines[step.line].text))
	case unpacks && p.unpacked && step.flag('D'):
		return p.spec.place(step.line, "%"+step.macro+" that unpacks Source0 once", strings.TrimSpace(p.spec.lines[step.line].text))
	case unpacks:
		// A second one removes what the first has made.
		p.unpacked, p.out.Patches = true, nil
	case !p.unpacked:
		return p.spec.place(step.line, "%"+step.macro+" that unpacks Source0", strings.TrimSpace(p.spec.lines[step.line].text))
	}
	return nil
}

// automatic applies all patches, or those that %autopatch selects.
func (p *prepReader) automatic(step prepLine) error {
	chosen := p.declared
	if listed := step.listed(p.rpm); len(listed) > 0 {
		chosen = nil
		for _, n := range listed {
			f, err := p.numbered(step, n)
			if err != nil {
				return err
			}
			chosen = append(chosen, f)
		}
	}
	selected, stripped := step.selection(p.rpm), step.option('p')
	for _, f := range chosen {
		in, err := selected.has(f.number)
		if err != nil {
			return p.spec.place(step.line, "patch numbers in digits", err.Error())
		}
		if !in {
			continue
		}
		strip, err := strconv.Atoi(stripped)
		if err != nil || strip < 0 {
			return p.spec.place(step.line, "%"+step.macro+" with -p and a number", strings.TrimSpace(p.spec.lines[step.line].text))
		}
		p.out.Patches = append(p.out.Patches, PrepPatch{File: f.name, Number: f.number, Line: p.spec.number(step.line), Strip: strip})
	}
	return nil
}

// numbered finds a patch by its number.
func (p *prepReader) numbered(step prepLine, text string) (file, error) {
	n, err := strconv.Atoi(text)
	if i, declared := p.byNumber[n]; declared && err == nil {
		return p.declared[i], nil
	}
	found := fmt.Sprintf("number %q", text)
	if !slices.Contains(step.patchNumbers(unstatedRPM), text) {
		// This rpm has added it.
		found = fmt.Sprintf("none with the number %s, which rpm %s uses without -P", text, p.rpm.known())
		if text == strconv.Itoa(unnumbered) {
			found = fmt.Sprintf("none without a number, which rpm %s uses without -P", p.rpm.known())
		}
	}
	return file{}, p.spec.place(step.line, "a patch that is declared", found)
}

// patch applies what one %patch names. Without -p, rpm takes -p0.
func (p *prepReader) patch(step prepLine) error {
	if step.flag('d') || step.flag('o') {
		return p.spec.place(step.line, "%patch without -d and -o", strings.TrimSpace(p.spec.lines[step.line].text))
	}
	strip := 0
	if text := step.option('p'); text != "" {
		var err error
		if strip, err = strconv.Atoi(text); err != nil || strip < 0 {
			return p.spec.place(step.line, "-p and a number", fmt.Sprintf("%q", text))
		}
	}
	for _, n := range step.patchNumbers(p.rpm) {
		f, err := p.numbered(step, n)
		if err != nil {
			return err
		}
		p.out.Patches = append(p.out.Patches, PrepPatch{
			File: f.name, Number: f.number, Line: p.spec.number(step.line),
			Strip: strip, Reverse: step.flag('R'), RemoveEmpty: step.flag('E'),
		})
	}
	return nil
}
