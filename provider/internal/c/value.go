// SPDX-License-Identifier: Apache-2.0

package c

import (
	"math"
	"strconv"
	"strings"
)

// Limits for expanding names: macros can refer to each other, and grow.
const (
	maxSteps = 32       // names that follow each other
	maxNames = 1000     // names that are looked up for one value
	maxText  = 64 << 10 // bytes that a macro may become
)

// valueReader counts the names that it looks up.
type valueReader struct {
	*Sources

	names int
}

// Value returns the number that tokens evaluate to: constants, and names of the provider's own
// macros and enums, in parentheses or with a minus. Any other expression, and a name with
// several definitions, has none.
func (c *Sources) Value(toks []Token) (int64, bool) {
	return (&valueReader{Sources: c}).valueIn(toks, maxSteps)
}

func (s *valueReader) valueIn(toks []Token, steps int) (int64, bool) {
	for len(toks) > 2 && toks[0].Text == "(" && Closing(toks, 0) == len(toks)-1 {
		toks = toks[1 : len(toks)-1]
	}
	if len(toks) > 1 && toks[0].Text == "-" {
		n, ok := s.valueIn(toks[1:], steps)
		return -n, ok
	}
	if steps == 0 || len(toks) != 1 || toks[0].Kind != Word {
		return 0, false
	}
	word := toks[0].Text
	if n, err := strconv.ParseInt(strings.TrimRight(word, "uUlL"), 0, 64); err == nil && !strings.ContainsAny(word, "_oO") {
		return n, true
	}
	return s.named(word, steps-1)
}

func (s *valueReader) named(word string, steps int) (int64, bool) {
	if s.names++; s.names > maxNames {
		return 0, false
	}
	switch word {
	case "INT_MAX", "INT32_MAX":
		return math.MaxInt32, true
	case "UINT_MAX", "UINT32_MAX":
		return math.MaxUint32, true
	}
	var values []int64
	for _, m := range s.macros[word] {
		n, ok := s.valueIn(ScanText(m.body), steps)
		if m.function || !ok {
			return 0, false
		}
		values = append(values, n)
	}
	for _, e := range s.enums[word] {
		n, ok := s.valueIn(e.base, steps)
		if !ok {
			return 0, false
		}
		values = append(values, n+e.offset)
	}
	if len(values) == 0 {
		return 0, false
	}
	for _, n := range values {
		if n != values[0] {
			return 0, false
		}
	}
	return values[0], true
}

// Word expands a single word through macros that are single words.
func (c *Sources) Word(toks []Token) (string, bool) {
	for range maxSteps {
		if len(toks) != 1 || toks[0].Kind != Word {
			return "", false
		}
		defs := c.macros[toks[0].Text]
		if len(defs) == 0 {
			return toks[0].Text, true
		}
		if len(defs) > 1 || defs[0].function {
			return "", false
		}
		toks = ScanText(defs[0].body)
	}
	return "", false
}

// Text is the value of string constants, or of a macro of these, "" if it cannot be determined.
func (c *Sources) Text(toks []Token) string {
	for range maxSteps {
		if len(toks) != 1 || toks[0].Kind != Word {
			break
		}
		defs := c.macros[toks[0].Text]
		if len(defs) != 1 || defs[0].function {
			return ""
		}
		toks = ScanText(defs[0].body)
	}
	var b strings.Builder
	for _, t := range toks {
		part, err := strconv.Unquote(t.Text)
		if t.Kind != Text || t.Text[0] != '"' || err != nil {
			return ""
		}
		b.WriteString(part)
	}
	return b.String()
}

// Call splits NAME(a, b) into its name and arguments.
func Call(toks []Token) (name string, args [][]Token, ok bool) {
	if len(toks) < 3 || toks[0].Kind != Word || toks[1].Text != "(" || Closing(toks, 1) != len(toks)-1 {
		return "", nil, false
	}
	return toks[0].Text, Split(toks[2 : len(toks)-1]), true
}

// expand expands the provider's own macros repeatedly, like the preprocessor. ok is false if
// the result cannot be determined.
func (c *Sources) expand(toks []Token) (out []Token, ok bool) {
	for range maxSteps {
		if len(toks) == 0 || toks[0].Kind != Word {
			return toks, true
		}
		defs := c.macros[toks[0].Text]
		if len(defs) == 0 {
			return toks, true
		}
		m := defs[0]
		if len(defs) > 1 {
			return nil, false
		}
		if !m.function {
			toks = append(ScanText(m.body), toks[1:]...)
			continue
		}
		_, args, isCall := Call(toks)
		if !isCall || len(args) != len(m.params) {
			return nil, false
		}
		text, ok := m.apply(args)
		if !ok {
			return nil, false
		}
		toks = ScanText(text)
	}
	return nil, false
}

// apply substitutes arguments in the body and joins tokens at ##. ok is false if the result is
// too long.
func (m macro) apply(args [][]Token) (string, bool) {
	var b strings.Builder
	body := ScanText(m.body)
	for i, t := range body {
		joined := i > 1 && body[i-1].Text == "#" && body[i-2].Text == "#"
		switch {
		case t.Text == "#" && (i > 0 && body[i-1].Text == "#" || i+1 < len(body) && body[i+1].Text == "#"):
			continue
		case !joined:
			b.WriteByte(' ')
		}
		text := t.Text
		for n, param := range m.params {
			if t.Kind == Word && param == t.Text {
				text = Join(args[n])
			}
		}
		b.WriteString(text)
		if b.Len() > maxText {
			return "", false
		}
	}
	return b.String(), true
}
