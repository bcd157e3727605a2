// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"slices"
	"strings"
)

// dropSymbols removes the lines of a replaced library's symbols that the new one does not
// export, and its whole block if the new one has another soname. kept reports that there were
// none.
func dropSymbols(t text, p *Provider) (out text, kept bool) {
	if p.Replaced == nil {
		return t, true
	}
	own, gone := p.Library.soname(), ""
	if old := p.Replaced.Library; old != nil && old.soname() != own {
		gone = old.soname()
	}
	exported := p.Library.exported()
	drop := make([]bool, len(t))
	for _, b := range symbolBlocks(t) {
		for i := b.first; i <= b.last; i++ {
			drop[i] = b.soname == gone && !strings.HasPrefix(t[i].s, "#") ||
				b.soname == own && i > b.first && absent(exported, t[i].s)
		}
	}
	out = t
	for i, d := range slices.Backward(drop) {
		if d {
			out = out.without(i)
		}
	}
	return out, len(out) == len(t)
}

// exported returns the library's nodes and symbols as a .symbols file names them.
func (l *Library) exported() map[string]bool {
	names := map[string]bool{}
	for _, n := range l.Nodes {
		names[n+"@"+n] = true
	}
	for _, s := range l.Symbols {
		names[s.Name+"@"+s.Node] = true
	}
	return names
}

// absent reports whether a line is for a symbol that is not exported. A line for many symbols
// of unknown names stays.
func absent(exported map[string]bool, l string) bool {
	m := symbolLine.FindStringSubmatch(l)
	if m == nil {
		return false
	}
	tags, name := strings.Split(m[1], "|"), m[2]
	if slices.Contains(tags, "symver") {
		name += "@" + name
	}
	pattern := slices.ContainsFunc(tags, func(tag string) bool { return tag == "regex" || tag == "c++" })
	return !pattern && !exported[name]
}
