// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"slices"
	"strings"
)

// editBuildDepends appends missing packages to the Build-Depends of the source package.
// Existing ones are not changed, whatever their version.
func editBuildDepends(file string, data []byte, p *Provider) ([]byte, bool, error) {
	t := split(data)
	const lookedFor = "a field Build-Depends in the paragraph of the source package"
	all := paragraphs(t)
	at := slices.IndexFunc(all, func(para paragraph) bool { _, ok := para.field("source"); return ok })
	if at < 0 {
		return nil, false, &PlaceError{File: file, LookedFor: lookedFor, Found: "no such paragraph"}
	}
	depends, ok := all[at].field("build-depends")
	if !ok {
		return nil, false, &PlaceError{File: file, Line: all[at].first + 1, LookedFor: lookedFor, Found: "none"}
	}
	var names []string
	for entry := range strings.SplitSeq(strings.Join(depends.values(t), " "), ",") {
		names = append(names, providedName.FindString(strings.TrimSpace(entry)))
	}
	last := depends.last
	for strings.HasPrefix(t[last].s, "#") {
		last--
	}
	lines := []string{strings.TrimRight(t[last].s, " \t,")}
	for _, one := range p.BuildDepends {
		if slices.Contains(names, providedName.FindString(one)) {
			continue
		}
		lines[len(lines)-1] += ","
		lines = append(lines, strings.Repeat(" ", len("Build-Depends: "))+one)
	}
	if len(lines) == 1 {
		return data, true, nil
	}
	return t.replace(last, last, lines...).bytes(), false, nil
}
