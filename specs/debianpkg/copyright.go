// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"regexp"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/specs/sortedlist"
)

const providersFolder = "providers/"

// editCopyright adds the paragraph of the provider's files in its order among the others, after removing
// that of a replaced one. Kernel headers need none: the paragraph kernel-headers/* covers them all, as for
// mana and ionic.
func editCopyright(file string, data []byte, p *Provider) ([]byte, bool, error) {
	t := split(data)
	p = p.settled(t)
	if p.License == "" { // no licence is stated: the paragraph of all files applies
		return data, true, nil
	}
	t, kept := dropCopyright(t, p)
	var among []paragraph
	var keys []string
	own := p.directory()
	all := paragraphs(t)
	for _, para := range all {
		patterns := filePatterns(t, para)
		for _, pattern := range patterns {
			if folder := strings.TrimSuffix(pattern, "/*"); folder == own {
				return t.bytes(), kept, nil
			}
		}
		if len(patterns) > 0 && strings.HasPrefix(patterns[0], providersFolder) {
			among = append(among, para)
			keys = append(keys, strings.TrimSuffix(patterns[0], "/*"))
		}
	}
	if len(among) == 0 && kept {
		return nil, false, &PlaceError{File: file, LookedFor: "paragraphs \"Files: providers/NAME/*\"", Found: "none"}
	}
	if err := knownLicense(t, all, p.License); err != nil {
		return nil, false, err
	}
	lines := append([]string{"Files: " + own + "/*"}, copyrightLines(p.Copyright)...)
	lines = append(lines, "License: "+p.License)
	pos := sortedlist.Place(keys, own, sortedlist.ByPath)
	switch {
	case pos < len(among):
		t = t.insert(among[pos].first, append(lines, "")...)
	case pos > 0:
		t = t.insert(among[pos-1].last+1, append([]string{""}, lines...)...)
	default: // the replaced provider was the only one
		t = t.insert(len(t), append([]string{""}, lines...)...)
	}
	return t.bytes(), false, nil
}

// settled is the provider with the values of its paragraph. If it replaces one, values that it
// does not state are the release's.
func (p *Provider) settled(t text) *Provider {
	out := *p
	if p.Replaced != nil {
		own := p.directory()
		for _, para := range paragraphs(t) {
			patterns := filePatterns(t, para)
			ours := slices.Contains(patterns, own) || slices.Contains(patterns, own+"/*")
			holders, held := para.field("copyright")
			license, licensed := para.field("license")
			if !ours || !held || !licensed {
				continue
			}
			if len(out.Copyright) == 0 {
				out.Copyright = slices.DeleteFunc(holders.values(t), func(v string) bool { return v == "" })
			}
			if have := license.values(t)[0]; out.License == "" || sameLicense(have, out.License) {
				out.License = have
			}
		}
	}
	if len(out.Copyright) == 0 {
		out.Copyright = out.Holders
	}
	if len(out.Copyright) == 0 {
		out.Copyright = []string{"unspecified"} // as of upstream's ccan
	}
	return &out
}

// sameLicense reports whether two choices have the same licences.
func sameLicense(a, b string) bool {
	names := func(license string) []string { return slices.Sorted(slices.Values(strings.Split(license, " or "))) }
	return slices.Equal(names(a), names(b))
}

func copyrightLines(holders []string) []string {
	const name = "Copyright: "
	lines := make([]string, len(holders))
	for i, h := range holders {
		lines[i] = strings.Repeat(" ", len(name)) + h
	}
	lines[0] = name + holders[0]
	return lines
}

// filePatterns returns the patterns of a Files paragraph, none of any other.
func filePatterns(t text, p paragraph) []string {
	f, ok := p.field("files")
	if !ok {
		return nil
	}
	return strings.Fields(strings.Join(f.values(t), " "))
}

// knownLicense checks that the file has the text of every named licence, without which it is
// invalid.
func knownLicense(t text, all []paragraph, license string) error {
	var known []string
	for _, p := range all {
		f, ok := p.field("license")
		if _, files := p.field("files"); !ok || files && f.last == f.first {
			continue
		}
		known = append(known, f.values(t)[0])
	}
	slices.Sort(known)
	for _, name := range licenseNames(license) {
		if !slices.Contains(known, name) {
			want := "licences whose text debian/copyright has: " + strings.Join(slices.Compact(known), ", ")
			return &ValueError{What: "license", Value: license, Want: want}
		}
	}
	return nil
}

var betweenLicenses = regexp.MustCompile(`,?\s+(?:or|and)\s+|,\s*`)

// licenseNames splits "GPL-2 or BSD-MIT".
func licenseNames(license string) []string { return betweenLicenses.Split(license, -1) }
