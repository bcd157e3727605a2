// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"regexp"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/specs/sortedlist"
)

// providersPackage is the binary package that has the providers.
const providersPackage = "ibverbs-providers"

// descriptionWidth is the longest line of a description that lintian does not
// remark on.
const descriptionWidth = 80

// describedDriver is an item in the description of ibverbs-providers.
var describedDriver = regexp.MustCompile(`^( +[-*] )([A-Za-z0-9_-]+):[ \t]`)

// editControl names the provider in the description of ibverbs-providers, and its
// library among what that package provides.
func editControl(file string, data []byte, p *Provider) ([]byte, bool, error) {
	t := split(data)
	t, described, err := describe(file, t, p)
	if err != nil {
		return nil, false, err
	}
	if p.Library == nil {
		return t.bytes(), described, nil
	}
	t, provided, err := provide(file, t, p.Library.packageName(), p.replacedPackage())
	if err != nil {
		return nil, false, err
	}
	return t.bytes(), described && provided, nil
}

// binaryPackage finds the paragraph of the providers' package.
func binaryPackage(file string, t text) (paragraph, error) {
	const lookedFor = "one paragraph \"Package: " + providersPackage + "\""
	var found []paragraph
	for _, p := range paragraphs(t) {
		if f, ok := p.field("package"); ok && slices.Equal(f.values(t), []string{providersPackage}) {
			found = append(found, p)
		}
	}
	switch len(found) {
	case 0:
		return paragraph{}, &PlaceError{File: file, LookedFor: lookedFor, Found: "none"}
	case 1:
		return found[0], nil
	}
	return paragraph{}, &PlaceError{File: file, Line: found[1].first + 1, LookedFor: lookedFor, Found: "a second"}
}

// item is a driver in the description: its lines, both ends of them.
type item struct {
	name, marker string
	first, last  int
}

// describe inserts the provider's item in its order. An existing one is not changed, except
// that a replaced provider's gets the new text.
func describe(file string, t text, p *Provider) (text, bool, error) {
	pkg, err := binaryPackage(file, t)
	if err != nil {
		return nil, false, err
	}
	const lookedFor = "a list of drivers (  - NAME: description) in the Description of " + providersPackage
	description, ok := pkg.field("description")
	if !ok {
		return nil, false, &PlaceError{File: file, Line: pkg.first + 1, LookedFor: lookedFor, Found: "no Description"}
	}
	list := drivers(t, description)
	if len(list) == 0 {
		return nil, false, &PlaceError{File: file, Line: description.first + 1, LookedFor: lookedFor, Found: "none"}
	}
	names := make([]string, len(list))
	for i, d := range list {
		if d.name == p.Name {
			out, same := redescribe(t, d, p)
			return out, same, nil
		}
		names[i] = d.name
	}
	pos := sortedlist.Place(names, p.Name, sortedlist.ByFold)
	at := list[0].first
	if pos > 0 {
		at = list[pos-1].last + 1
	}
	return t.insert(at, wrapItem(list[0].marker, p.Name+": "+p.Description)...), false, nil
}

// redescribe gives an item the new provider's text if it replaces the release's own; same
// reports that nothing had to be changed.
func redescribe(t text, d item, p *Provider) (out text, same bool) {
	if p.Replaced == nil {
		return t, true
	}
	var have []string
	for i := d.first; i <= d.last; i++ {
		have = append(have, strings.Fields(t[i].s[len(d.marker):])...)
	}
	words := p.Name + ": " + p.Description
	if slices.Equal(have, strings.Fields(words)) {
		return t, true
	}
	return t.replace(d.first, d.last, wrapItem(d.marker, words)...), false
}

// drivers finds the items; a line with more indentation continues the one before it.
func drivers(t text, description field) []item {
	var list []item
	for i := description.first + 1; i <= description.last; i++ {
		m := describedDriver.FindStringSubmatch(t[i].s)
		switch n := len(list); {
		case len(m) > 0 && (n == 0 || m[1] == list[0].marker):
			list = append(list, item{name: m[2], marker: m[1], first: i, last: i})
		case n > 0 && list[n-1].last == i-1 && strings.HasPrefix(t[i].s, strings.Repeat(" ", len(list[0].marker))):
			list[n-1].last = i
		}
	}
	return list
}

// wrapItem breaks an item's text into lines.
func wrapItem(marker, words string) []string {
	return wrap(marker, strings.Repeat(" ", len(marker)), words, descriptionWidth)
}

// wrap breaks words into lines of up to width characters, where they have blanks.
func wrap(first, further, words string, width int) []string {
	var lines []string
	current, empty := first, true
	for word := range strings.FieldsSeq(words) {
		if !empty && len([]rune(current))+1+len([]rune(word)) > width {
			lines = append(lines, current)
			current, empty = further, true
		}
		if !empty {
			current += " "
		}
		current, empty = current+word, false
	}
	return append(lines, current)
}

var providedName = regexp.MustCompile(`^[^ \t(]+`)

// provide adds the library's package name to Provides, and removes that of a replaced one.
func provide(file string, t text, name, replaced string) (text, bool, error) {
	pkg, err := binaryPackage(file, t)
	if err != nil {
		return nil, false, err
	}
	provides, ok := pkg.field("provides")
	if !ok {
		description, _ := pkg.field("description") // describe has seen it
		return t.insert(description.first, "Provides: "+name), false, nil
	}
	var entries, names []string
	dropped := false
	for entry := range strings.SplitSeq(strings.Join(provides.values(t), " "), ",") {
		entry = strings.TrimSpace(entry)
		provided := providedName.FindString(entry)
		switch {
		case entry == "":
		case replaced != "" && provided == replaced:
			dropped = true
		default:
			entries, names = append(entries, entry), append(names, provided)
		}
	}
	has := slices.Contains(names, name)
	if has && !dropped {
		return t, true, nil
	}
	if !has {
		entries = slices.Insert(entries, sortedlist.Place(names, name, sortedlist.ByBytes), name)
	}
	separator, head := ", ", t[provides.first].s
	head = head[:strings.Index(head, ":")+1] + " "
	if provides.last > provides.first { // a line for each
		return t.replace(provides.first, provides.last, column(head, entries)...), false, nil
	}
	return t.replace(provides.first, provides.last, head+strings.Join(entries, separator)), false, nil
}

// column returns a field with a line for each entry.
func column(head string, entries []string) []string {
	lines := make([]string, len(entries))
	for i, e := range entries {
		if i > 0 {
			head = strings.Repeat(" ", len(head))
		}
		lines[i] = head + e + ","
	}
	lines[len(lines)-1] = strings.TrimSuffix(lines[len(lines)-1], ",")
	return lines
}
