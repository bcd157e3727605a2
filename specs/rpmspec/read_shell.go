// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"regexp"
	"strings"
)

// What a line of shell opens and shuts: a block in which a command is run or not, once
// or several times.
var (
	shellOpens = regexp.MustCompile(`(?:^|[;&|(){!]|\b(?:then|do|else)\b)[ \t]*(?:if|for|while|until|case|select)[ \t]` +
		`|(?:^|[^%$])[{(][ \t]*$`)
	shellShuts = regexp.MustCompile(`(?:^|[;&|){])[ \t]*(?:fi|done|esac)\b|^[ \t]*[})]`)
)

// ownPatch finds what applies patches without %setup, %autosetup, %autopatch or %patch at
// the start of a line: lists of patches, patch(1), git, quilt, and these macros inside
// another one.
var ownPatch = regexp.MustCompile(strings.Join([]string{
	`%\{?[!?]*(?:patches\b|PATCH\d|P:|__scm_apply|__?apply_patch|__patch\b|(?:setup|autosetup|autopatch|patch)[0-9]*\b)`,
	// patch(1) where a command begins, or with an option or a file after it.
	`(?:^|[;&|({!\x60]|\b(?:then|do|else|if|while|until|exec|xargs|time|command|env|sudo|nice)[ \t])[ \t]*` +
		`(?:[^ \t;&|]*/)?g?patch(?:[ \t;&|)<]|$)`,
	`(?:^|[ \t;&|({!\x60"'/])g?patch[ \t]+[-<%$]`,
	`(?:^|[^A-Za-z0-9_.-])(?:git|%\{?__git\}?)` +
		`(?:[ \t]+(?:-[Cc][ \t]*[^ \t;&|]+|--(?:git-dir|work-tree|namespace)[ \t]+[^ \t;&|]+|-[^ \t;&|]+))*` +
		`[ \t]+(?:am|apply|quiltimport)(?:[ \t;&|)<]|$)`,
	`\bgit-(?:am|apply|quiltimport)\b`,
	`\bquilt[ \t]+(?:[^;&|]*[ \t])?push\b`,
}, "|"))

// noCommand is what no shell runs.
var noCommand = regexp.MustCompile(`^[ \t]*(?:#.*|%(?:define|global|undefine|dnl)\b.*|%\{nil\}[ \t]*|:)?$`)

// shell looks at the lines between two steps: what shell keeps open, and whether the
// spec applies patches by itself.
func (p *prepReader) shell(after, before int) (depth int, err error) {
	defining, ended := false, !prepMacro.MatchString(p.spec.lines[after].text)
	for i := after + 1; i < before; i++ {
		l := p.spec.lines[i]
		ended = ended || !l.glued && l.start
		if l.start {
			defining = noCommand.MatchString(l.text)
		}
		switch {
		case p.lines[i].truth == no, defining, l.start && conditional(l.text) != condNone:
			continue
		case !ended:
			continue // goes on with the macro's arguments
		}
		if p.patches(l.text) {
			return 0, p.spec.place(i, "%patch, %autopatch or %autosetup at the start of a line", strings.TrimSpace(l.text))
		}
		if !l.start {
			continue
		}
		depth += len(shellOpens.FindAllString(l.text, -1)) - len(shellShuts.FindAllString(l.text, -1))
		if !l.glued {
			p.out.Commands = append(p.out.Commands, PrepCommand{Line: p.spec.number(i), Text: strings.TrimSpace(l.text)})
		}
	}
	return depth, nil
}

var anyUse = regexp.MustCompile(`%\{?[!?]*([A-Za-z_]\w*)`)

// patches reports whether a line of %prep applies patches by itself, or uses one of the
// spec's macros that does.
func (p *prepReader) patches(text string) bool {
	text = strings.ReplaceAll(text, "%%", "\x00")
	if ownPatch.MatchString(text) {
		return true
	}
	for _, m := range anyUse.FindAllStringSubmatch(text, -1) {
		if p.patching[m[1]] {
			return true
		}
	}
	return false
}

// patchingMacros returns the macros of the spec whose bodies apply patches.
func (s *Spec) patchingMacros() map[string]bool {
	out := map[string]bool{}
	for i, l := range s.lines {
		if !l.start {
			continue
		}
		m := anyDefine.FindStringSubmatch(s.joined(i))
		if len(m) > 4 && ownPatch.MatchString(m[4]) {
			out[m[2]] = true
		}
	}
	return out
}
