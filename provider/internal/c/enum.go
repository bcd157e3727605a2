// SPDX-License-Identifier: Apache-2.0

package c

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/provider/internal/text"
	"github.com/resnics/verbsmith/specs/edit"
)

const endIf = "endif"

// Constant is one constant of an enum.
type Constant struct {
	Name       string
	Values     Values // possible values; several if an #if decides
	Alias      string // the other constant, in "NAME = OTHER"
	Depth      int    // number of open #if around it
	Start, End int    // from the name to the end of its value
}

// Enum is the definition of one enum.
type Enum struct {
	Consts   []Constant
	Next     Values // value of another constant at the end
	Comma    bool   // a comma follows the last constant
	LastEnd  int    // after the last constant or its comma
	Open     int    // offset of "{"
	Close    int    // offset of "}"
	LastCond int    // line of the last #if inside, 0 where there is none
}

// Find returns the index of a constant, -1 where there is none.
func (d *Enum) Find(name string) int {
	return slices.IndexFunc(d.Consts, func(e Constant) bool { return e.Name == name })
}

// Values are the possible values of a constant, sorted. Empty means unknown: its value is an
// expression that is not evaluated here.
type Values []int

// Only is the one value, if there is one.
func (s Values) Only() (int, bool) {
	if len(s) != 1 {
		return 0, false
	}
	return s[0], true
}

// Has reports whether it can be v.
func (s Values) Has(v int) bool { return slices.Contains(s, v) }

func (s Values) plus(n int) Values {
	out := make(Values, len(s))
	for i, v := range s {
		out[i] = v + n
	}
	return out
}

// union is unknown if either is.
func (s Values) union(t Values) Values {
	if len(s) == 0 || len(t) == 0 {
		return nil
	}
	all := append(slices.Clone(s), t...)
	slices.Sort(all)
	return slices.Compact(all)
}

// Describe returns the values in words; d is where they are from.
func (s Values) Describe(d *Enum) string {
	if len(s) == 0 {
		return "a value that the text does not determine"
	}
	words := make([]string, len(s))
	for i, v := range s {
		words[i] = strconv.Itoa(v)
	}
	said := strings.Join(words, " or ")
	if d.LastCond > 0 {
		said += fmt.Sprintf(", depending on the #if in line %d", d.LastCond)
	}
	return said
}

// enumParser walks over the tokens between the braces.
type enumParser struct {
	name  string
	file  string
	data  []byte
	toks  []Token
	def   *Enum
	conds []enumCond
	cur   Values
}

// enumCond is an open #if: the next value before it, and the possible ones after the branches
// so far.
type enumCond struct {
	before, after Values
	ended         bool // one branch has ended
	hasElse       bool
}

// ParseEnum finds the one definition of the enum in a file and reads its constants.
//
// Errors: *PlaceError.
func ParseEnum(file string, data []byte, name string) (*Enum, error) {
	toks, err := Scan(file, data)
	if err != nil {
		return nil, err
	}
	open, lines := 0, []int(nil)
	for i := 0; i+2 < len(toks); i++ {
		if toks[i].Text == "enum" && toks[i+1].Text == name && toks[i+2].Text == "{" {
			open, lines = i+2, append(lines, text.LineNumber(data, toks[i].Start))
		}
	}
	if err := text.OnePlace(file, "one definition enum "+name+" {", lines); err != nil {
		return nil, err
	}
	p := &enumParser{name: name, file: file, data: data, toks: toks[open+1:], cur: Values{0}}
	p.def = &Enum{Open: toks[open].Start, LastEnd: toks[open].End}
	return p.def, p.run(lines[0])
}

func (p *enumParser) fail(off int, lookedFor, found string) error {
	return &edit.PlaceError{File: p.file, Line: text.LineNumber(p.data, off), LookedFor: lookedFor, Found: found}
}

func (p *enumParser) run(line int) error {
	for len(p.toks) > 0 {
		t := p.toks[0]
		switch {
		case t.Kind == Directive:
			p.toks = p.toks[1:]
			if err := p.directive(t); err != nil {
				return err
			}
		case t.Text == "}":
			if len(p.conds) > 0 {
				return p.fail(t.Start, "#endif before the closing brace of enum "+p.name, "the brace inside an #if")
			}
			p.def.Close, p.def.Next = t.Start, p.cur
			return nil
		case t.Kind == Word && (t.Text[0] < '0' || t.Text[0] > '9'):
			if err := p.constant(); err != nil {
				return err
			}
		default:
			return p.fail(t.Start, "a constant of enum "+p.name+` or "}"`, strconv.Quote(t.Text))
		}
	}
	return &edit.PlaceError{
		File: p.file, Line: line,
		LookedFor: "the closing brace of enum " + p.name, Found: "the end of the file",
	}
}

// constant reads NAME [= value] [,].
func (p *enumParser) constant() error {
	t := p.toks[0]
	e := Constant{Name: t.Text, Start: t.Start, End: t.End, Depth: len(p.conds), Values: p.cur}
	if len(p.def.Consts) > 0 && !p.def.Comma {
		return p.fail(e.Start, `"," after `+p.def.Consts[len(p.def.Consts)-1].Name, strconv.Quote(e.Name))
	}
	p.toks = p.toks[1:]
	if p.sees("=") {
		expr, err := p.expression(e.Name)
		if err != nil {
			return err
		}
		if len(expr) > 0 {
			e.End = expr[len(expr)-1].End
		}
		e.Values, e.Alias = p.value(expr)
	}
	if len(p.toks) > 0 && p.toks[0].Kind != Directive && !p.sees(",") && !p.sees("}") {
		return p.fail(p.toks[0].Start, `"=", "," or "}" after `+e.Name, strconv.Quote(p.toks[0].Text))
	}
	p.def.Consts = append(p.def.Consts, e)
	p.cur, p.def.Comma, p.def.LastEnd = e.Values.plus(1), false, e.End
	if p.sees(",") {
		p.def.Comma, p.def.LastEnd = true, p.toks[0].End
		p.toks = p.toks[1:]
	}
	return nil
}

func (p *enumParser) sees(want string) bool { return len(p.toks) > 0 && p.toks[0].Text == want }

// expression takes the tokens after "=" up to the comma or brace that ends them.
func (p *enumParser) expression(name string) ([]Token, error) {
	var expr []Token
	depth := 0
	for p.toks = p.toks[1:]; len(p.toks) > 0; p.toks = p.toks[1:] {
		t := p.toks[0]
		if t.Kind == Directive {
			return nil, p.fail(t.Start, "the value of "+name+" on its own", "a preprocessor line inside it")
		}
		if depth == 0 && (t.Text == "," || t.Text == "}") {
			break
		}
		switch t.Text {
		case "(":
			depth++
		case ")":
			depth--
		}
		expr = append(expr, t)
	}
	return expr, nil
}

// value evaluates a number or another constant, in parentheses or with a minus; any other
// expression is unknown.
func (p *enumParser) value(expr []Token) (s Values, alias string) {
	for len(expr) > 2 && expr[0].Text == "(" && expr[len(expr)-1].Text == ")" {
		expr = expr[1 : len(expr)-1]
	}
	words := make([]string, len(expr))
	for i, t := range expr {
		words[i] = t.Text
	}
	written := strings.Join(words, " ")
	if digits, minus := strings.CutPrefix(written, "- "); minus {
		if n, ok := Number(digits); ok {
			return Values{-n}, ""
		}
	}
	if n, ok := Number(written); ok {
		return Values{n}, ""
	}
	return p.valueOf(written)
}

// valueOf returns the value of a constant that was defined before.
func (p *enumParser) valueOf(name string) (s Values, alias string) {
	for _, e := range p.def.Consts {
		if e.Name != name {
			continue
		}
		if alias != "" {
			return nil, "" // defined in several branches: which one cannot be determined
		}
		s, alias = e.Values, e.Name
	}
	return s, alias
}

// Number reads C's integer constants that fit an int.
func Number(literal string) (int, bool) {
	digits := strings.TrimRight(literal, "uUlL")
	n, err := strconv.ParseInt(digits, 0, 32)
	return int(n), err == nil && !strings.ContainsAny(digits, "_oO+-")
}

// directive follows #if, #else and #endif; any other line changes nothing.
func (p *enumParser) directive(t Token) error {
	word := strings.TrimLeft(t.Text[1:], " \t")
	if i := strings.IndexFunc(word, func(r rune) bool { return r < 'a' || r > 'z' }); i >= 0 {
		word = word[:i]
	}
	switch word {
	case "if", "ifdef", "ifndef":
		p.conds = append(p.conds, enumCond{before: p.cur})
		p.def.LastCond = text.LineNumber(p.data, t.Start)
		return nil
	case "elif", "elifdef", "elifndef", "else", endIf:
	default:
		return nil
	}
	if len(p.conds) == 0 {
		return p.fail(t.Start, "an open #if inside enum "+p.name, "#"+word)
	}
	c := &p.conds[len(p.conds)-1]
	if c.ended {
		c.after = c.after.union(p.cur)
	} else {
		c.after, c.ended = p.cur, true
	}
	if word != endIf {
		p.cur, c.hasElse = c.before, word == "else"
		return nil
	}
	p.cur = c.after
	if !c.hasElse {
		p.cur = p.cur.union(c.before)
	}
	p.conds = p.conds[:len(p.conds)-1]
	return nil
}
