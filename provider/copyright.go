// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/resnics/verbsmith/provider/internal/spdx"
	"github.com/resnics/verbsmith/provider/internal/text"
	"github.com/resnics/verbsmith/specs/edit"
)

// Copyright is the copyright in the provider's files, for debian/copyright. Nothing is guessed.
type Copyright struct {
	License string   // by the names of debian/copyright; empty where most files have no SPDX line, and the manifest no licence
	Holders []string // "2022, Fly Technologies", of the files' own Copyright lines
}

// Copyright reads the SPDX lines and the Copyright lines of the files that go to
// providers/NAME. kernel-headers/ has a paragraph of its own in debian/copyright.
//
// Errors: *SourceError for an SPDX line that cannot be read.
func (p *Provider) Copyright() (Copyright, error) {
	said, err := p.spdx()
	if err != nil {
		return Copyright{}, err
	}
	out := Copyright{License: p.Manifest.License}
	if out.License == "" && said.with >= said.without {
		out.License = said.terms.String()
	}
	p.ownFiles(func(f File) bool {
		for _, holder := range holdersIn(f.Notice()) {
			if !slices.Contains(out.Holders, holder) && len(out.Holders) < maxHolders {
				out.Holders = append(out.Holders, holder)
			}
		}
		return true
	})
	slices.Sort(out.Holders)
	return out, nil
}

const (
	maxHolders = 100
	maxHolder  = 300 // bytes
)

// ownFiles calls see for the sources and build files that go to providers/NAME, until it
// returns false.
func (p *Provider) ownFiles(see func(f File) bool) {
	headers := p.Manifest.KernelHeaders()
	for _, f := range p.Files {
		if f.Kind() != KindOther && !slices.Contains(headers, f.Name) && !see(f) {
			return
		}
	}
}

// spdxLines is what the SPDX lines of these files say together.
type spdxLines struct {
	terms         spdx.Terms // nil where there is none
	first         string     // place of the first one
	with, without int        // number of C files with one
}

func (p *Provider) spdx() (out spdxLines, err error) {
	p.ownFiles(func(f File) bool {
		said, at, ok := f.SPDX()
		if f.Kind() == KindSource && ok {
			out.with++
		} else if f.Kind() == KindSource {
			out.without++
		}
		if !ok {
			return true
		}
		one, wrong := spdx.Parse(said)
		if wrong == nil && out.terms != nil {
			one, wrong = out.terms.And(one)
		}
		if wrong != nil {
			err = text.ErrorAt(p.Path(f.Name), f.data, at, WantLicence, edit.Quote(said))
			return false
		}
		if out.terms == nil {
			out.first = fmt.Sprintf("%s:%d", f.Name, text.LineNumber(f.data, at))
		}
		out.terms = one
		return true
	})
	return out, err
}

var (
	// A year or a sign must follow: "copyright notice" and "COPYRIGHT HOLDERS" name nobody.
	copyrightLine = regexp.MustCompile(`(?im)^[ \t/*#]*(?:copyright[ \t]*(?:\(c\)|©)|copyright(?:[ \t]*[:,])?[ \t]+(?:[12][0-9]{3})|SPDX-FileCopyrightText:)[^\r\n]*`)
	copyrightWord = regexp.MustCompile(`(?i)^[ \t/*#]*(?:SPDX-FileCopyrightText:[ \t]*)?(?:copyright[ \t]*[:,]?[ \t]*)?(?:(?:\(c\)|©)[ \t]*)?`)
	allRights     = regexp.MustCompile(`(?i),?[ \t]*All rights reserved\b.*$`)
	holderYears   = regexp.MustCompile(`^([12][0-9]{3}(?:[ \t]*[-–,][ \t]*[12][0-9]{3})*)[.,]?[ \t]+(\S.*)$`)
)

// holdersIn returns the holders that comments name, in the form of debian/copyright.
func holdersIn(comments []byte) []string {
	var out []string
	for _, line := range copyrightLine.FindAll(comments, -1) {
		line, _, _ = bytes.Cut(line, []byte("*/"))
		holder := string(copyrightWord.ReplaceAll(line, nil))
		holder = strings.Join(strings.Fields(allRights.ReplaceAllString(holder, "")), " ")
		if m := holderYears.FindStringSubmatch(holder); m != nil {
			holder = strings.ReplaceAll(m[1], " - ", "-") + ", " + m[2]
		}
		odd := !utf8.ValidString(holder) || strings.ContainsFunc(holder, func(r rune) bool { return !unicode.IsPrint(r) })
		if holder != "" && len(holder) <= maxHolder && !odd {
			out = append(out, holder)
		}
	}
	return out
}
