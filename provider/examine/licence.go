// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/text"
	"github.com/resnics/verbsmith/specs/edit"
)

var (
	// As upstream's files have them, in either case.
	gplTerm  = regexp.MustCompile(`(?i)\bGPL-2\.0(-only|-or-later|\+)?\b`)
	bsdTerm  = regexp.MustCompile(`(?i)\b(Linux-OpenIB|OpenIB\.org|BSD-[123]-Clause|BSD|MIT)\b`)
	orTerm   = regexp.MustCompile(`(?i)\bOR\b`)
	andTerm  = regexp.MustCompile(`(?i)\bAND\b`)
	noteTerm = regexp.MustCompile(`(?i)^\(?\s*GPL-2\.0(-only|-or-later|\+)?\s+WITH\s+Linux-syscall-note\s*\)?$`)
	// rdma-core's COPYING.md accepts only these for code that any program may link.
	aloneTerm = regexp.MustCompile(`^(MIT|CC0-1\.0)$`)
)

// checkLicences looks for the licence line of each C file, version map and CMake file, and
// whether rdma-core accepts such a licence (its COPYING.md: the GPL version 2 or a BSD licence,
// at the user's choice). A source without the line may say the same in the words that were used
// before SPDX, as most of upstream's do.
func (p *subject) checkLicences() Answer {
	a := Answer{Check: CheckLicence}
	if p.doubts(fieldPrivate) { // the files to check are not known
		a.Skipped = wantsRight(fieldPrivate)
		return a
	}
	seen := map[string]int{}
	for _, f := range p.Files {
		if f.Kind() == provider.KindOther {
			continue
		}
		said, at, ok := f.SPDX()
		switch problem := p.licenceProblem(f, said, at, ok); {
		case ok && problem == nil:
			seen[said]++
		case problem == nil || !ok && f.Kind() != provider.KindSource:
			a.warn(p.noLicence(f.Name))
		case !ok && oldNotice(f.Notice()):
			seen["a licence notice without an SPDX line"]++
		default:
			a.fail(problem)
		}
	}
	var words []string
	for said, n := range seen {
		words = append(words, fmt.Sprintf("%d %s", n, said))
	}
	slices.Sort(words)
	a.Evidence = strings.Join(words, ", ")
	a.Findings = p.sameFindings(a.Findings)
	return a
}

func (p *subject) noLicence(name string) error {
	return &text.SourceError{File: p.Path(name), Line: 1, Want: provider.WantLicence, Got: "no such line"}
}

// licenceProblem is nil for a licence that rdma-core accepts.
func (p *subject) licenceProblem(f provider.File, said string, at int, ok bool) error {
	if !ok {
		return p.noLicence(f.Name)
	}
	both := gplTerm.MatchString(said) && bsdTerm.MatchString(said) && orTerm.MatchString(said) && !andTerm.MatchString(said)
	if both || aloneTerm.MatchString(said) || noteTerm.MatchString(said) && p.mayBeKernelHeader(f.Name) {
		return nil
	}
	return text.ErrorAt(p.Path(f.Name), f.Data(), at, provider.WantLicence, edit.Quote(said))
}

// oldNotice reports whether comments state the choice of licences in words.
func oldNotice(notice []byte) bool {
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return bytes.Contains(notice, []byte(w)) })
	}
	return has("See COPYING file", "see COPYING file") ||
		has("GPL", "General Public License") && has("BSD", "OpenIB", "Redistribution and use")
}
