// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"regexp"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/specs/sortedlist"
)

// exclusion is the command by which rules takes what needs coherent DMA out of
// the .install files on architectures that do not have it.
var exclusion = regexp.MustCompile(`^(\tsed -i '/)([^/']+)(/d' )(.*debian/` + providersPackage + `\.install.*)$`)

const inSed = `\|` // between alternatives

// editRules adds the provider to that command, if it has lines in those files and
// is not built without coherent DMA: the lines would name files that are not
// there. files are the .install files as they are with the provider in them, by
// name; lines are the provider's own in them. Of one that is built everywhere and
// replaces the release's own, the command has to leave the lines alone.
func editRules(file string, data []byte, p *Provider, files map[string][]byte, lines []string) ([]byte, bool, error) {
	t := split(data)
	const lookedFor = "one command sed -i '/NAME.../d' debian/" + providersPackage + ".install ..."
	at, err := t.one(file, exclusion, lookedFor)
	if err != nil {
		return nil, false, err
	}
	m := exclusion.FindStringSubmatch(t[at].s)
	names := strings.Split(m[2], inSed)
	if p.CoherentDMA {
		missing := slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return excluded(names, l) })
		if len(missing) == 0 {
			return data, true, nil
		}
		for _, want := range alternatives(p.Name, files, lines, missing) {
			names = slices.Insert(names, sortedlist.Place(names, want, sortedlist.ByBytes), want)
		}
	} else {
		left, shared := included(names, files, lines)
		switch {
		case shared != "":
			found := shared + ", which removes other lines as well"
			return nil, false, &PlaceError{File: file, Line: at + 1, LookedFor: "alternatives not matching " + p.Name, Found: found}
		case len(left) == len(names):
			return data, true, nil
		case len(left) == 0:
			found := "none"
			return nil, false, &PlaceError{File: file, Line: at + 1, LookedFor: "an alternative next to those of " + p.Name, Found: found}
		}
		names = left
	}
	return t.replace(at, at, m[1]+strings.Join(names, inSed)+m[3]+m[4]).bytes(), false, nil
}

// included returns the alternatives without those that match the provider's lines.
// shared is one that matches others' too, "" where there is none.
func included(names []string, files map[string][]byte, lines []string) (left []string, shared string) {
	for _, n := range names {
		mine, others := false, false
		for _, data := range files {
			for _, l := range split(data) {
				if !excluded([]string{n}, l.s) {
					continue
				}
				if slices.Contains(lines, l.s) {
					mine = true
				} else {
					others = true
				}
			}
		}
		switch {
		case !mine:
			left = append(left, n)
		case others:
			return nil, n
		}
	}
	return left, ""
}

// alternatives returns what sed is to look for: the provider's name, as upstream
// has it, where that matches all of its lines and no others; else each of those
// that are missing by its last part.
func alternatives(name string, files map[string][]byte, lines, missing []string) []string {
	exact := true
	for _, data := range files {
		for _, l := range split(data) {
			exact = exact && slices.Contains(lines, l.s) == strings.Contains(l.s, name)
		}
	}
	if exact {
		return []string{name}
	}
	var out []string
	for _, l := range missing {
		last := l[strings.LastIndexByte(l, '/')+1:]
		out = append(out, quoteBasic(last)+"$")
	}
	return out
}

// quoteBasic quotes what means something in a basic regular expression.
func quoteBasic(text string) string {
	return escape(text, `.*[]^$`)
}

// basicToGo writes a basic regular expression as Go has it, as far as it is one
// of literal characters, brackets, dots and stars.
func basicToGo(expression string) string { return escape(expression, `+?(){}|`) }

// escape puts a backslash before each of some characters.
func escape(text, characters string) string {
	var b strings.Builder
	for _, c := range text {
		if strings.ContainsRune(characters, c) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// excluded reports whether one of sed's alternatives matches a line.
func excluded(names []string, l string) bool {
	return slices.ContainsFunc(names, func(n string) bool {
		re, err := regexp.Compile(basicToGo(n))
		return err == nil && re.MatchString(l)
	})
}
