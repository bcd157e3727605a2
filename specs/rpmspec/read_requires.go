// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"slices"
	"strings"
)

// BuildRequires reports whether the spec, as the distro reads it, requires one of the names
// to build. What cannot be decided counts as not required.
func (r *Reading) BuildRequires(names ...string) bool {
	isTag := func(tag string) bool { return tag == "buildrequires" }
	for _, sec := range r.spec.sections {
		if sec.kind != preamble && sec.kind != packageSection {
			continue
		}
		for i := sec.body(); i < sec.end; i++ {
			if !r.spec.lines[i].start || r.lines[i].truth != yes {
				continue
			}
			_, value, ok, err := r.tagAt(i, isTag)
			named := func(name string) bool { return slices.Contains(names, name) }
			if ok && err == nil && slices.ContainsFunc(dependencies(value), named) {
				return true
			}
		}
	}
	return false
}

// dependencies are the words of a BuildRequires: names, and what may be after them.
func dependencies(value string) []string {
	return strings.FieldsFunc(value, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' || r == '(' || r == ')' })
}
