// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"

	rpmutils "github.com/sassoftware/go-rpmutils"
)

// value is what an expression gives: a number, a text in quotation marks, or a version.
type value struct {
	number int64
	text   string
	quoted bool
	// version is true for v"1.2", which is for comparing only.
	version bool
}

func (v value) truth() bool {
	if v.version {
		return false // as boolifyValue() has it
	}
	if v.quoted {
		return v.text != ""
	}
	return v.number != 0
}

func numberValue(n int64) value { return value{number: n, text: strconv.FormatInt(n, 10)} }

func truthValue(b bool) value {
	if b {
		return numberValue(1)
	}
	return numberValue(0)
}

// evaluate expands an expression and gives its value, as rpm does behind %if and in
// %[...] (rpmio/expression.c): numbers, quoted texts, versions as v"1.2" (since 4.16),
// ! && || == != < > <= >= + - * /,
// the ternary operator, and parentheses. A word that is neither has been an error
// since rpm 4.16. The error is an *UnknownMacroError.
func (t *macroTable) evaluate(text string) (value, error) {
	plain, err := t.expandIn(text)
	if err != nil {
		return value{}, err
	}
	e := &expression{tokens: tokenForm.FindAllString(plain, -1)}
	if left := strings.TrimSpace(tokenForm.ReplaceAllString(plain, "")); left != "" {
		return value{}, &UnknownMacroError{Macro: strings.TrimSpace(text), Why: "no expression: " + strconv.Quote(left)}
	}
	v := e.ternary()
	if e.failed || e.at < len(e.tokens) {
		return value{}, &UnknownMacroError{Macro: strings.TrimSpace(text), Why: "no expression: " + strconv.Quote(strings.TrimSpace(plain))}
	}
	return v, nil
}

var tokenForm = regexp.MustCompile(`[0-9]+|v?"[^"]*"|&&|\|\||[=!<>]=|[-!<>+*/()?:]`)

// plainVersion is a version of which the order is the same in all of rpm's versions:
// EL 8's does not know the caret. With an epoch or a release it would be more than one.
var plainVersion = regexp.MustCompile(`^[A-Za-z0-9._+~]+$`)

// expression is a parser by recursive descent, one method for each precedence.
type expression struct {
	tokens []string
	at     int
	depth  int
	failed bool
}

func (e *expression) accept(tokens ...string) string {
	if e.at < len(e.tokens) {
		for _, t := range tokens {
			if e.tokens[e.at] == t {
				e.at++
				return t
			}
		}
	}
	return ""
}

func (e *expression) fail() value {
	e.failed = true
	return value{}
}

func (e *expression) ternary() value {
	if e.depth++; e.depth > 100 {
		return e.fail()
	}
	defer func() { e.depth-- }()
	v := e.either()
	if e.accept("?") == "" {
		return v
	}
	yes := e.ternary()
	if e.accept(":") == "" {
		return e.fail()
	}
	no := e.ternary()
	if v.truth() {
		return yes
	}
	return no
}

func (e *expression) either() value {
	v := e.both()
	for e.accept("||") != "" {
		w := e.both()
		v = truthValue(v.truth() || w.truth())
	}
	return v
}

func (e *expression) both() value {
	v := e.compared()
	for e.accept("&&") != "" {
		w := e.compared()
		v = truthValue(v.truth() && w.truth())
	}
	return v
}

func (e *expression) compared() value {
	v := e.sum()
	op := e.accept("==", "!=", "<=", ">=", "<", ">")
	if op == "" {
		return v
	}
	w := e.sum()
	if v.quoted != w.quoted || v.version != w.version {
		return e.fail()
	}
	d := cmp.Compare(v.number, w.number)
	switch {
	case v.version:
		d = rpmutils.Vercmp(v.text, w.text)
	case v.quoted:
		d = strings.Compare(v.text, w.text)
	}
	return truthValue(map[string]bool{"==": d == 0, "!=": d != 0, "<": d < 0, ">": d > 0, "<=": d <= 0, ">=": d >= 0}[op])
}

func (e *expression) sum() value {
	v := e.product()
	for {
		op := e.accept("+", "-")
		if op == "" {
			return v
		}
		w := e.product()
		switch {
		case v.version || w.version:
			return e.fail()
		case v.quoted && w.quoted && op == "+":
			v.text += w.text
		case v.quoted || w.quoted:
			return e.fail()
		case op == "+":
			v = numberValue(v.number + w.number)
		default:
			v = numberValue(v.number - w.number)
		}
	}
}

func (e *expression) product() value {
	v := e.single()
	for {
		op := e.accept("*", "/")
		if op == "" {
			return v
		}
		w := e.single()
		if v.quoted || w.quoted || v.version || w.version || op == "/" && w.number == 0 {
			return e.fail()
		}
		if op == "*" {
			v = numberValue(v.number * w.number)
		} else {
			v = numberValue(v.number / w.number)
		}
	}
}

func (e *expression) single() value {
	if e.depth++; e.depth > 100 || e.failed || e.at >= len(e.tokens) {
		return e.fail()
	}
	defer func() { e.depth-- }()
	switch token := e.tokens[e.at]; {
	case e.accept("!") != "":
		return truthValue(!e.single().truth())
	case e.accept("-") != "":
		return numberValue(-e.single().number)
	case e.accept("(") != "":
		v := e.ternary()
		if e.accept(")") == "" {
			return e.fail()
		}
		return v
	case token[0] == 'v':
		e.at++
		if !plainVersion.MatchString(token[2 : len(token)-1]) {
			return e.fail()
		}
		return value{text: token[2 : len(token)-1], version: true}
	case token[0] == '"':
		e.at++
		return value{text: token[1 : len(token)-1], quoted: true}
	default:
		n, err := strconv.ParseInt(token, 10, 64)
		if err != nil {
			return e.fail()
		}
		e.at++
		return numberValue(n)
	}
}
