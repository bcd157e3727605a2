// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"io"
	"time"
)

// eraseLine returns to the first column and clears the line (ECMA-48: CR, EL).
const eraseLine = "\r\x1b[K"

// redrawPause is the least time between two redraws.
const redrawPause = 100 * time.Millisecond

// liveLine is the last line of a terminal, redrawn in place.
type liveLine struct {
	w       io.Writer
	enabled bool
	shown   string    // the text on the line now
	drawn   time.Time // when it was last drawn
	midLine bool      // other output has left the cursor in the middle of a line
}

// due reports whether enough time has passed since the last redraw. A clock that was set back is due too.
func (l *liveLine) due(now time.Time) bool {
	since := now.Sub(l.drawn)
	return l.drawn.IsZero() || since >= redrawPause || since < 0
}

// draw shows text, which must fit into one line. An error of the terminal is not worth failing a build for.
func (l *liveLine) draw(now time.Time, text string) {
	if !l.enabled || l.midLine || text == l.shown {
		return
	}
	l.drawn = now
	l.shown = text
	_, _ = io.WriteString(l.w, eraseLine+text)
}

// erase leaves an empty line for other output.
func (l *liveLine) erase() {
	if l.shown == "" {
		return
	}
	l.shown = ""
	_, _ = io.WriteString(l.w, eraseLine)
}
