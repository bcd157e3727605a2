// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Symbol is what a library exports: a name and the version node that it is in.
// A name may be in several nodes.
type Symbol struct {
	Name string // manadv_init_obj
	Node string // MANA_1.0
}

// versionMap is a library's version script.
type versionMap struct {
	Nodes   []string // in the order of the file, which is the order in which they were added
	Symbols []Symbol
}

var (
	symbolName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	nodeName   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`)
)

// mapToken is a word, or one of { } ; and :.
type mapToken struct {
	Text string
	Off  int
}

// mapParser goes over the tokens of a version script.
type mapParser struct {
	file string
	data []byte
	toks []mapToken
	at   int
	out  versionMap

	// What out has, to look it up: files of others can be long.
	nodes   map[string]bool
	symbols map[Symbol]bool
}

// parseVersionMap reads a version script as ld(1) does ("VERSION Command"): nodes
// with global: and local:, the nodes that they inherit from, comments of both
// kinds. rdma-core wants each exported symbol named in a node that has a name,
// and so does whoever lists them: patterns in global:, extern blocks and nodes
// without names give a *PlaceError, as does all that ld would refuse.
func parseVersionMap(file string, data []byte) (versionMap, error) {
	p := &mapParser{file: file, data: data, nodes: map[string]bool{}, symbols: map[Symbol]bool{}}
	if err := p.scan(); err != nil {
		return versionMap{}, err
	}
	for p.at < len(p.toks) {
		if err := p.node(); err != nil {
			return versionMap{}, err
		}
	}
	if len(p.out.Symbols) == 0 {
		return versionMap{}, noPlace(file, "a version node with a symbol in global:")
	}
	return p.out, nil
}

func (p *mapParser) fail(off int, lookedFor, found string) error {
	return &PlaceError{File: p.file, Line: lineNumber(p.data, off), LookedFor: lookedFor, Found: found}
}

// scan makes the tokens.
func (p *mapParser) scan() error {
	for off := 0; off < len(p.data); {
		rest := p.data[off:]
		switch c := rest[0]; {
		case isCMakeBlank(c) || c == '\f' || c == '\v':
			off++
		case c == '#':
			off = lineEnd(p.data, off)
		case bytes.HasPrefix(rest, []byte("/*")):
			n := bytes.Index(rest[2:], []byte("*/"))
			if n < 0 {
				return p.fail(off, `"*/" that ends the comment`, "the end of the file")
			}
			off += n + 4
		case strings.IndexByte("{};:", c) >= 0:
			p.toks = append(p.toks, mapToken{Text: string(c), Off: off})
			off++
		default:
			n := bytes.IndexFunc(rest, func(r rune) bool { return strings.ContainsRune(" \t\r\n\f\v{};:#/", r) })
			switch {
			case n < 0:
				n = len(rest)
			case n == 0:
				return p.fail(off, "a version node", strconv.QuoteRune(rune(c)))
			}
			p.toks = append(p.toks, mapToken{Text: string(rest[:n]), Off: off})
			off += n
		}
	}
	return nil
}

// next gives the token at the place, an empty one behind the last.
func (p *mapParser) next() mapToken {
	if p.at < len(p.toks) {
		return p.toks[p.at]
	}
	return mapToken{Off: len(p.data)}
}

func (p *mapParser) expect(text, lookedFor string) error {
	t := p.next()
	if t.Text != text {
		return p.fail(t.Off, lookedFor, t.found())
	}
	p.at++
	return nil
}

func (t mapToken) found() string {
	if t.Text == "" {
		return "the end of the file"
	}
	return strconv.Quote(t.Text)
}

// node reads "NAME { … } PARENT …;".
func (p *mapParser) node() error {
	name := p.next()
	switch {
	case !nodeName.MatchString(name.Text):
		return p.fail(name.Off, "the name of a version node, as FLY_1.0", name.found())
	case p.nodes[name.Text]:
		return p.fail(name.Off, "each version node once", name.Text+" again")
	}
	p.at++
	if err := p.expect("{", `"{" behind the version node `+name.Text); err != nil {
		return err
	}
	if err := p.body(name.Text); err != nil {
		return err
	}
	for {
		parent := p.next()
		switch {
		case parent.Text == ";":
			p.at++
			p.nodes[name.Text] = true
			p.out.Nodes = append(p.out.Nodes, name.Text)
			return nil
		case !p.nodes[parent.Text]:
			lookedFor := `";", or a version node from above, behind the node ` + name.Text
			return p.fail(parent.Off, lookedFor, parent.found())
		}
		p.at++
	}
}

// body reads what stands in the braces of a node, and the closing one. What
// stands before a label is global.
func (p *mapParser) body(node string) error {
	local := false
	for {
		t := p.next()
		p.at++
		switch t.Text {
		case "}":
			return nil
		case "global", "local":
			if p.next().Text == ":" {
				p.at++
				local = t.Text == "local"
				continue
			}
		case "", "{", ";", ":":
			return p.fail(t.Off, `a symbol, global:, local: or "}" in the version node `+node, t.found())
		}
		if err := p.symbol(node, t, local); err != nil {
			return err
		}
	}
}

func (p *mapParser) symbol(node string, t mapToken, local bool) error {
	s := Symbol{Name: t.Text, Node: node}
	if !local {
		switch {
		case !symbolName.MatchString(t.Text):
			lookedFor := fmt.Sprintf("the names of the symbols in global: of %s, without patterns", node)
			return p.fail(t.Off, lookedFor, t.found())
		case p.symbols[s]:
			return p.fail(t.Off, "each symbol once in the version node "+node, t.Text+" again")
		}
		p.symbols[s] = true
		p.out.Symbols = append(p.out.Symbols, s)
	}
	return p.expect(";", fmt.Sprintf(`";" behind %s in the version node %s`, t.Text, node))
}
