// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// allFiles are a provider's files, with boot in the directories of rules.
func allFiles(p *Provider, boot []installed) []string {
	var files []string
	for _, i := range slices.Concat(runtimeFiles(p), developmentFiles(p), boot) {
		files = append(files, i.files...)
	}
	return files
}

// dropInstall removes the lines of a .install file that are only for files of the replaced
// provider that the new one lacks: dh_install refuses a line that matches nothing.
//
// Errors: *PlaceError for a line with such files and others.
func (in *integration) dropInstall(file string, data []byte, now []string) ([]byte, bool, error) {
	t := split(data)
	out := t
	lines, sources := installLines(t)
	for k, i := range slices.Backward(lines) {
		gone := 0
		for _, source := range sources[k] {
			if in.gone(source, now) {
				gone++
			}
		}
		switch gone {
		case 0:
		case len(sources[k]):
			out = out.without(i)
		default:
			lookedFor := fmt.Sprintf("a line with only files of the release's own %s", in.provider.Name)
			return nil, false, &PlaceError{File: file, Line: i + 1, LookedFor: lookedFor, Found: t[i].s}
		}
	}
	return out.bytes(), len(out) == len(t), nil
}

// gone reports whether a pattern is for files of the replaced provider and none of now: it is
// the name of such a file, or matches one and begins with the provider's name.
func (in *integration) gone(source string, now []string) bool {
	pattern := sourcePattern(source)
	takesIt := func(f string) bool { return takes(pattern, f) }
	if slices.ContainsFunc(now, takesIt) {
		return false
	}
	if !wild(path.Base(pattern)) {
		return slices.ContainsFunc(in.replaced, func(f string) bool {
			ok, err := path.Match(pattern, f)
			return ok && err == nil
		})
	}
	return slices.ContainsFunc(in.replaced, takesIt) && in.own(pattern)
}

// own reports whether a pattern with wildcards is the provider's: its matches begin with the
// provider's name, and cannot begin with a longer name of another provider.
func (in *integration) own(pattern string) bool {
	before, _, ok := strings.Cut(fixed(pattern), in.provider.Name)
	if !ok {
		return false
	}
	return !slices.ContainsFunc(in.described(), func(other string) bool {
		return other != in.provider.Name && strings.HasPrefix(other, in.provider.Name) &&
			globsMeet(globTokens(path.Base(pattern)), globTokens(before+other+"*"))
	})
}

// described returns the providers that control describes.
func (in *integration) described() []string {
	data, ok := in.read(Control)
	if !ok {
		return nil
	}
	t := split(data)
	pkg, err := binaryPackage(Control, t)
	if err != nil {
		return nil // reported by editControl
	}
	f, ok := pkg.field("description")
	if !ok {
		return nil
	}
	var names []string
	for _, d := range drivers(t, f) {
		names = append(names, d.name)
	}
	return names
}
