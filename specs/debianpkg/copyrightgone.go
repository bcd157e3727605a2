// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"regexp"
	"slices"
	"strings"
)

// dropCopyright removes a replaced provider's paragraphs: all of them if the new paragraph
// would differ, and otherwise the patterns that match no file of the new one. kept reports that
// there was nothing to remove.
func dropCopyright(t text, p *Provider) (out text, kept bool) {
	if p.Replaced == nil {
		return t, true
	}
	same := false
	all := paragraphs(t)
	for _, para := range all {
		same = same || states(t, para, p)
	}
	out, kept = t, true
	for _, para := range slices.Backward(all) {
		var left []string
		patterns := filePatterns(t, para)
		for _, pattern := range patterns {
			if !strings.HasPrefix(pattern+"/", p.directory()+"/") || same && p.has(pattern) {
				left = append(left, pattern)
			}
		}
		if len(left) < len(patterns) {
			out, kept = narrow(out, para, left), false
		}
	}
	return out, kept
}

// states reports whether a paragraph is for the provider's directory, with the same copyright
// and licence.
func states(t text, para paragraph, p *Provider) bool {
	own := func(pattern string) bool { return strings.TrimSuffix(pattern, "/*") == p.directory() }
	if !slices.ContainsFunc(filePatterns(t, para), own) {
		return false
	}
	holders, ok := para.field("copyright")
	license, licensed := para.field("license")
	if !ok || !licensed {
		return false
	}
	have := slices.DeleteFunc(holders.values(t), func(v string) bool { return v == "" })
	return slices.Equal(have, p.Copyright) && slices.Equal(license.values(t), []string{p.License})
}

// has reports whether a pattern of debian/copyright matches a file of the provider.
// There * and ? match a slash as well.
func (p *Provider) has(pattern string) bool {
	dir := p.directory()
	if strings.TrimSuffix(pattern, "/*") == dir {
		return true
	}
	var expression strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '*':
			expression.WriteString(".*")
		case c == '?':
			expression.WriteByte('.')
		case c == '\\' && i+1 < len(pattern):
			i++
			fallthrough
		default:
			expression.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		}
	}
	re, err := regexp.Compile(`(?s)^` + expression.String() + `$`)
	return err != nil || slices.ContainsFunc(p.Files, func(f string) bool { return re.MatchString(dir + "/" + f) })
}

// narrow keeps only these patterns of a paragraph's Files, or removes it with the blank lines
// after it if none is left.
func narrow(t text, para paragraph, left []string) text {
	if len(left) > 0 {
		f, _ := para.field("files")
		head := t[f.first].s
		head = head[:strings.IndexByte(head, ':')+1] + " "
		lines := make([]string, len(left))
		for i, pattern := range left {
			lines[i] = head + pattern
			head = strings.Repeat(" ", len(head))
		}
		return t.replace(f.first, f.last, lines...)
	}
	for end := para.last + 1; end < len(t) && strings.TrimSpace(t[end].s) == ""; {
		t = t.without(end)
	}
	for i := para.last; i >= para.first; i-- {
		t = t.without(i)
	}
	return t
}
