// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"

	rpmutils "github.com/sassoftware/go-rpmutils"

	"github.com/resnics/verbsmith/specs/edit"
)

// value is what an expression gives: a number, a text in quotation marks, or a version.
type value struct {
	number int64
	text   string
	quoted bool
	// version is true for v"1.2", which is for comparing only.
	version bool
}

// kind tells numbers, texts and versions apart: an operator has operands of one.
func (v value) kind() [2]bool { return [2]bool{v.quoted, v.version} }

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

// evaluate expands an expression and gives its value, as rpm does after %if and in
// %[...] (rpmio/expression.c; build/expression.c up to 4.14): numbers, quoted texts,
// versions as v"1.2", ! && || == != < > <= >= + - * /, the ternary operator, and
// parentheses. && and || have one precedence and give the operand that decides. A word
// is a text up to rpm 4.15, and an error from 4.16 on. The error is an
// *UnknownMacroError, or a *newerError for what only a newer rpm understands.
func (t *macroTable) evaluate(text string) (value, error) {
	plain, err := t.expandIn(text)
	if err != nil {
		return value{}, err
	}
	e := &expression{tokens: tokenForm.FindAllString(plain, -1), rpm: t.rpm}
	left := strings.TrimSpace(tokenForm.ReplaceAllString(plain, ""))
	switch {
	case left == "":
	case t.rpm.before(rpm416) && strings.Contains(plain, "%["):
		return value{}, &newerError{construct: "%[...]"}
	default:
		return value{}, &UnknownMacroError{Macro: strings.TrimSpace(text), Why: "not an expression: " + edit.Quote(left)}
	}
	v := e.ternary()
	if e.newer != "" {
		return value{}, &newerError{construct: e.newer}
	}
	if e.failed || e.at < len(e.tokens) {
		why := "not an expression: " + edit.Quote(strings.TrimSpace(plain))
		return value{}, &UnknownMacroError{Macro: strings.TrimSpace(text), Why: why}
	}
	return v, nil
}

// newerError says that an expression has what rpm knows from 4.16 on.
type newerError struct{ construct string }

func (e *newerError) Error() string {
	return edit.CutTo(e.construct, mostBeside) + " is known from rpm 4.16 on"
}

var tokenForm = regexp.MustCompile(`[0-9]+|v?"[^"]*"|[A-Za-z]\w*|&&|\|\||[=!<>]=|[-!<>+*/()?:]`)

// plainVersion is a version of which the order is the same in all of rpm's versions:
// EL 8's does not know the caret. With an epoch or a release it would be more than one.
var plainVersion = regexp.MustCompile(`^[A-Za-z0-9._+~]+$`)

// expression is a parser by recursive descent, one method for each precedence.
type expression struct {
	tokens []string
	at     int
	depth  int
	failed bool
	rpm    RPM
	// newer is the first construct that this rpm does not know.
	newer string
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

// from416 fails where the rpm is older than 4.16.
func (e *expression) from416(construct string) {
	if e.rpm.before(rpm416) && !e.failed {
		e.newer, e.failed = construct, true
	}
}

func (e *expression) ternary() value {
	if e.depth++; e.depth > 100 {
		return e.fail()
	}
	defer func() { e.depth-- }()
	v := e.logical()
	if e.accept("?") == "" {
		return v
	}
	e.from416("the operator ?")
	yes := e.ternary()
	if e.accept(":") == "" {
		return e.fail()
	}
	no := e.ternary()
	if yes.kind() != no.kind() {
		return e.fail()
	}
	if v.truth() {
		return yes
	}
	return no
}

func (e *expression) logical() value {
	v := e.compared()
	for {
		op := e.accept("&&", "||")
		if op == "" {
			return v
		}
		w := e.compared()
		switch {
		case v.kind() != w.kind():
			return e.fail()
		case v.quoted:
			e.from416(op + " between texts")
		}
		if v.truth() == (op == "&&") {
			v = w
		}
	}
}

func (e *expression) compared() value {
	v := e.sum()
	for {
		op := e.accept("==", "!=", "<=", ">=", "<", ">")
		if op == "" {
			return v
		}
		w := e.sum()
		if v.kind() != w.kind() {
			return e.fail()
		}
		v = v.compare(w, op)
	}
}

// compare returns the truth of "v op w", which are of one kind.
func (v value) compare(w value, op string) value {
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
		v := e.single()
		if v.quoted {
			e.from416("! before a text")
		}
		return truthValue(!v.truth())
	case e.accept("-") != "":
		v := e.single()
		if v.quoted || v.version {
			return e.fail()
		}
		return numberValue(-v.number)
	case e.accept("(") != "":
		v := e.ternary()
		if e.accept(")") == "" {
			return e.fail()
		}
		return v
	default:
		return e.literal(token)
	}
}

// literal reads a version, a text or a number.
func (e *expression) literal(token string) value {
	switch {
	case strings.HasPrefix(token, `v"`):
		e.from416(token)
		e.at++
		if !plainVersion.MatchString(token[2 : len(token)-1]) {
			return e.fail()
		}
		return value{text: token[2 : len(token)-1], version: true}
	case token[0] == '"':
		e.at++
		return value{text: token[1 : len(token)-1], quoted: true}
	case token[0] >= 'A' && e.rpm.before(rpm416):
		e.at++
		return value{text: token, quoted: true}
	}
	n, err := strconv.ParseInt(token, 10, 64)
	if err != nil {
		return e.fail()
	}
	e.at++
	return numberValue(n)
}
