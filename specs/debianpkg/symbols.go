// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"regexp"
	"strings"
)

// symbolBlock is the block of one library in a .symbols file.
type symbolBlock struct {
	soname      string
	first, last int             // from its header to its last line
	symbols     map[string]bool // NAME@NODE
	nodes       map[string]bool // of which a line stands for all symbols
}

var (
	symbolsHeader = regexp.MustCompile(`^(\S+\.so\.\S+) (\S.*)$`)
	symbolLine    = regexp.MustCompile(`^ (?:\(([^)]*)\))?"?([^\s"]+)"? (\S+)`)
)

// editSymbols adds the library's block, or the missing lines of an existing one: "NODE@NODE
// RELEASE" for each node, then the symbols. If it replaces the release's own, lines that are
// not in the new version map are removed.
//
// The release is upstream's number of the first release with them. A package of the same
// release without them satisfies it too. The Debian revision would distinguish these, but is a
// lintian error.
func editSymbols(file string, data []byte, p *Provider) ([]byte, bool, error) {
	l := p.Library
	t, kept := dropSymbols(split(data), p)
	blocks := symbolBlocks(t)
	if kept && len(blocks) == 0 {
		lookedFor := "blocks of libraries (libNAME.so.1 " + providersPackage + " #MINVER#)"
		return nil, false, &PlaceError{File: file, LookedFor: lookedFor, Found: "none"}
	}
	var own *symbolBlock
	keys := make([]string, len(blocks))
	for i := range blocks {
		b := &blocks[i]
		keys[i] = b.soname
		if b.soname != l.soname() {
			continue
		}
		if own != nil {
			found := "a second block"
			return nil, false, &PlaceError{File: file, Line: b.first + 1, LookedFor: "one block of " + l.soname(), Found: found}
		}
		own = b
	}
	if own != nil {
		missing := symbolLines(p, own)
		return t.insert(own.last+1, missing...).bytes(), kept && len(missing) == 0, nil
	}
	lines := append([]string{
		l.soname() + " " + providersPackage + " #MINVER#",
		"* Build-Depends-Package: libibverbs-dev",
	}, symbolLines(p, &symbolBlock{})...)
	at := len(t)
	if len(blocks) > 0 {
		at = blocks[len(blocks)-1].last + 1
	}
	if pos := placeInTail(keys, l.soname()); pos < len(blocks) {
		at = blocks[pos].first
	}
	return t.insert(at, lines...).bytes(), false, nil
}

// symbolLines returns the missing lines of a block. A symbol that is also in the map of a
// replaced library, but not in its block, is not added: maps may name symbols that are only
// declared.
func symbolLines(p *Provider, have *symbolBlock) []string {
	unexported := map[string]bool{}
	if p.Replaced != nil && p.Replaced.Library != nil && have.soname == p.Replaced.Library.soname() {
		unexported = p.Replaced.Library.exported()
	}
	var lines []string
	add := func(name, node string) {
		if name += "@" + node; !have.symbols[name] && !have.nodes[node] && !unexported[name] {
			lines = append(lines, " "+name+" "+p.Release)
		}
	}
	for _, n := range p.Library.Nodes {
		add(n, n)
	}
	for _, s := range p.Library.Symbols {
		add(s.Name, s.Node)
	}
	return lines
}

// has takes a line of the block in. One tagged symver stands for a whole node.
func (b *symbolBlock) has(tags, name string) {
	for tag := range strings.SplitSeq(tags, "|") {
		if tag == "symver" {
			b.nodes[name] = true
			return
		}
	}
	b.symbols[name] = true
}

// symbolBlocks finds the blocks.
func symbolBlocks(t text) []symbolBlock {
	var all []symbolBlock
	for i, l := range t {
		if m := symbolsHeader.FindStringSubmatch(l.s); m != nil && !strings.HasPrefix(l.s, "#") {
			block := symbolBlock{soname: m[1], first: i, last: i, symbols: map[string]bool{}, nodes: map[string]bool{}}
			all = append(all, block)
			continue
		}
		if len(all) == 0 || strings.TrimSpace(l.s) == "" {
			continue
		}
		b := &all[len(all)-1]
		if strings.HasPrefix(l.s, "#") {
			continue // a comment may be the next block's, or a symbol that is gone
		}
		b.last = i
		if m := symbolLine.FindStringSubmatch(l.s); m != nil {
			b.has(m[1], m[2])
		}
	}
	return all
}
