// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/specs/edit"
)

const wantLicence = "SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB, or GPL-2.0 OR another BSD licence"

var (
	spdxLine = regexp.MustCompile(`SPDX-License-Identifier:[ \t]*([^\r\n]*)`)
	// As upstream's files have them, in either case.
	gplTerm  = regexp.MustCompile(`(?i)\bGPL-2\.0(-only|-or-later|\+)?\b`)
	bsdTerm  = regexp.MustCompile(`(?i)\b(Linux-OpenIB|OpenIB\.org|BSD-[123]-Clause|BSD|MIT)\b`)
	orTerm   = regexp.MustCompile(`(?i)\bOR\b`)
	andTerm  = regexp.MustCompile(`(?i)\bAND\b`)
	noteTerm = regexp.MustCompile(`(?i)^\(?\s*GPL-2\.0(-only|-or-later|\+)?\s+WITH\s+Linux-syscall-note\s*\)?$`)
	// COPYING.md of rdma-core takes these alone for what any program may link.
	aloneTerm = regexp.MustCompile(`^(MIT|CC0-1\.0)$`)
)

// checkLicences looks for the licence line of each C file, version map and
// CMake file, and whether rdma-core takes such a licence (its COPYING.md: the
// GPL version 2 or a BSD licence, at the user's choice). A source without the
// line may say the same in the words that were used before SPDX, as most of
// upstream's do.
func (p *Provider) checkLicences() Answer {
	a := Answer{Check: CheckLicence}
	if p.doubts(fieldPrivate) { // which files are looked at is not known
		a.Skipped = wantsRight(fieldPrivate)
		return a
	}
	seen := map[string]int{}
	for _, f := range p.Files {
		kind := licenceKind(f.Name)
		if kind == licenceNone {
			continue
		}
		said, at, ok := licenceLine(f, kind)
		switch problem := p.licenceProblem(f, said, at, ok); {
		case ok && problem == nil:
			seen[said]++
		case problem == nil || !ok && kind != licenceSource:
			a.warn(p.noLicence(f.Name))
		case !ok && oldNotice(leading(f.data, kind)):
			seen["a notice without SPDX"]++
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

type licenceOf int

const (
	licenceNone   licenceOf = iota
	licenceSource           // C: something must be said
	licenceMap              // C's comments and CMake's; upstream's say nothing
	licenceCMake            // CMake's comments; upstream's say nothing
)

func licenceKind(name string) licenceOf {
	switch ext := path.Ext(name); {
	case ext == ".c" || ext == ".h":
		return licenceSource
	case ext == ".map":
		return licenceMap
	case path.Base(name) == cmakeName || ext == ".cmake":
		return licenceCMake
	}
	return licenceNone
}

func (p *Provider) noLicence(name string) error {
	return &SourceError{File: p.pathOf(name), Line: 1, Want: wantLicence, Got: "no such line"}
}

// licenceProblem is nil for a licence that rdma-core takes.
func (p *Provider) licenceProblem(f File, said string, at int, ok bool) error {
	if !ok {
		return p.noLicence(f.Name)
	}
	both := gplTerm.MatchString(said) && bsdTerm.MatchString(said) && orTerm.MatchString(said) && !andTerm.MatchString(said)
	if both || aloneTerm.MatchString(said) || noteTerm.MatchString(said) && p.mayBeKernelHeader(f.Name) {
		return nil
	}
	return &SourceError{
		File: p.pathOf(f.Name), Line: lineNumber(f.data, at), Column: at - lineStart(f.data, at) + 1,
		Want: wantLicence, Got: edit.Quote(said),
	}
}

// licenceLine finds what the SPDX line in the comments at the beginning says.
func licenceLine(f File, kind licenceOf) (said string, at int, ok bool) {
	loc := spdxLine.FindSubmatchIndex(leading(f.data, kind))
	if loc == nil {
		return "", 0, false
	}
	said = string(f.data[loc[2]:loc[3]])
	said, _, _ = strings.Cut(said, "*/")
	return strings.TrimSpace(said), loc[0], true
}

// leading gives the comments and blanks at the beginning of a file.
func leading(data []byte, kind licenceOf) []byte {
	off := 0
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		off = 3
	}
	for off < len(data) {
		switch {
		case strings.IndexByte(" \t\r\n\f\v", data[off]) >= 0:
			off++
		case kind != licenceSource && data[off] == '#':
			off = lineEnd(data, off)
		case kind != licenceCMake && isCComment(data, off):
			end, ok := skipCComment(data, off)
			if !ok {
				return data[:off]
			}
			off = end
		default:
			return data[:off]
		}
	}
	return data[:off]
}

// oldNotice says whether comments give the choice in words.
func oldNotice(text []byte) bool {
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return bytes.Contains(text, []byte(w)) })
	}
	return has("See COPYING file", "see COPYING file") ||
		has("GPL", "General Public License") && has("BSD", "OpenIB", "Redistribution and use")
}
