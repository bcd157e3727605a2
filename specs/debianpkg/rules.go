// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"regexp"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/specs/sortedlist"
)

// exclusion is the command in rules that removes lines from the .install files on architectures
// without coherent DMA.
var exclusion = regexp.MustCompile(`^(\tsed -i '/)([^/']+)(/d' )(.*debian/` + providersPackage + `\.install.*)$`)

const inSed = `\|` // between alternatives

// editRules adds the provider to that command, if it has lines in those files and needs
// coherent DMA: the lines would name missing files. files are the edited .install files by
// name; lines are the provider's own lines in them. If a provider that is built everywhere
// replaces the release's own, the command must not remove its lines.
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

// alternatives returns sed's alternatives: the provider's name, as in upstream, if that matches
// all of its lines and no others; or else the last part of each missing line.
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

// quoteBasic quotes the special characters of basic regular expressions.
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
