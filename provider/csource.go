// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
)

// cFile is a C file of the provider, taken apart.
type cFile struct {
	name string // in the provider's folder
	path string // for messages
	data []byte
	toks []cToken
}

// problem is a SourceError at an offset of the file.
func (f *cFile) problem(off int, want, got string) error {
	return &SourceError{
		File: f.path, Line: lineNumber(f.data, off), Column: off - lineStart(f.data, off) + 1, Want: want, Got: got,
	}
}

// cMacro is one #define.
type cMacro struct {
	params   []string
	function bool // has a list of parameters, maybe an empty one
	body     string
}

// cSources are the provider's C files, with what is defined in any of them.
// Preprocessor conditions are not followed: what two branches define in two ways
// has no known meaning.
type cSources struct {
	files  []*cFile
	macros map[string][]cMacro
	enums  map[string][]cEnumValue
}

// cEnumValue is the expression that an enum's constant stands for: base + offset.
type cEnumValue struct {
	base   []cToken
	offset int64
}

// readC takes every .c and .h file of the provider apart; an end of ctx ends it.
func (p *Provider) readC(ctx context.Context) (*cSources, []error) {
	s := &cSources{macros: map[string][]cMacro{}, enums: map[string][]cEnumValue{}}
	var errs []error
	for _, file := range p.Files {
		if ext := filepath.Ext(file.Name); ext != ".c" && ext != ".h" {
			continue
		}
		if err := context.Cause(ctx); err != nil {
			return s, append(errs, err)
		}
		f := &cFile{name: file.Name, path: p.pathOf(file.Name), data: file.data}
		var err error
		if f.toks, err = scanC(f.path, f.data); err != nil {
			errs = append(errs, err)
			continue
		}
		s.files = append(s.files, f)
		s.define(f)
	}
	return s, errs
}

// pathOf is a file of the folder as messages name it.
func (p *Provider) pathOf(name string) string { return filepath.Join(p.Dir, filepath.FromSlash(name)) }

func (c *cSources) define(f *cFile) {
	for i, t := range f.toks {
		switch {
		case t.Kind == cDirective:
			if name, m, ok := parseDefine(t.Text); ok && !slices.ContainsFunc(c.macros[name], m.same) {
				c.macros[name] = append(c.macros[name], m)
			}
		case t.Text == "enum":
			c.defineEnum(f.toks[i+1:])
		}
	}
}

func (m cMacro) same(o cMacro) bool {
	return m.function == o.function && m.body == o.body && slices.Equal(m.params, o.params)
}

// parseDefine reads "#define NAME body" and "#define NAME(a, b) body".
func parseDefine(line string) (string, cMacro, bool) {
	toks, err := scanC("", []byte(unfold(line)[1:]))
	if err != nil || len(toks) < 2 || toks[0].Text != "define" || toks[1].Kind != cWord {
		return "", cMacro{}, false
	}
	name, rest, m := toks[1], toks[2:], cMacro{}
	if len(rest) > 0 && rest[0].Text == "(" && rest[0].Start == name.End {
		m.function = true
		for rest = rest[1:]; len(rest) > 0 && rest[0].Text != ")"; rest = rest[1:] {
			if rest[0].Kind == cWord {
				m.params = append(m.params, rest[0].Text)
			}
		}
		rest = rest[min(1, len(rest)):]
	}
	m.body = textOf(rest)
	return name.Text, m, true
}

// unfold makes one line of a line with continuations.
func unfold(line string) string {
	return strings.NewReplacer("\\\r\n", " ", "\\\n", " ").Replace(line)
}

// textOf writes tokens down with a blank where one is needed or was.
func textOf(toks []cToken) string {
	var b strings.Builder
	for i, t := range toks {
		if i > 0 && (toks[i-1].End != t.Start) {
			b.WriteByte(' ')
		}
		b.WriteString(t.Text)
	}
	return b.String()
}

// defineEnum reads the constants behind "enum": [tag] { A, B = 3, C }.
func (c *cSources) defineEnum(toks []cToken) {
	if len(toks) > 0 && toks[0].Kind == cWord {
		toks = toks[1:]
	}
	if len(toks) == 0 || toks[0].Text != "{" {
		return
	}
	end := closing(toks, 0)
	if end < 0 {
		return
	}
	cur := cEnumValue{base: []cToken{{Kind: cWord, Text: "0"}}}
	for _, part := range splitC(code(toks[1:end])) {
		if len(part) == 0 || part[0].Kind != cWord {
			continue
		}
		if len(part) > 2 && part[1].Text == "=" {
			cur = cEnumValue{base: part[2:]}
		}
		c.enums[part[0].Text] = append(c.enums[part[0].Text], cur)
		cur.offset++
	}
}

// code leaves out preprocessor lines.
func code(toks []cToken) []cToken {
	if !slices.ContainsFunc(toks, func(t cToken) bool { return t.Kind == cDirective }) {
		return toks
	}
	return slices.DeleteFunc(slices.Clone(toks), func(t cToken) bool { return t.Kind == cDirective })
}

// closing gives the index of what closes the bracket at index open, -1 where
// nothing does.
func closing(toks []cToken, open int) int {
	depth := 0
	for i := open; i < len(toks); i++ {
		if toks[i].Kind != cPunct {
			continue
		}
		switch toks[i].Text {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// splitC cuts tokens at the commas outside of brackets. An empty last part,
// behind a last comma, is left out.
func splitC(toks []cToken) [][]cToken {
	var parts [][]cToken
	depth, from := 0, 0
	for i, t := range toks {
		if t.Kind != cPunct {
			continue
		}
		switch t.Text {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			depth--
		case ",":
			if depth == 0 {
				parts, from = append(parts, toks[from:i]), i+1
			}
		}
	}
	if from < len(toks) {
		parts = append(parts, toks[from:])
	}
	return parts
}

// outside calls see for each token that is in no bracket at all.
func (f *cFile) outside(see func(i int)) {
	depth := 0
	for i, t := range f.toks {
		if t.Kind == cPunct {
			switch t.Text {
			case "(", "[", "{":
				depth++
			case ")", "]", "}":
				depth = max(depth-1, 0)
			}
		}
		if depth == 0 {
			see(i)
		}
	}
}

// cObject is an initialized object: struct TYPE NAME = { parts }.
type cObject struct {
	file     *cFile
	token    int        // its name
	at       int        // offset of that
	end      int        // offset of the closing brace
	parts    [][]cToken // between the commas
	size     []cToken   // between the brackets behind its name, if it has some
	included bool       // an #include is among them
}

// object finds the initializer of struct typ name.
func (c *cSources) object(typ, name string) (*cObject, bool) {
	for _, f := range c.files {
		for i := range f.toks {
			if f.toks[i].Text != typ {
				continue
			}
			if o, ok := c.objectAt(f, i); ok && f.toks[o.token].Text == name {
				return o, true
			}
		}
	}
	return nil, false
}

// objectAt is the initializer of the object whose type is the token i of a file.
func (c *cSources) objectAt(f *cFile, i int) (*cObject, bool) {
	name := i + 1
	for name < len(f.toks) && (f.toks[name].Text == "const" || f.toks[name].Text == "volatile") {
		name++
	}
	if name >= len(f.toks) || f.toks[name].Kind != cWord {
		return nil, false
	}
	open := f.behindDeclarator(name + 1)
	if open+1 >= len(f.toks) || f.toks[open].Text != "=" || f.toks[open+1].Text != "{" {
		return nil, false
	}
	end := closing(f.toks, open+1)
	if end < 0 {
		return nil, false
	}
	inner := f.toks[open+2 : end]
	var size []cToken
	if last := closing(f.toks[:open], name+1); last > 0 && f.toks[name+1].Text == "[" {
		size = f.toks[name+2 : last]
	}
	return &cObject{
		size: size, file: f, token: name, at: f.toks[name].Start, end: f.toks[end].Start, parts: splitC(code(inner)),
		included: slices.ContainsFunc(inner, isInclude),
	}, true
}

// behindDeclarator gives the token behind a size and attributes, which begin at a token.
func (f *cFile) behindDeclarator(at int) int {
	for at < len(f.toks) && !slices.Contains([]string{"=", ";", "{", ")", ","}, f.toks[at].Text) {
		if f.toks[at].Text == "(" || f.toks[at].Text == "[" {
			at = max(at, closing(f.toks, at))
		}
		at++
	}
	return at
}

func isInclude(t cToken) bool {
	return t.Kind == cDirective && strings.HasPrefix(strings.TrimLeft(t.Text[1:], " \t"), "include")
}

// inMacro says whether a word stands in the body of a macro: what it names may
// be made by that.
func (c *cSources) inMacro(word string) bool {
	for _, defs := range c.macros {
		for _, m := range defs {
			if slices.ContainsFunc(scanText(m.body), func(t cToken) bool { return t.Text == word }) {
				return true
			}
		}
	}
	return false
}

// scanText takes text apart, as far as that goes.
func scanText(text string) []cToken {
	toks, err := scanC("", []byte(text))
	if err != nil {
		return nil
	}
	return toks
}
