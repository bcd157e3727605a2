// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"regexp"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/specs/sortedlist"
)

const sonamesTag = "package-name-doesnt-match-sonames"

var (
	sonamesOverride = regexp.MustCompile(`^(` + providersPackage + `(?: [^:]*)?:[ \t]+` + sonamesTag + `[ \t]+)(\S.*?)[ \t]*$`)
	// librariesRemark is the comment that names the same libraries in words.
	librariesRemark = regexp.MustCompile(`^(#[ \t]*)(lib\w+(?:, lib\w+)*)( and )(lib\w+)(\b.*)$`)
)

// editOverrides tells lintian that the library is in ibverbs-providers on
// purpose. A plug-in has no soname and needs none.
func editOverrides(file string, data []byte, p *Provider) ([]byte, bool, error) {
	t := split(data)
	const lookedFor = "one line \"" + providersPackage + ": " + sonamesTag + " ...\""
	at, err := t.one(file, sonamesOverride, lookedFor)
	if err != nil {
		return nil, false, err
	}
	m := sonamesOverride.FindStringSubmatch(t[at].s)
	names := strings.Fields(m[2])
	name, have := p.Library.packageName(), len(names)
	if replaced := p.replacedPackage(); replaced != "" {
		names = slices.DeleteFunc(names, func(n string) bool { return n == replaced })
	}
	if has := slices.Contains(names, name); has && len(names) == have {
		return data, true, nil
	} else if !has {
		names = slices.Insert(names, sortedlist.Place(names, name, sortedlist.ByBytes), name)
	}
	t = t.replace(at, at, m[1]+strings.Join(names, " "))
	if at > 0 {
		t = t.replace(at-1, at-1, remark(t[at-1].s, "lib"+p.Library.Name))
	}
	return t.bytes(), false, nil
}

// remark adds the library to the comment, if that has the known form.
func remark(comment, name string) string {
	m := librariesRemark.FindStringSubmatch(comment)
	if m == nil {
		return comment
	}
	names := append(strings.Split(m[2], ", "), m[4])
	if slices.Contains(names, name) {
		return comment
	}
	names = slices.Insert(names, sortedlist.Place(names, name, sortedlist.ByBytes), name)
	last := len(names) - 1
	return m[1] + strings.Join(names[:last], ", ") + m[3] + names[last] + m[5]
}
