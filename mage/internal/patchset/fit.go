// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	shown "github.com/resnics/verbsmith/specs/edit"
)

// fitter finds the places of hunks in a text and collects the result. It searches like patch(1)
// with a fuzz of 0: at the hunk's line, shifted by the offset of the previous hunk, then at
// growing distances, forward before backward. A hunk with less context before than after fits
// only at the start, and one with less after only at the end. With exact it checks only the
// hunk's own line.
type fitter struct {
	lines []string
	exact bool
	done  int // lines consumed, including those of the last hunk
	kept  int // the first line that no hunk holds, from 1; 0 if there is none so far
	moved int // offset of the last hunk
	out   strings.Builder
}

// guess is a hunk's own line, from 0.
func (h *hunk) guess() int {
	if len(h.old()) == 0 {
		return h.oldStart // of no lines the number is that of the line before
	}
	return h.oldStart - 1
}

// locate returns the line, from 0, at which a hunk fits.
func (f *fitter) locate(h *hunk) (int, bool) {
	old := h.old()
	guess := h.guess() + f.moved
	if f.exact {
		return guess, f.fits(old, guess) && (len(old) > 0 || len(f.lines) == 0)
	}
	if len(old) == 0 {
		return guess, guess >= f.done && guess <= len(f.lines)
	}
	lead, tail := h.context()
	last := len(f.lines) - len(old)
	switch {
	case lead < tail && h.oldStart <= 1:
		return 0, f.fits(old, 0)
	case tail < lead:
		return last, f.fits(old, last)
	}
	for d := 0; guess+d <= last || guess-d >= f.done; d++ {
		if f.fits(old, guess+d) {
			return guess + d, true
		}
		if d > 0 && f.fits(old, guess-d) {
			return guess - d, true
		}
	}
	return 0, false
}

func (f *fitter) fits(old []string, at int) bool {
	return at >= f.done && at+len(old) <= len(f.lines) && slices.Equal(f.lines[at:at+len(old)], old)
}

// put writes the lines before the hunk, and the hunk.
func (f *fitter) put(h *hunk, at int) {
	f.moved = at - h.guess()
	f.keep(at)
	for _, l := range h.lines {
		if l.op != '-' {
			f.out.WriteString(l.text)
		}
	}
	f.done = at + len(h.old())
}

// keep writes the lines before the given one.
func (f *fitter) keep(upTo int) {
	if f.kept == 0 && upTo > f.done {
		f.kept = f.done + 1
	}
	for _, l := range f.lines[f.done:upTo] {
		f.out.WriteString(l)
	}
	f.done = upTo
}

// rest writes the lines after the last hunk, and returns the whole text.
func (f *fitter) rest() []byte {
	f.keep(len(f.lines))
	return append([]byte{}, f.out.String()...)
}

// explain describes why a hunk fits nowhere: its first line that differs at its own place. line
// is 0 if they all match there.
func (f *fitter) explain(h *hunk) (line int, want, got string) {
	old := h.old()
	at := max(h.guess()+f.moved, 0)
	for i, l := range old {
		switch {
		case at+i < len(f.lines):
		case f.exact:
			return len(f.lines), fmt.Sprintf("at least %d lines", at+len(old)), strconv.Itoa(len(f.lines))
		default:
			return at + i + 1, shown.Quote(l), fmt.Sprintf("a file of %d lines", len(f.lines))
		}
		if f.lines[at+i] != l {
			return at + i + 1, shown.Quote(l), shown.Quote(f.lines[at+i])
		}
	}
	if len(old) == 0 && f.exact {
		return 0, "an empty file", shown.Quote(f.lines[0])
	}
	return 0, fmt.Sprintf("the lines around line %d at the start or the end of the file, or after the previous hunk", at+1),
		"them elsewhere"
}
