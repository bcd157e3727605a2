// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Prep is what a spec's %prep does to its first source, as one distro reads it.
type Prep struct {
	// Source is the name of the file that is unpacked.
	Source string
	// Patches are applied to it, in order.
	Patches []PrepPatch
	// Commands are those lines in front of the last patch that are run by a shell:
	// what they change is not told.
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

// PrepCommand is a line of %prep that is neither of rpm's macros.
type PrepCommand struct {
	Line int
	Text string
}

// Prep tells what %prep unpacks and applies: %setup, %autosetup, %autopatch, and
// %patch in all its forms (%patch3, %patch -P 3, %patch 3). %autosetup and %autopatch
// apply patches in the order in which they are declared.
//
// Errors: *PlaceError where it cannot be told: a patch in a conditional that the
// macros do not decide, or inside of shell; a patch(1) of the spec's own; a %setup that
// does not unpack Source0, or into a folder made for it (-c); no -p for %autosetup.
func (r *Reading) Prep() (Prep, error) {
	var out Prep
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
	p := &prepReader{Reading: r, sec: sec, declared: patches, out: &out}
	err = p.read()
	return out, err
}

type prepReader struct {
	*Reading

	sec      section
	declared []file
	out      *Prep
	unpacked bool
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
		if depth > 0 {
			return p.spec.place(step.line, "%"+step.macro+" outside of shell's if, for, while and case", "it inside of one")
		}
		if err := p.step(step); err != nil {
			return err
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

// What is not looked at: comments, and macros that only rpm's own templates have.
var (
	shellOpens = regexp.MustCompile(`(?:^|;|&&|\|\|)[ \t]*(?:if|for|while|until|case)[ \t]`)
	shellShuts = regexp.MustCompile(`(?:^|;)[ \t]*(?:fi|done|esac)\b`)
	ownPatch   = regexp.MustCompile(`%\{?\??(?:patches\b|PATCH\d|P:|__scm_apply|__?apply_patch)|(?:^|[ \t;&|])(?:git[ \t]+(?:am|apply)|quilt[ \t]+push|patch[ \t]+[-<])`)
	noCommand  = regexp.MustCompile(`^[ \t]*(?:#.*|%(?:define|global|undefine|dnl)\b.*|%\{nil\}[ \t]*|:)?$`)
)

// shell looks at the lines between two steps: what shell keeps open, and whether the
// spec applies patches by itself.
func (p *prepReader) shell(after, before int) (depth int, err error) {
	for i := after + 1; i < before; i++ {
		l := p.spec.lines[i]
		switch {
		case p.lines[i].truth == no, !l.start, conditional(l.text) != condNone, noCommand.MatchString(l.text):
			continue
		case prepMacro.MatchString(p.spec.lines[after].text) && !p.between(after, i):
			continue // goes on with the macro's arguments
		}
		if ownPatch.MatchString(l.text) {
			return 0, p.spec.place(i, "%patch, %autopatch or %autosetup", strings.TrimSpace(l.text))
		}
		depth += len(shellOpens.FindAllString(l.text, -1)) - len(shellShuts.FindAllString(l.text, -1))
		if !l.glued {
			p.out.Commands = append(p.out.Commands, PrepCommand{Line: p.spec.number(i), Text: strings.TrimSpace(l.text)})
		}
	}
	return depth, nil
}

// between says whether line i is behind the continuation of line after.
func (p *prepReader) between(after, i int) bool {
	for j := after + 1; j <= i; j++ {
		if !p.spec.lines[j].glued && p.spec.lines[j].start {
			return true
		}
	}
	return false
}

func (p *prepReader) step(step prepLine) error {
	switch step.macro {
	case "setup", "autosetup":
		if err := p.setup(step); err != nil || step.macro == "setup" || slices.Contains(step.args, "-N") {
			return err
		}
		return p.automatic(step)
	case "autopatch":
		return p.automatic(step)
	}
	return p.patch(step)
}

// flag says whether an option without a value is given, also within "-qn".
func (p prepLine) flag(name byte) bool {
	for i, a := range p.args {
		if len(a) < 2 || a[0] != '-' || a[1] == '-' || i > 0 && takesValue(p.args[i-1]) {
			continue
		}
		for j := 1; j < len(a); j++ {
			if a[j] == name {
				return true
			}
			if strings.IndexByte(valueFlags, a[j]) >= 0 {
				break
			}
		}
	}
	return false
}

// valueFlags are the options of these macros that take a value.
const valueFlags = "nabpmMSPzFdo"

// takesValue says whether the word behind this one is an option's value: "-n", "-qn".
func takesValue(arg string) bool {
	if len(arg) < 2 || arg[0] != '-' {
		return false
	}
	return strings.IndexAny(arg[1:], valueFlags) == len(arg)-2
}

func (p *prepReader) setup(step prepLine) error {
	unpacks := !step.flag('T')
	for _, option := range []string{"-a", "-b"} {
		if n := step.option(option); n == "0" {
			unpacks = true
		} else if n != "" {
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
	if listed := step.positional(); len(listed) > 0 && step.macro == "autopatch" {
		chosen = nil
		for _, n := range listed {
			f, err := p.numbered(step, n)
			if err != nil {
				return err
			}
			chosen = append(chosen, f)
		}
	}
	for _, f := range chosen {
		in, err := step.inRange(f.number)
		if err != nil {
			return p.spec.place(step.line, "patch numbers in digits", err.Error())
		}
		if !in {
			continue
		}
		strip, err := strconv.Atoi(step.option("-p"))
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
	if err == nil {
		for _, f := range p.declared {
			if f.number == n {
				return f, nil
			}
		}
	}
	return file{}, p.spec.place(step.line, "a patch that is declared", fmt.Sprintf("number %q", text))
}

// patch applies what one %patch names. Without -p, rpm takes -p0.
func (p *prepReader) patch(step prepLine) error {
	if step.option("-d") != "" || step.option("-o") != "" {
		return p.spec.place(step.line, "%patch without -d and -o", strings.TrimSpace(p.spec.lines[step.line].text))
	}
	strip := 0
	if text := step.option("-p"); text != "" {
		var err error
		if strip, err = strconv.Atoi(text); err != nil || strip < 0 {
			return p.spec.place(step.line, "-p and a number", fmt.Sprintf("%q", text))
		}
	}
	for _, n := range step.patchNumbers() {
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
