// SPDX-License-Identifier: Apache-2.0

package versionmap

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/provider/internal/text"
	"github.com/resnics/verbsmith/specs/edit"
)

// Symbol is an exported symbol: a name and its version node. A name may be in several nodes.
type Symbol struct {
	Name string // manadv_init_obj
	Node string // MANA_1.0; empty in a map whose one node has no name
}

// Map is a library's version script.
type Map struct {
	Nodes   []string // in the order of the file, which is that of their versions
	Symbols []Symbol

	// Warnings are for what ld accepts but rdma-core or its packages may not.
	Warnings []error
}

var (
	symbolName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	nodeName   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`)
)

// token is a word, a text in quotes, or one of { } ; and :.
type token struct {
	Text   string
	Off    int
	Quoted bool
}

// is reports whether the token is that word or sign of the grammar.
func (t token) is(want string) bool { return !t.Quoted && t.Text == want }

// parser goes over the tokens of a version script.
type parser struct {
	file string
	data []byte
	toks []token
	at   int
	out  Map

	// What out has, to look it up: files of others can be long.
	nodes   map[string]bool
	symbols map[Symbol]bool
	unnamed bool // it has a node without a name
	closed  bool // symbols that no node names are local

	hindrance  string // the first of its kind, and where it is
	hinderedAt int
}

// Parse reads a version script as ld(1) does ("VERSION Command" and its grammar): nodes with
// global: and local:, one node without a name, the nodes that they inherit from, quoted names,
// extern blocks, comments of both kinds. A node may export nothing. Because packages list
// exported symbols by name, patterns in global:, including C++ ones, are a *PlaceError, like
// everything that ld refuses.
func Parse(file string, data []byte) (Map, error) {
	p := &parser{file: file, data: data, nodes: map[string]bool{}, symbols: map[Symbol]bool{}}
	if err := p.scan(); err != nil {
		return Map{}, err
	}
	if len(p.toks) == 0 {
		return Map{}, text.NoPlace(file, "a version node")
	}
	for p.at < len(p.toks) {
		if err := p.node(); err != nil {
			return Map{}, err
		}
	}
	if p.hindrance != "" {
		const want = "what rdma-core's static build (Debian's packages) can read in a map: /* */, NAME { global: NAMES; local: *; } PARENT;"
		p.warn(p.hinderedAt, want, p.hindrance)
	}
	if !p.closed {
		const got = "none: other symbols are exported too, without a version"
		p.warn(len(data), `"local: *;" in a node`, got)
	}
	return p.out, nil
}

func (p *parser) warn(off int, want, got string) {
	p.out.Warnings = append(p.out.Warnings, &text.SourceError{File: p.file, Line: text.LineNumber(p.data, off), Want: want, Got: got})
}

func (p *parser) fail(off int, lookedFor, found string) error {
	return &edit.PlaceError{File: p.file, Line: text.LineNumber(p.data, off), LookedFor: lookedFor, Found: found}
}

// scan makes the tokens.
func (p *parser) scan() error {
	for off := 0; off < len(p.data); {
		rest := p.data[off:]
		switch c := rest[0]; {
		case strings.IndexByte(" \t\r\n\f\v", c) >= 0:
			off++
		case c == '#':
			p.hinder(off, "a comment that starts with #")
			off = text.LineEnd(p.data, off)
		case c == '"':
			n := bytes.IndexAny(rest[1:], "\"\n")
			if n < 0 || rest[1+n] != '"' {
				return p.fail(off, "the quote that ends the name", "the end of the line or file")
			}
			p.toks = append(p.toks, token{Text: string(rest[1 : 1+n]), Off: off, Quoted: true})
			off += n + 2
		case bytes.HasPrefix(rest, []byte("/*")):
			n := bytes.Index(rest[2:], []byte("*/"))
			if n < 0 {
				return p.fail(off, `"*/" that ends the comment`, "the end of the file")
			}
			off += n + 4
		case strings.IndexByte("{};:", c) >= 0:
			p.toks = append(p.toks, token{Text: string(c), Off: off})
			off++
		default:
			n := bytes.IndexFunc(rest, func(r rune) bool { return strings.ContainsRune(" \t\r\n\f\v{};:#/\"", r) })
			switch {
			case n < 0:
				n = len(rest)
			case n == 0:
				return p.fail(off, "a version node", strconv.QuoteRune(rune(c)))
			}
			p.toks = append(p.toks, token{Text: string(rest[:n]), Off: off})
			off += n
		}
	}
	return nil
}

// next returns the token at the place, an empty one after the last.
func (p *parser) next() token {
	if p.at < len(p.toks) {
		return p.toks[p.at]
	}
	return token{Off: len(p.data)}
}

func (p *parser) expect(want, lookedFor string) error {
	t := p.next()
	if !t.is(want) {
		return p.fail(t.Off, lookedFor, t.found())
	}
	p.at++
	return nil
}

func (t token) found() string {
	if t.Text == "" && !t.Quoted {
		return "the end of the file"
	}
	return edit.Quote(t.Text)
}

// node reads "NAME { … } PARENT …;", or "{ … };" as the only one.
func (p *parser) node() error {
	name := p.next()
	if name.is("{") || p.unnamed {
		return p.unnamedNode(name)
	}
	switch {
	case name.Quoted || !nodeName.MatchString(name.Text):
		return p.fail(name.Off, "the name of a version node, such as FLY_1.0", name.found())
	case p.nodes[name.Text]:
		return p.fail(name.Off, "each version node once", name.Text+" again")
	}
	p.at++
	if brace := p.next(); brace.is("{") && brace.Off == name.Off+len(name.Text) {
		p.hinder(brace.Off, "no blank before {")
	}
	if err := p.body(name.Text); err != nil {
		return err
	}
	for parents := 0; ; parents++ {
		parent := p.next()
		switch {
		case parent.is(";"):
			p.at++
			p.nodes[name.Text] = true
			p.out.Nodes = append(p.out.Nodes, name.Text)
			return nil
		case parent.Quoted || !p.nodes[parent.Text]:
			lookedFor := `";", or an earlier version node, after the node ` + name.Text
			return p.fail(parent.Off, lookedFor, parent.found())
		case parents > 0:
			p.hinder(parent.Off, "a second inherited node")
		}
		p.at++
	}
}

// unnamedNode reads "{ … };", which ld accepts only if there is no other node.
func (p *parser) unnamedNode(first token) error {
	if p.unnamed || len(p.nodes) > 0 {
		return p.fail(first.Off, "no other node next to an unnamed one", first.found())
	}
	p.unnamed = true
	if err := p.body(""); err != nil {
		return err
	}
	return p.expect(";", `";" after the version node`)
}

// body reads the braces of a node and their content: symbols, or global: and symbols, then
// local: and symbols.
func (p *parser) body(node string) error {
	if err := p.expect("{", `"{" after the version node `+node); err != nil {
		return err
	}
	labels := 0
	for _, label := range []string{"global", "local"} {
		if !p.label(label) {
			continue
		}
		labels++
		if err := p.symbolList(node, label == "local"); err != nil {
			return err
		}
	}
	if t := p.next(); labels == 0 && !t.is("}") {
		p.hinder(t.Off, "a symbol without global: before it")
		if err := p.symbolList(node, false); err != nil {
			return err
		}
	}
	return p.expect("}", `"}" that ends the version node`+named(node)+", where global: comes first and local: last")
}

func named(node string) string {
	if node == "" {
		return ""
	}
	return " " + node
}

// label takes "global:" or "local:"; either word alone is a symbol.
func (p *parser) label(word string) bool {
	if !p.next().is(word) || p.at+1 >= len(p.toks) || !p.toks[p.at+1].is(":") {
		return false
	}
	p.at += 2
	return true
}

// atLabel reports whether a label is next.
func (p *parser) atLabel() bool {
	at := p.at
	defer func() { p.at = at }()
	return p.label("global") || p.label("local")
}

// symbolList reads "symbol; …;" or "extern "C" { symbol; … };" up to a label or brace.
func (p *parser) symbolList(node string, local bool) error {
	for first := true; first || !p.next().is("}") && !p.atLabel(); first = false {
		t := p.next()
		p.at++
		var err error
		switch {
		case t.is("extern") && p.next().Quoted: // without a language it is a symbol
			err = p.extern(node, local)
		case t.Text == "" && !t.Quoted, t.is("{"), t.is("}"), t.is(";"), t.is(":"):
			return p.fail(t.Off, "a symbol in the version node"+named(node), t.found())
		default:
			err = p.symbol(node, t, local)
		}
		if err == nil {
			err = p.expect(";", fmt.Sprintf(`";" after %s in the version node%s`, t.Text, named(node)))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// extern reads "LANGUAGE" { symbol; … }, where the last semicolon can be left out.
func (p *parser) extern(node string, local bool) error {
	language := p.next()
	p.at++
	p.hinder(language.Off, "an extern block")
	if language.Text != "C" && !local {
		return p.fail(language.Off, `extern "C" only in global:, because each symbol must have a plain name`, language.found())
	}
	if err := p.expect("{", `"{" after extern "`+language.Text+`"`); err != nil {
		return err
	}
	for {
		t := p.next()
		p.at++
		if t.Text == "" && !t.Quoted || t.is("{") || t.is("}") || t.is(";") || t.is(":") {
			return p.fail(t.Off, "a symbol in the extern block", t.found())
		}
		if err := p.symbol(node, t, local); err != nil {
			return err
		}
		if p.next().is(";") {
			p.at++
		}
		if p.next().is("}") {
			p.at++
			return nil
		}
		if !p.toks[p.at-1].is(";") {
			return p.fail(p.next().Off, `";" or "}" after `+t.Text, p.next().found())
		}
	}
}

// symbol adds one symbol or pattern.
func (p *parser) symbol(node string, t token, local bool) error {
	if t.Quoted {
		p.hinder(t.Off, "a name in quotes")
	}
	if local {
		p.closed = p.closed || t.is("*")
		if !t.is("*") {
			p.hinder(t.Off, "a pattern other than * in local:")
		}
		return nil
	}
	s := Symbol{Name: t.Text, Node: node}
	switch {
	case !symbolName.MatchString(t.Text):
		lookedFor := fmt.Sprintf("the names of the symbols in global:%s, without patterns", namedOf(node))
		return p.fail(t.Off, lookedFor, t.found())
	case p.symbols[s]:
		return p.fail(t.Off, "each symbol once in the version node"+named(node), t.Text+" again")
	}
	p.symbols[s] = true
	p.out.Symbols = append(p.out.Symbols, s)
	return nil
}

func namedOf(node string) string {
	if node == "" {
		return ""
	}
	return " of " + node
}

// hinder records the first construct that ld accepts and rdma-core's static build does not: its
// sanitize_static_lib.py knows only a part of the grammar and stops at anything else.
func (p *parser) hinder(off int, what string) {
	if p.hindrance == "" || off < p.hinderedAt {
		p.hindrance, p.hinderedAt = what, off
	}
}
