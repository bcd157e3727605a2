// SPDX-License-Identifier: Apache-2.0

package c

import (
	"path"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/provider/internal/text"
)

// File is a scanned C file.
type File struct {
	Name   string // in its directory
	Path   string // for messages
	Data   []byte
	Tokens []Token
}

// Problem is a SourceError at an offset of the file.
func (f *File) Problem(off int, want, got string) error {
	return text.ErrorAt(f.Path, f.Data, off, want, got)
}

// macro is one #define.
type macro struct {
	params   []string
	function bool // has a list of parameters, maybe an empty one
	body     string
}

// Sources are C files that belong together, with all their definitions. Preprocessor conditions
// are not evaluated: a name that two branches define differently has no known meaning.
type Sources struct {
	Files  []*File
	macros map[string][]macro
	enums  map[string][]enumValue
}

// enumValue is the value of an enum's constant: base + offset.
type enumValue struct {
	base   []Token
	offset int64
}

// NewSources returns none.
func NewSources() *Sources {
	return &Sources{macros: map[string][]macro{}, enums: map[string][]enumValue{}}
}

// ScanFile scans a file. name is its path in its directory, file its name in messages.
//
// Errors: *PlaceError.
func ScanFile(name, file string, data []byte) (*File, error) {
	toks, err := Scan(file, data)
	return &File{Name: name, Path: file, Data: data, Tokens: toks}, err
}

// Add scans a file and adds it.
//
// Errors: *PlaceError; then the file is not added.
func (c *Sources) Add(name, file string, data []byte) error {
	f, err := ScanFile(name, file, data)
	if err != nil {
		return err
	}
	c.Files = append(c.Files, f)
	c.define(f)
	return nil
}

// Defines reports whether a word is a macro's or a constant's name.
func (c *Sources) Defines(word string) bool { return len(c.macros[word])+len(c.enums[word]) > 0 }

func (c *Sources) define(f *File) {
	for i, t := range f.Tokens {
		switch {
		case t.Kind == Directive:
			if name, m, ok := parseDefine(t.Text); ok && !slices.ContainsFunc(c.macros[name], m.same) {
				c.macros[name] = append(c.macros[name], m)
			}
		case t.Text == "enum":
			c.defineEnum(f.Tokens[i+1:])
		}
	}
}

func (m macro) same(o macro) bool {
	return m.function == o.function && m.body == o.body && slices.Equal(m.params, o.params)
}

// parseDefine reads "#define NAME body" and "#define NAME(a, b) body".
func parseDefine(line string) (string, macro, bool) {
	toks, err := Scan("", []byte(Unfold(line)[1:]))
	if err != nil || len(toks) < 2 || toks[0].Text != "define" || toks[1].Kind != Word {
		return "", macro{}, false
	}
	name, rest, m := toks[1], toks[2:], macro{}
	if len(rest) > 0 && rest[0].Text == "(" && rest[0].Start == name.End {
		m.function = true
		for rest = rest[1:]; len(rest) > 0 && rest[0].Text != ")"; rest = rest[1:] {
			if rest[0].Kind == Word {
				m.params = append(m.params, rest[0].Text)
			}
		}
		rest = rest[min(1, len(rest)):]
	}
	m.body = Join(rest)
	return name.Text, m, true
}

// Definition returns the body of a #define, nil if it is not one or has none.
func (t Token) Definition() []Token {
	if t.Kind != Directive {
		return nil
	}
	_, m, _ := parseDefine(t.Text)
	return ScanText(m.body)
}

// Unfold makes one line of a line with continuations.
func Unfold(line string) string {
	return strings.NewReplacer("\\\r\n", " ", "\\\n", " ").Replace(line)
}

// Join joins tokens, with a space where one is needed or was.
func Join(toks []Token) string {
	var b strings.Builder
	for i, t := range toks {
		if i > 0 && (toks[i-1].End != t.Start) {
			b.WriteByte(' ')
		}
		b.WriteString(t.Text)
	}
	return b.String()
}

// defineEnum reads the constants after "enum": [tag] { A, B = 3, C }.
func (c *Sources) defineEnum(toks []Token) {
	if len(toks) > 0 && toks[0].Kind == Word {
		toks = toks[1:]
	}
	if len(toks) == 0 || toks[0].Text != "{" {
		return
	}
	end := Closing(toks, 0)
	if end < 0 {
		return
	}
	cur := enumValue{base: []Token{{Kind: Word, Text: "0"}}}
	for _, part := range Split(Code(toks[1:end])) {
		if len(part) == 0 || part[0].Kind != Word {
			continue
		}
		if len(part) > 2 && part[1].Text == "=" {
			cur = enumValue{base: part[2:]}
		}
		c.enums[part[0].Text] = append(c.enums[part[0].Text], cur)
		cur.offset++
	}
}

// Code leaves out preprocessor lines.
func Code(toks []Token) []Token {
	if !slices.ContainsFunc(toks, func(t Token) bool { return t.Kind == Directive }) {
		return toks
	}
	return slices.DeleteFunc(slices.Clone(toks), func(t Token) bool { return t.Kind == Directive })
}

// Closing returns the index of the bracket that closes the one at index open, -1 if there is
// none.
func Closing(toks []Token, open int) int {
	depth := 0
	for i := open; i < len(toks); i++ {
		if toks[i].Kind != Punct {
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

// Split cuts tokens at the commas outside brackets. An empty last part,
// after a last comma, is left out.
func Split(toks []Token) [][]Token {
	var parts [][]Token
	depth, from := 0, 0
	for i, t := range toks {
		if t.Kind != Punct {
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

// Outside calls see for each token that is in no bracket at all.
func (f *File) Outside(see func(i int)) {
	depth := 0
	for i, t := range f.Tokens {
		if t.Kind == Punct {
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

// Object is an initialized object: struct TYPE NAME = { parts }.
type Object struct {
	File     *File
	At       int       // offset of its name
	name     int       // the token that is its name
	End      int       // offset of the closing brace
	parts    [][]Token // between the commas
	size     []Token   // between the brackets after its name, if it has some
	Included bool      // an #include is among them
}

// Object finds the initializer of struct typ name.
func (c *Sources) Object(typ, name string) (*Object, bool) {
	for _, f := range c.Files {
		for i := range f.Tokens {
			if f.Tokens[i].Text != typ {
				continue
			}
			if o, ok := c.objectAt(f, i); ok && f.Tokens[o.name].Text == name {
				return o, true
			}
		}
	}
	return nil, false
}

// objectAt is the initializer of the object whose type is the token i of a file.
func (c *Sources) objectAt(f *File, i int) (*Object, bool) {
	name := i + 1
	for name < len(f.Tokens) && (f.Tokens[name].Text == "const" || f.Tokens[name].Text == "volatile") {
		name++
	}
	if name >= len(f.Tokens) || f.Tokens[name].Kind != Word {
		return nil, false
	}
	open := f.behindDeclarator(name + 1)
	if open+1 >= len(f.Tokens) || f.Tokens[open].Text != "=" || f.Tokens[open+1].Text != "{" {
		return nil, false
	}
	end := Closing(f.Tokens, open+1)
	if end < 0 {
		return nil, false
	}
	inner := f.Tokens[open+2 : end]
	var size []Token
	if last := Closing(f.Tokens[:open], name+1); last > 0 && f.Tokens[name+1].Text == "[" {
		size = f.Tokens[name+2 : last]
	}
	return &Object{
		size: size, File: f, name: name, At: f.Tokens[name].Start, End: f.Tokens[end].Start, parts: Split(Code(inner)),
		Included: slices.ContainsFunc(inner, Token.IsInclude),
	}, true
}

// behindDeclarator returns the token after a size and attributes, which begin at a token.
func (f *File) behindDeclarator(at int) int {
	for at < len(f.Tokens) && !slices.Contains([]string{"=", ";", "{", ")", ","}, f.Tokens[at].Text) {
		if f.Tokens[at].Text == "(" || f.Tokens[at].Text == "[" {
			at = max(at, Closing(f.Tokens, at))
		}
		at++
	}
	return at
}

// Fields returns the tokens of each member that the initializer designates: .name = value.
func (o *Object) Fields() map[string][]Token {
	fields := map[string][]Token{}
	for _, part := range o.parts {
		if len(part) > 3 && part[0].Text == "." && part[2].Text == "=" {
			fields[part[1].Text] = part[3:]
		}
	}
	return fields
}

// InMacro reports whether a word is in the body of a macro, which may define it.
func (c *Sources) InMacro(word string) bool {
	for _, defs := range c.macros {
		for _, m := range defs {
			if slices.ContainsFunc(ScanText(m.body), func(t Token) bool { return t.Text == word }) {
				return true
			}
		}
	}
	return false
}

// ScanText scans text as far as possible.
func ScanText(source string) []Token {
	toks, err := Scan("", []byte(source))
	if err != nil {
		return nil
	}
	return toks
}

// Includes reports whether a file includes one of that name.
func (c *Sources) Includes(base string) bool {
	return slices.ContainsFunc(c.Files, func(f *File) bool {
		return slices.ContainsFunc(f.Tokens, func(t Token) bool {
			return path.Base(t.Included()) == base
		})
	})
}
