// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

// licenceTerms is a licence as the choices that it gives, each of the licences that
// then hold together: GPL-2 or BSD-MIT is {{BSD-MIT} {GPL-2}}. The names are those of
// debian/copyright; the form is one for all texts of one meaning.
type licenceTerms [][]string

const (
	maxLicenceText    = 300
	maxLicenceChoices = 32
)

var (
	errLicenceForm = errors.New("not a licence expression")
	// What some of upstream's files have for Linux-OpenIB.
	openIBWords  = regexp.MustCompile(`(?i)\bOpenIB\.org BSD( \(MIT\))?( See COPYING file)?`)
	licenceToken = regexp.MustCompile(`[(),]|[A-Za-z0-9.+:-]+`)
	licenceChars = regexp.MustCompile(`^[A-Za-z0-9.+:,() \t-]+$`)
)

// parseLicence reads an SPDX expression, or a License of debian/copyright, where a
// comma before "and" binds less than "or".
func parseLicence(text string) (licenceTerms, error) {
	text = openIBWords.ReplaceAllString(text, "Linux-OpenIB")
	if len(text) > maxLicenceText || !licenceChars.MatchString(text) {
		return nil, errLicenceForm
	}
	p := &licenceParser{words: licenceToken.FindAllString(text, -1)}
	terms, err := p.all()
	if err == nil && len(p.words) > 0 {
		err = errLicenceForm
	}
	return terms, err
}

type licenceParser struct {
	words []string
	depth int
}

// next takes the word if it is this one.
func (p *licenceParser) next(word string) bool {
	if len(p.words) == 0 || !strings.EqualFold(p.words[0], word) {
		return false
	}
	p.words = p.words[1:]
	return true
}

// all is choices with ", and" between them.
func (p *licenceParser) all() (licenceTerms, error) {
	left, err := p.choice()
	for err == nil && p.next(",") {
		var right licenceTerms
		if !p.next("and") {
			return nil, errLicenceForm
		}
		if right, err = p.choice(); err == nil {
			left, err = left.and(right)
		}
	}
	return left, err
}

func (p *licenceParser) choice() (licenceTerms, error) {
	left, err := p.together()
	for err == nil && p.next("or") {
		var right licenceTerms
		if right, err = p.together(); err == nil {
			left, err = slices.Concat(left, right).simple()
		}
	}
	return left, err
}

func (p *licenceParser) together() (licenceTerms, error) {
	left, err := p.one()
	for err == nil && p.next("and") {
		var right licenceTerms
		if right, err = p.one(); err == nil {
			left, err = left.and(right)
		}
	}
	return left, err
}

// one is a licence or what is in brackets. What WITH adds is a permission, which
// debian/copyright's texts do not have: upstream leaves it out there too.
func (p *licenceParser) one() (licenceTerms, error) {
	const deepest = 20
	var terms licenceTerms
	switch {
	case p.next("("):
		if p.depth++; p.depth > deepest {
			return nil, errLicenceForm
		}
		inner, err := p.choice()
		if err != nil || !p.next(")") {
			return nil, errLicenceForm
		}
		p.depth--
		terms = inner
	case len(p.words) == 0 || slices.Contains([]string{"(", ")", ","}, p.words[0]) || isLicenceWord(p.words[0]):
		return nil, errLicenceForm
	default:
		terms = licenceTerms{{debianLicence(p.words[0])}}
		p.words = p.words[1:]
	}
	if p.next("with") {
		if len(p.words) == 0 || isLicenceWord(p.words[0]) {
			return nil, errLicenceForm
		}
		p.words = p.words[1:]
		p.next("exception")
	}
	return terms, nil
}

func isLicenceWord(word string) bool {
	return slices.ContainsFunc([]string{"and", "or", "with"}, func(w string) bool { return strings.EqualFold(w, word) })
}

// and gives what holds where both do.
func (l licenceTerms) and(o licenceTerms) (licenceTerms, error) {
	var out licenceTerms
	for _, a := range l {
		for _, b := range o {
			out = append(out, slices.Concat(a, b))
		}
	}
	return out.simple()
}

// simple sorts, and leaves out a choice that asks for more than another one.
func (l licenceTerms) simple() (licenceTerms, error) {
	if len(l) > maxLicenceChoices {
		return nil, errLicenceForm
	}
	for i := range l {
		slices.Sort(l[i])
		l[i] = slices.Compact(l[i])
	}
	slices.SortFunc(l, slices.Compare)
	l = slices.CompactFunc(l, slices.Equal)
	var out licenceTerms
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

func (l licenceTerms) equal(o licenceTerms) bool { return slices.EqualFunc(l, o, slices.Equal) }

// String writes it as debian/copyright has it, where "and" binds more than "or".
func (l licenceTerms) String() string {
	choices := make([]string, len(l))
	for i, c := range l {
		choices[i] = strings.Join(c, " and ")
	}
	return strings.Join(choices, " or ")
}

// debianLicence gives the name that rdma-core's debian/copyright has for one of SPDX's.
func debianLicence(name string) string {
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
