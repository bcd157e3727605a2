// SPDX-License-Identifier: Apache-2.0

package ui

import "time"

// The conditions for a line of progress in a log. A stage of a few seconds gets none.
const (
	plainStep    = 10               // percent that are worth a line
	plainPause   = 3 * time.Second  // but not two lines within this time
	plainPeriod  = 15 * time.Second // a line at the latest after this time, if anything has changed
	plainSilence = time.Minute      // and after this one, if nothing has
)

// plainProgress decides when a stage gets a line of progress if lines cannot be redrawn.
type plainProgress struct {
	last    time.Time // of the last line
	shown   int64     // percent at the last line
	percent int64
	changed bool // something has happened since the last line
}

// step records the stage's progress.
func (p *plainProgress) step(done, total int64) {
	const all = 100
	p.changed = true
	if total > 0 {
		p.percent = all * done / total
	}
}

// due reports whether the change just recorded is worth a line.
func (p *plainProgress) due(now time.Time) bool {
	if p.percent < p.shown { // A second count has begun.
		p.shown = 0
	}
	return p.dueByTime(now) || (p.percent-p.shown >= plainStep && now.Sub(p.last) >= plainPause)
}

// dueByTime reports whether enough time has passed for a sign of life.
func (p *plainProgress) dueByTime(now time.Time) bool {
	since := now.Sub(p.last)
	return since >= plainSilence || (p.changed && since >= plainPeriod)
}

// printed records that a line has been printed.
func (p *plainProgress) printed(now time.Time) {
	p.last, p.shown, p.changed = now, p.percent, false
}
