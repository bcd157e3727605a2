// SPDX-License-Identifier: Apache-2.0

package provider

import (
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
	return sourceErrorAt(f.path, f.data, off, want, got)
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

// newCSources gives none.
func newCSources() *cSources {
	return &cSources{macros: map[string][]cMacro{}, enums: map[string][]cEnumValue{}}
}

// scanFile takes a file apart. name is where it is in its folder, file what messages call it.
//
// Errors: *PlaceError.
func scanFile(name, file string, data []byte) (*cFile, error) {
	toks, err := scanC(file, data)
	return &cFile{name: name, path: file, data: data, toks: toks}, err
}

// add takes a file apart and takes it in.
//
// Errors: *PlaceError; then the file is not taken in.
func (c *cSources) add(name, file string, data []byte) error {
	f, err := scanFile(name, file, data)
	if err != nil {
		return err
	}
	c.files = append(c.files, f)
	c.define(f)
	return nil
}

// defines says whether a word is a macro's or a constant's name.
func (c *cSources) defines(word string) bool { return len(c.macros[word])+len(c.enums[word]) > 0 }

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

// definition gives what a #define's macro stands for, nil where it is none, or stands for nothing.
func (t cToken) definition() []cToken {
	if t.Kind != cDirective {
		return nil
	}
	_, m, _ := parseDefine(t.Text)
	return scanText(m.body)
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
	at       int        // offset of its name
	end      int        // offset of the closing brace
	parts    [][]cToken // between the commas
	size     []cToken   // between the brackets behind its name, if it has some
	included bool       // an #include is among them
}

// object finds the initializer of struct typ name.
func (c *cSources) object(typ, name string) (*cObject, bool) {
	for _, f := range c.files {
		for i := range len(f.toks) - 1 {
			if f.toks[i].Text != typ || f.toks[i+1].Text != name {
				continue
			}
			if o, ok := c.objectAt(f, i); ok {
				return o, true
			}
		}
	}
	return nil, false
}

// objectAt is the initializer of the object whose type is the token i of a file.
func (c *cSources) objectAt(f *cFile, i int) (*cObject, bool) {
	open := i + 2
	for open < len(f.toks) && !slices.Contains([]string{"=", ";", "{", ")", ","}, f.toks[open].Text) {
		open++
	}
	if open+1 >= len(f.toks) || f.toks[open].Text != "=" || f.toks[open+1].Text != "{" {
		return nil, false
	}
	end := closing(f.toks, open+1)
	if end < 0 {
		return nil, false
	}
	inner := f.toks[open+2 : end]
	var size []cToken
	if last := closing(f.toks[:open], i+2); last > 0 && f.toks[i+2].Text == "[" {
		size = f.toks[i+3 : last]
	}
	return &cObject{
		size: size, file: f, at: f.toks[i+1].Start, end: f.toks[end].Start, parts: splitC(code(inner)),
		included: slices.ContainsFunc(inner, cToken.isInclude),
	}, true
}

// fields gives the tokens of each member that the initializer designates: .name = value.
func (o *cObject) fields() map[string][]cToken {
	fields := map[string][]cToken{}
	for _, part := range o.parts {
		if len(part) > 3 && part[0].Text == "." && part[2].Text == "=" {
			fields[part[1].Text] = part[3:]
		}
	}
	return fields
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

// includes says whether a file includes one of that name.
func (c *cSources) includes(base string) bool {
	return slices.ContainsFunc(c.files, func(f *cFile) bool {
		return slices.ContainsFunc(f.toks, func(t cToken) bool {
			return t.isInclude() && (strings.Contains(t.Text, `"`+base+`"`) || strings.Contains(t.Text, "/"+base+`"`))
		})
	})
}
