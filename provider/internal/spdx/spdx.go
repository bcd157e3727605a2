// SPDX-License-Identifier: Apache-2.0

package spdx

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

// Terms is a licence as a list of choices, each a list of licences that apply together: GPL-2
// or BSD-MIT is {{BSD-MIT} {GPL-2}}. The names are those of debian/copyright; the form is
// canonical.
type Terms [][]string

const (
	maxText    = 300
	maxChoices = 32
)

var (
	errForm = errors.New("not a licence expression")
	// The text for Linux-OpenIB in some of upstream's files.
	openIBWords = regexp.MustCompile(`(?i)\bOpenIB\.org BSD( \(MIT\))?( See COPYING file)?`)
	token       = regexp.MustCompile(`[(),]|[A-Za-z0-9.+:-]+`)
	chars       = regexp.MustCompile(`^[A-Za-z0-9.+:,() \t-]+$`)
)

// Parse reads an SPDX expression, or a License of debian/copyright, where a
// comma before "and" binds less than "or".
func Parse(text string) (Terms, error) {
	text = openIBWords.ReplaceAllString(text, "Linux-OpenIB")
	if len(text) > maxText || !chars.MatchString(text) {
		return nil, errForm
	}
	p := &parser{words: token.FindAllString(text, -1)}
	terms, err := p.all()
	if err == nil && len(p.words) > 0 {
		err = errForm
	}
	return terms, err
}

type parser struct {
	words []string
	depth int
}

// next takes the word if it is this one.
func (p *parser) next(word string) bool {
	if len(p.words) == 0 || !strings.EqualFold(p.words[0], word) {
		return false
	}
	p.words = p.words[1:]
	return true
}

// all is choices with ", and" between them.
func (p *parser) all() (Terms, error) {
	left, err := p.choice()
	for err == nil && p.next(",") {
		var right Terms
		if !p.next("and") {
			return nil, errForm
		}
		if right, err = p.choice(); err == nil {
			left, err = left.And(right)
		}
	}
	return left, err
}

func (p *parser) choice() (Terms, error) {
	left, err := p.together()
	for err == nil && p.next("or") {
		var right Terms
		if right, err = p.together(); err == nil {
			left, err = slices.Concat(left, right).simple()
		}
	}
	return left, err
}

func (p *parser) together() (Terms, error) {
	left, err := p.one()
	for err == nil && p.next("and") {
		var right Terms
		if right, err = p.one(); err == nil {
			left, err = left.And(right)
		}
	}
	return left, err
}

// one is a licence or an expression in brackets. WITH adds a permission, which is not in
// debian/copyright's texts: upstream omits it there too.
func (p *parser) one() (Terms, error) {
	const deepest = 20
	var terms Terms
	switch {
	case p.next("("):
		if p.depth++; p.depth > deepest {
			return nil, errForm
		}
		inner, err := p.choice()
		if err != nil || !p.next(")") {
			return nil, errForm
		}
		p.depth--
		terms = inner
	case len(p.words) == 0 || slices.Contains([]string{"(", ")", ","}, p.words[0]) || isOperator(p.words[0]):
		return nil, errForm
	default:
		terms = Terms{{debianName(p.words[0])}}
		p.words = p.words[1:]
	}
	if p.next("with") {
		if len(p.words) == 0 || isOperator(p.words[0]) {
			return nil, errForm
		}
		p.words = p.words[1:]
		p.next("exception")
	}
	return terms, nil
}

func isOperator(word string) bool {
	return slices.ContainsFunc([]string{"and", "or", "with"}, func(w string) bool { return strings.EqualFold(w, word) })
}

// And returns the terms of a work under both.
func (l Terms) And(o Terms) (Terms, error) {
	var out Terms
	for _, a := range l {
		for _, b := range o {
			out = append(out, slices.Concat(a, b))
		}
	}
	return out.simple()
}

// simple sorts, and drops a choice that includes all licences of another one.
func (l Terms) simple() (Terms, error) {
	if len(l) > maxChoices {
		return nil, errForm
	}
	for i := range l {
		slices.Sort(l[i])
		l[i] = slices.Compact(l[i])
	}
	slices.SortFunc(l, slices.Compare)
	l = slices.CompactFunc(l, slices.Equal)
	var out Terms
	for i, a := range l {
		more := slices.ContainsFunc(l, func(b []string) bool {
			return len(b) < len(a) && !slices.ContainsFunc(b, func(name string) bool { return !slices.Contains(a, name) })
		})
		if !more {
			out = append(out, l[i])
		}
	}
	return out, nil
}

// Equal reports whether both allow the same.
func (l Terms) Equal(o Terms) bool { return slices.EqualFunc(l, o, slices.Equal) }

// String returns the form in debian/copyright, where "and" binds more tightly than "or".
func (l Terms) String() string {
	choices := make([]string, len(l))
	for i, c := range l {
		choices[i] = strings.Join(c, " and ")
	}
	return strings.Join(choices, " or ")
}

// debianName returns the name that rdma-core's debian/copyright has for one of SPDX's.
func debianName(name string) string {
	switch strings.ToLower(name) {
	case "gpl-2.0", "gpl-2.0-only", "gpl-2":
		return "GPL-2"
	case "gpl-2.0-or-later", "gpl-2.0+", "gpl-2+":
		return "GPL-2+"
	case "linux-openib", "bsd-mit":
		return "BSD-MIT"
	case "bsd-2-clause":
		return "BSD-2-clause"
	case "bsd-3-clause":
		return "BSD-3-clause"
	case "cc0-1.0", "cc0":
		return "CC0"
	}
	return name
}
