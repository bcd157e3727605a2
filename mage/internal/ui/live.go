// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"io"
	"slices"
	"strings"
	"time"
)

// What a terminal needs for redrawing (ECMA-48: CR, EL, CUU).
const (
	eraseLine = "\r\x1b[K" // returns to the first column and clears the line
	eraseUp   = "\x1b[A" + eraseLine
)

// redrawPause is the least time between two redraws.
const redrawPause = 100 * time.Millisecond

// mostLive is how many lines are redrawn at most.
const mostLive = 8

// liveLines are the last lines of a terminal, redrawn in place.
type liveLines struct {
	w       io.Writer
	enabled bool
	shown   []string  // the texts on the lines now
	drawn   time.Time // when they were last drawn
	midLine bool      // other output has left the cursor in the middle of a line
}

// due reports whether enough time has passed since the last redraw. A clock that was set back is due too.
func (l *liveLines) due(now time.Time) bool {
	since := now.Sub(l.drawn)
	return l.drawn.IsZero() || since >= redrawPause || since < 0
}

// draw shows texts, each of which must fit into one line of a terminal with so many columns. An error of the terminal is not worth
// failing a build for.
func (l *liveLines) draw(now time.Time, width int, texts []string) {
	if !l.enabled || l.midLine || slices.Equal(texts, l.shown) {
		return
	}
	l.drawn = now
	_, _ = io.WriteString(l.w, l.blank(width)+strings.Join(texts, "\n"))
	l.shown = texts
}

// erase leaves an empty line for other output.
func (l *liveLines) erase(width int) {
	if len(l.shown) == 0 {
		return
	}
	_, _ = io.WriteString(l.w, l.blank(width))
	l.shown = nil
}

// blank clears the lines and returns to the first one. A terminal that has become narrower has wrapped them.
func (l *liveLines) blank(width int) string {
	rows := 0
	for _, text := range l.shown {
		rows += max(1, (columns(text)+width-1)/width)
	}
	return eraseLine + strings.Repeat(eraseUp, max(0, rows-1))
}
