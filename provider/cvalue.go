// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"math"
	"strconv"
	"strings"
)

// What following names may cost: macros can name each other, and grow.
const (
	maxCSteps = 32       // names that follow each other
	maxCNames = 1000     // names that are looked up for one value
	maxCText  = 64 << 10 // bytes that a macro may become
)

// valueReader counts the names that it looks up.
type valueReader struct {
	*cSources

	names int
}

// value gives the number that tokens stand for: constants, names of the
// provider's own macros and enums, and both in parentheses or with a minus. Any
// other expression, and a name that is defined in several ways, has none.
func (c *cSources) value(toks []cToken) (int64, bool) {
	return (&valueReader{cSources: c}).valueIn(toks, maxCSteps)
}

func (s *valueReader) valueIn(toks []cToken, steps int) (int64, bool) {
	for len(toks) > 2 && toks[0].Text == "(" && closing(toks, 0) == len(toks)-1 {
		toks = toks[1 : len(toks)-1]
	}
	if len(toks) > 1 && toks[0].Text == "-" {
		n, ok := s.valueIn(toks[1:], steps)
		return -n, ok
	}
	if steps == 0 || len(toks) != 1 || toks[0].Kind != cWord {
		return 0, false
	}
	word := toks[0].Text
	if n, err := strconv.ParseInt(strings.TrimRight(word, "uUlL"), 0, 64); err == nil && !strings.ContainsAny(word, "_oO") {
		return n, true
	}
	return s.named(word, steps-1)
}

func (s *valueReader) named(word string, steps int) (int64, bool) {
	if s.names++; s.names > maxCNames {
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
		n, ok := s.valueIn(scanText(m.body), steps)
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

// word follows a single word through macros that stand for a single word.
func (c *cSources) word(toks []cToken) (string, bool) {
	for range maxCSteps {
		if len(toks) != 1 || toks[0].Kind != cWord {
			return "", false
		}
		defs := c.macros[toks[0].Text]
		if len(defs) == 0 {
			return toks[0].Text, true
		}
		if len(defs) > 1 || defs[0].function {
			return "", false
		}
		toks = scanText(defs[0].body)
	}
	return "", false
}

// text is the string that string constants, or a macro of such, stand for, ""
// where it cannot be told.
func (c *cSources) text(toks []cToken) string {
	for range maxCSteps {
		if len(toks) != 1 || toks[0].Kind != cWord {
			break
		}
		defs := c.macros[toks[0].Text]
		if len(defs) != 1 || defs[0].function {
			return ""
		}
		toks = scanText(defs[0].body)
	}
	var b strings.Builder
	for _, t := range toks {
		part, err := strconv.Unquote(t.Text)
		if t.Kind != cText || t.Text[0] != '"' || err != nil {
			return ""
		}
		b.WriteString(part)
	}
	return b.String()
}

// call takes NAME(a, b) apart: its name and arguments.
func call(toks []cToken) (name string, args [][]cToken, ok bool) {
	if len(toks) < 3 || toks[0].Kind != cWord || toks[1].Text != "(" || closing(toks, 1) != len(toks)-1 {
		return "", nil, false
	}
	return toks[0].Text, splitC(toks[2 : len(toks)-1]), true
}

// expand replaces a macro of the provider's own by what it stands for, as the
// preprocessor does, as often as there is one. ok is false where the meaning
// cannot be told.
func (c *cSources) expand(toks []cToken) (out []cToken, ok bool) {
	for range maxCSteps {
		if len(toks) == 0 || toks[0].Kind != cWord {
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
			toks = append(scanText(m.body), toks[1:]...)
			continue
		}
		_, args, isCall := call(toks)
		if !isCall || len(args) != len(m.params) {
			return nil, false
		}
		text, ok := m.apply(args)
		if !ok {
			return nil, false
		}
		toks = scanText(text)
	}
	return nil, false
}

// apply puts arguments into the body, with ## joining what is beside it. ok is
// false where that becomes too long.
func (m cMacro) apply(args [][]cToken) (string, bool) {
	var b strings.Builder
	body := scanText(m.body)
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
			if t.Kind == cWord && param == t.Text {
				text = textOf(args[n])
			}
		}
		b.WriteString(text)
		if b.Len() > maxCText {
			return "", false
		}
	}
	return b.String(), true
}
