// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/resnics/verbsmith/mage/internal/timing"
)

// State is how a stage ended.
type State string

// The states of a stage that has ended.
const (
	StateDone   State = "done"
	StateCached State = "cached"
	StateFailed State = "failed"
)

// StageTime is one row of a summary.
type StageTime struct {
	Name  string
	State State
	Note  string // the stage's last note
	Time  time.Duration
}

// Stage is a piece of work on the display. It ends with exactly one of Done, Cached and Fail; later calls have no
// effect.
type Stage struct {
	ui    *UI
	name  string
	place string // "[3/9] build"
	log   *stageLog
	times *timing.Recorder
	lane  timing.Lane

	// The rest is guarded by ui.mu.
	started time.Time
	note    string
	what    string
	count   string
	plain   plainProgress
	ended   bool
}

// Stage begins the stage called name, number index of total (0 of 0 without a count).
func (u *UI) Stage(name string, index, total int) *Stage {
	u.mu.Lock()
	defer u.mu.Unlock()
	s := &Stage{
		ui: u, name: name, place: Clean(name), started: u.now(), log: u.newLog(name, index),
		times: timing.NewRecorder(u.now), lane: u.opts.Trace.Lane(),
	}
	if total > 0 {
		s.place = fmt.Sprintf("[%d/%d] %s", index, total, Clean(name))
	}
	s.plain.last = s.started
	u.active = append(u.active, s)
	u.startTimer()
	if !u.live.enabled && !u.openFold(s) { // a fold's first line has the name
		s.line(joinParts(s.place, "started"))
	}
	u.redraw(true)
	return s
}

// Step reports that done of total parts are finished, and names the current one. A total of 0 means
// unknown.
func (s *Stage) Step(done, total int, what string) {
	s.progress(int64(done), int64(total), strconv.Itoa, what)
}

// Live is Step for what is only worth watching: it gets no line in a log.
func (s *Stage) Live(done, total int, what string) {
	s.ui.mu.Lock()
	defer s.ui.mu.Unlock()
	if s.ui.live.enabled && !s.ended {
		s.what, s.count = Clean(what), strconv.Itoa(done)+"/"+strconv.Itoa(total)
		s.ui.redraw(false)
	}
}

// Bytes is Step for sizes: a download shows as "12.3 MiB/34.5 MiB".
func (s *Stage) Bytes(done, total int64, what string) {
	s.progress(done, total, func(n int) string { return bytes(int64(n)) }, what)
}

func (s *Stage) progress(done, total int64, show func(int) string, what string) {
	u := s.ui
	u.mu.Lock()
	defer u.mu.Unlock()
	if s.ended {
		return
	}
	s.what, s.count = Clean(what), ""
	switch {
	case total > 0:
		s.count = show(int(done)) + "/" + show(int(total))
	case done > 0:
		s.count = show(int(done))
	}
	s.plain.step(done, total)
	s.report()
}

// Note shows a text next to the stage's name, such as the distro or the process it waits for. It replaces the
// previous note; an empty one removes it.
func (s *Stage) Note(text string) {
	u := s.ui
	u.mu.Lock()
	defer u.mu.Unlock()
	if s.ended || s.note == Clean(text) {
		return
	}
	s.note = Clean(text)
	s.plain.changed = true
	s.report()
}

// Log takes the stage's complete output and writes it to the file at LogPath, which is created at the first write.
// Several goroutines may write. Errors are those of the file system.
func (s *Stage) Log() io.Writer { return s.log }

// Output is Log for the output of a build: it also shows ninja's counter, and divides the stage's
// time by what its lines say.
func (s *Stage) Output() io.Writer {
	return &lineWriter{w: NinjaProgress(s.log, s.Step), each: s.times.Line}
}

// Enter says what takes the stage's time from now on; it begins with timing.Own. A nil Stage
// ignores it.
func (s *Stage) Enter(p timing.Phase) {
	if s != nil {
		s.times.Enter(p)
	}
}

// Times is where the stage's time has gone until now.
func (s *Stage) Times() timing.Stage { return timing.NewStage(s.name, s.times.Spans()) }

// Part begins a part of the stage that the run's trace shows, if there is one; the first call of
// end ends it. A nil Stage has none.
func (s *Stage) Part(name string) (end func()) {
	if s == nil {
		return func() {}
	}
	return s.lane.Begin("part", name)
}

// traced adds the stage, which has ended, to the trace. The caller holds ui.mu.
func (s *Stage) traced(state State) {
	spans := s.times.Spans()
	last := spans[len(spans)-1]
	start := spans[0].Start
	s.lane.Add("stage", s.name, start, last.Start.Add(last.Time).Sub(start), map[string]string{"result": string(state), "note": s.note})
	s.lane.Spans(spans)
	s.lane.Leave()
}

// LogPath is the file that Log writes to, "" if there are no logs. The file exists once something has been
// written.
func (s *Stage) LogPath() string { return s.log.path }

// Done ends the stage successfully.
func (s *Stage) Done() { s.end(StateDone, "") }

// Cached ends the stage without work; text says why, such as the key that was found.
func (s *Stage) Cached(text string) { s.end(StateCached, text) }

// Fail ends the stage as failed. The error itself is shown once, at the end of the run, by UI.Error.
func (s *Stage) Fail(err error) {
	reason := ""
	if err != nil {
		reason = firstLine(err.Error())
		// The error names the log, so there has to be one. A failure to create it is not a second error.
		_, _ = fmt.Fprintln(s.log, err)
	}
	s.end(StateFailed, reason)
}

func (s *Stage) end(state State, text string) {
	u := s.ui
	u.mu.Lock()
	if s.ended {
		u.mu.Unlock()
		return
	}
	s.ended = true
	elapsed := u.now().Sub(s.started)
	u.active = slices.DeleteFunc(u.active, func(other *Stage) bool { return other == s })
	u.finished = append(u.finished, StageTime{Name: s.name, State: state, Note: s.note, Time: elapsed})
	u.closeFold()
	s.line(s.endText(state, Clean(text), elapsed))
	s.traced(state)
	u.mu.Unlock()
	s.log.close()
}

// Began says whether a stage has begun.
func (u *UI) Began() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.active)+len(u.finished) > 0
}

func (s *Stage) endText(state State, text string, elapsed time.Duration) string {
	const noteIndex, textIndex = 2, 3
	parts := []string{s.place, string(state), s.note, text, Took(elapsed)}
	if !s.ui.live.enabled {
		return joinParts(parts...)
	}
	soft := noteIndex
	if columns(text) > columns(s.note) {
		soft = textIndex
	}
	line := fit(s.ui.width(), soft, parts...)
	if rest, whole := strings.CutPrefix(line, joinParts(s.place, string(state))); whole { // colours take no columns
		line = joinParts(s.place, s.ui.paint(state.colour(), string(state))) + rest
	}
	return line
}

// liveText is the stage as one line of at most width columns; others is the number of stages at work that are not shown.
func (s *Stage) liveText(width, others int) string {
	const whatIndex = 2
	more := ""
	if others > 0 {
		more = fmt.Sprintf("(+%d)", others)
	}
	return fit(width, whatIndex, s.place, s.note, s.what, s.count, clock(s.ui.now().Sub(s.started)), more)
}

// report shows a change: in the live lines, or as a plain line if one is due. The caller holds ui.mu.
func (s *Stage) report() {
	if s.ui.live.enabled {
		s.ui.redraw(false)
		return
	}
	s.plainLine(s.plain.due(s.ui.now()))
}

// heartbeat prints a line for a silent stage that is still running. The caller holds ui.mu.
func (s *Stage) heartbeat() {
	if !s.ui.live.enabled {
		s.plainLine(s.plain.dueByTime(s.ui.now()))
	}
}

func (s *Stage) plainLine(due bool) {
	if !due {
		return
	}
	now := s.ui.now()
	s.plain.printed(now)
	const longest = 100 // columns of what is at work; the log has all of it
	s.ui.openFold(s)
	s.line(joinParts(s.place, s.note, cut(s.what, longest), s.count, clock(now.Sub(s.started))))
}

// line writes a line of progress about the stage. The caller holds ui.mu.
func (s *Stage) line(text string) {
	if !s.ui.opts.brief {
		s.ui.putLine(text)
	}
}
