// SPDX-License-Identifier: Apache-2.0

package driverapi

import (
	"regexp"
	"slices"
	"strings"
)

// Kinds of what a header declares.
const (
	KindFunction = "function"
	KindStruct   = "struct"
	KindMember   = "member"
	KindConstant = "constant" // an enumerator or a macro
)

// Name identifies an item; a member is identified within its structure.
type Name struct {
	Kind string
	In   string // the structure of a member
	Name string
}

// Declaration is a header's declaration of a name.
type Declaration struct {
	// Arguments are the argument types, without names, of a function or a pointer to one; nil
	// for other items.
	Arguments []string
	// Type is a function's result or a member's type, without its name.
	Type string
	// At is the place of a member in its structure, from 0.
	At int
}

// Header holds the declarations of one header.
type Header map[Name]Declaration

var (
	comments   = regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*`)
	joined     = regexp.MustCompile(`\\\r?\n`)
	macros     = regexp.MustCompile(`(?m)^[ \t]*#[ \t]*define[ \t]+([A-Za-z_]\w*)`)
	directives = regexp.MustCompile(`(?m)^[ \t]*#.*$`)
	linkage    = regexp.MustCompile(`extern\s+"C"\s*\{`)
	tokens     = regexp.MustCompile(`[A-Za-z_]\w*|\d\w*|"[^"\n]*"|'[^'\n]*'|\.\.\.|[^\s]`)
	words      = regexp.MustCompile(`^[A-Za-z_]\w*$`)
)

// ParseHeader reads a C header in rdma-core's style: declarations of functions, structures and
// enumerations at file level, and macros. Anything else is skipped.
func ParseHeader(text string) Header {
	h := Header{}
	text = comments.ReplaceAllString(text, " ")
	text = joined.ReplaceAllString(text, " ")
	for _, m := range macros.FindAllStringSubmatch(text, -1) {
		h[Name{Kind: KindConstant, Name: m[1]}] = Declaration{}
	}
	text = linkage.ReplaceAllString(directives.ReplaceAllString(text, ""), "")
	for _, statement := range statements(tokens.FindAllString(text, -1)) {
		h.declare(statement)
	}
	return h
}

// statements splits tokens at semicolons and function bodies outside brackets.
func statements(all []string) [][]string {
	var out [][]string
	depth, from := 0, 0
	for i, t := range all {
		switch t {
		case "(", "{", "[":
			depth++
		case ")", "}", "]":
			depth = max(depth-1, 0)
		}
		if depth > 0 || t != ";" && (t != "}" || !isBody(all[from:i])) {
			continue
		}
		if i > from {
			out = append(out, all[from:i])
		}
		from = i + 1
	}
	return out
}

// isBody reports whether the brace that ends a statement is a function's.
func isBody(statement []string) bool {
	open := slices.Index(statement, "{")
	return open > 0 && statement[open-1] == ")"
}

func (h Header) declare(s []string) {
	open := slices.Index(s, "{")
	switch {
	case s[0] == "enum" && open >= 0:
		for _, e := range split(inside(s, open), ",") {
			h[Name{Kind: KindConstant, Name: e[0]}] = Declaration{}
		}
	case s[0] == "struct" && open == 2:
		h[Name{Kind: KindStruct, Name: s[1]}] = Declaration{}
		for at, member := range statements(append(inside(s, open), ";")) {
			h.member(s[1], at, member)
		}
	default:
		if name, d, ok := function(s); ok {
			h[Name{Kind: KindFunction, Name: name}] = d
		}
	}
}

// member declares a structure's member; those of an unnamed union or structure
// are the structure's own.
func (h Header) member(in string, at int, s []string) {
	if open := slices.Index(s, "{"); open >= 0 {
		if s[len(s)-1] == "}" {
			for _, m := range statements(append(inside(s, open), ";")) {
				h.member(in, at, m)
			}
			return
		}
		h[Name{Kind: KindMember, In: in, Name: s[len(s)-1]}] = Declaration{Type: "nested", At: at}
		return
	}
	if n := pointerName(s); n > 0 {
		d := Declaration{Type: text(s[:n-2]), Arguments: arguments(inside(s, n+2)), At: at}
		h[Name{Kind: KindMember, In: in, Name: s[n]}] = d
		return
	}
	for n, declarator := range split(s, ",") {
		declared, array, _ := cut(declarator, "[")
		last := len(declared) - 1
		if last < 0 || !words.MatchString(declared[last]) {
			continue
		}
		kind := text(append(slices.Clone(declared[:last]), array...))
		if n > 0 { // int a, b: the type is before the first
			kind = text(declared[:last])
		}
		h[Name{Kind: KindMember, In: in, Name: declared[last]}] = Declaration{Type: kind, At: at}
	}
}

// pointerName finds the name in "TYPE (*NAME)(ARGUMENTS)", -1 if s is not a pointer to a
// function.
func pointerName(s []string) int {
	for i := 1; i+3 < len(s); i++ {
		if s[i-1] == "(" && s[i] == "*" && words.MatchString(s[i+1]) && s[i+2] == ")" && s[i+3] == "(" {
			return i + 1
		}
	}
	return -1
}

// function reads "TYPE NAME(ARGUMENTS)", with or without a body.
func function(s []string) (name string, d Declaration, ok bool) {
	open := slices.Index(s, "(")
	if open < 2 || !words.MatchString(s[open-1]) || s[0] == "typedef" {
		return "", d, false
	}
	kind := slices.DeleteFunc(slices.Clone(s[:open-1]), func(t string) bool {
		return t == "extern" || t == "static" || t == "inline"
	})
	if len(kind) == 0 {
		return "", d, false
	}
	return s[open-1], Declaration{Type: text(kind), Arguments: arguments(inside(s, open))}, true
}

func arguments(s []string) []string {
	out := []string{}
	for _, arg := range split(s, ",") {
		if text(arg) == "void" {
			continue
		}
		out = append(out, argument(arg))
	}
	return out
}

// argument is an argument's type without its name; an array is a pointer.
func argument(s []string) string {
	s, _, array := cut(s, "[")
	if n := len(s); n > 1 && words.MatchString(s[n-1]) && !slices.Contains([]string{"struct", "enum", "union"}, s[n-2]) {
		s = s[:n-1]
	}
	if array {
		return text(append(slices.Clone(s), "*"))
	}
	return text(s)
}

// inside returns the tokens between the bracket at open and its closing one.
func inside(s []string, open int) []string {
	depth := 0
	for i := open; i < len(s); i++ {
		switch s[i] {
		case "(", "{", "[":
			depth++
		case ")", "}", "]":
			depth--
		}
		if depth == 0 {
			return slices.Clone(s[open+1 : i])
		}
	}
	return slices.Clone(s[min(open+1, len(s)):])
}

// split splits at a sign outside brackets; empty parts are omitted.
func split(s []string, sign string) [][]string {
	var out [][]string
	depth, from := 0, 0
	for i, t := range append(slices.Clone(s), sign) {
		switch t {
		case "(", "{", "[":
			depth++
		case ")", "}", "]":
			depth--
		}
		if t == sign && depth == 0 {
			if i > from {
				out = append(out, s[from:i])
			}
			from = i + 1
		}
	}
	return out
}

// cut returns the tokens before a sign, and those from it on.
func cut(s []string, sign string) (before, from []string, found bool) {
	if i := slices.Index(s, sign); i >= 0 {
		return s[:i], s[i:], true
	}
	return s, nil, false
}

func text(s []string) string { return strings.Join(s, " ") }
