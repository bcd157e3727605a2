// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/resnics/verbsmith/mage/internal/timing"
)

// Options are the options of a UI.
type Options struct {
	// Out receives results (tables, data), Err progress and errors. Nil discards.
	Out, Err io.Writer
	// Terminal says that Err is a terminal whose lines can be redrawn.
	Terminal bool
	// OutTerminal says that Out is a terminal: tables have lines and colours.
	OutTerminal bool
	// OutWidth, if given, returns how many columns a line of Out may have; 0 or nil for any number. It is called for
	// each table.
	OutWidth func() int
	// NoColor forbids colours on a terminal (the NO_COLOR convention). Other outputs never have
	// colours.
	NoColor bool
	// Width is the terminal's width in columns; 0 means 80.
	Width int
	// Measure, if given, returns the width and is called before each redraw, so that a resized window is
	// followed. A result below 1 means unknown.
	Measure func() int
	// Height, if given, returns how many lines the window has, below 1 if that is not known.
	Height func() int
	// GitHub says that Out is read by GitHub's runner, which understands workflow commands.
	GitHub bool
	// Folds is how the lines of a stage are folded on Err, where it is not a terminal.
	Folds Folds
	// LogDir is the directory for the stages' logs. It is created with the first log. Empty means no logs.
	LogDir string
	// Level is the least level that SlogHandler shows; nil means slog.LevelInfo.
	Level slog.Leveler
	// Locate, if given, maps a file name that a compiler printed to the repository's own file, the one to edit.
	Locate func(file string) string
	// Place, if given, returns the annotation of an error that knows a place of the repository.
	Place func(err error) (a Annotation, ok bool)
	// Trace, if given, gets an event for each stage, and for what happens in it.
	Trace *timing.Trace
	// brief leaves out the lines about stages. A terminal has the live lines.
	brief bool
	// Now is the clock. If it is set, no timer runs, and the caller advances the display with Tick.
	Now func() time.Time
}

// UI is the display of one run. Its methods may be called concurrently.
type UI struct {
	annotated func(Annotation) // if given, called with each annotation
	opts      Options
	now       func() time.Time

	mu       sync.Mutex
	live     liveLines
	overview overview
	fold     fold
	active   []*Stage
	finished []StageTime
	logNames map[string]int
	stopTick func()
	closed   bool
	outErr   error
	cutTold  bool // cutNote has been printed
}

// New makes a UI. Close it when the run is over.
func New(opts Options) *UI {
	if opts.Out == nil {
		opts.Out = io.Discard
	}
	if opts.Err == nil {
		opts.Err = io.Discard
	}
	u := &UI{opts: opts, now: opts.Now, logNames: map[string]int{}}
	if u.now == nil {
		u.now = time.Now
	}
	u.live = liveLines{w: opts.Err, enabled: opts.Terminal}
	return u
}

// Quiet returns a UI that shows nothing and writes its logs to a directory below this one's: for one of many parts
// that are shown as a whole. Close it as well.
func (u *UI) Quiet(folder string) *UI {
	opts := Options{Now: u.opts.Now, Trace: u.opts.Trace}
	if u.opts.LogDir != "" {
		opts.LogDir = filepath.Join(u.opts.LogDir, fileName(folder))
	}
	return New(opts)
}

// Brief returns a UI for one of many runs, each of which is told in a line of its own: its stages are shown in the
// live lines only, and its logs are in a directory below this one's. Nothing may be shown on u meanwhile. Close it as
// well.
func (u *UI) Brief(folder string) *UI {
	opts := u.opts
	opts.brief = true
	if opts.LogDir != "" {
		opts.LogDir = filepath.Join(opts.LogDir, fileName(folder))
	}
	return New(opts)
}

// Close erases the live lines, ends the timer and closes the logs of stages that have not ended.
func (u *UI) Close() {
	u.mu.Lock()
	stop, active := u.stopTick, u.active
	u.stopTick, u.active, u.closed = nil, nil, true
	u.live.erase(u.width())
	u.closeFold()
	u.mu.Unlock()
	if stop != nil {
		stop()
	}
	for _, s := range active {
		s.log.close()
	}
}

// OutError returns the first error of writing to Out, nil if everything has been written: lost results are not a
// success.
func (u *UI) OutError() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.outErr
}

// Tick updates the display's times. The UI does so by itself unless Options.Now is set.
func (u *UI) Tick() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.redraw(false)
	for _, s := range u.active {
		s.heartbeat()
	}
}

// Out is the stream for results. A write erases the live lines first, which are redrawn only after a complete line.
func (u *UI) Out() io.Writer { return screen{ui: u, to: u.opts.Out} }

// Err is the stream for messages, with the same properties.
func (u *UI) Err() io.Writer { return screen{ui: u, to: u.opts.Err} }

// screen writes to one of the UI's streams without disturbing the live lines.
type screen struct {
	ui *UI
	to io.Writer
}

func (s screen) Write(p []byte) (int, error) {
	s.ui.mu.Lock()
	defer s.ui.mu.Unlock()
	return s.ui.write(s.to, p)
}

// write puts p above the live lines and outside of a fold. The caller holds mu.
func (u *UI) write(to io.Writer, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	u.closeFold()
	return u.put(to, p)
}

// put is write within the fold, if one is open.
func (u *UI) put(to io.Writer, p []byte) (int, error) {
	u.live.erase(u.width())
	shown := redact(p)
	n, err := to.Write(shown)
	if err != nil && to == u.opts.Out && u.outErr == nil {
		u.outErr = fmt.Errorf("write the results to standard output: %w", err)
	}
	u.live.midLine = n > 0 && shown[n-1] != '\n'
	u.redraw(false)
	if err == nil {
		n = len(p)
	}
	return n, err
}

// line writes one line to Err, outside of a fold. If that fails, nobody can be told.
func (u *UI) line(text string) {
	u.closeFold()
	u.putLine(text)
}

// putLine is line within the fold, if one is open.
func (u *UI) putLine(text string) {
	if u.live.midLine {
		text = "\n" + text
	}
	if u.opts.GitHub {
		text = disarm(text)
	}
	_, _ = u.put(u.opts.Err, []byte(text+"\n"))
}

// redraw shows the stages at work in the live lines, at most ten times a second unless force is set.
func (u *UI) redraw(force bool) {
	if !u.live.enabled || u.closed || len(u.active) == 0 {
		return
	}
	now := u.now()
	if force || u.live.due(now) {
		u.live.draw(now, u.width(), u.liveTexts(now))
	}
}

// Overview shows a text about all stages in a live line above theirs, with the time since the first one; "" ends it. Where lines cannot
// be redrawn it is not shown.
func (u *UI) Overview(text string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.overview.text == "" {
		u.overview.since = u.now()
	}
	u.overview.text = Clean(text)
	u.redraw(false)
}

// overview is a text about all stages.
type overview struct {
	text  string
	since time.Time
}

// liveTexts are the overview and the stages at work, a line for each: of too many the oldest.
func (u *UI) liveTexts(now time.Time) []string {
	var texts []string
	width, room := u.width()-1, u.liveRoom()
	if u.overview.text != "" && room > 1 {
		texts = append(texts, fit(width, 0, u.overview.text, clock(now.Sub(u.overview.since))))
		room--
	}
	shown := u.active
	if len(shown) > room {
		shown = shown[:room]
	}
	for i, s := range shown {
		others := 0
		if i == len(shown)-1 {
			others = len(u.active) - len(shown)
		}
		texts = append(texts, s.liveText(width, others))
	}
	return texts
}

// liveRoom is how many lines the window has for them: the cursor cannot go up further than its top.
func (u *UI) liveRoom() int {
	if u.opts.Height != nil {
		if rows := u.opts.Height(); rows > 0 {
			return max(1, min(mostLive, rows-1))
		}
	}
	return mostLive
}

// width is the terminal's width in columns.
func (u *UI) width() int {
	const usual = 80
	if u.opts.Measure != nil {
		if w := u.opts.Measure(); w > 0 {
			return w
		}
	}
	if u.opts.Width > 0 {
		return u.opts.Width
	}
	return usual
}

// OutWidth is how many columns a line of Out may have, 0 for any number.
func (u *UI) OutWidth() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.outWidth()
}

// outWidth is OutWidth for a caller that holds mu.
func (u *UI) outWidth() int {
	const least = 20 // nothing can be shown in less
	if u.opts.OutWidth == nil {
		return 0
	}
	if w := u.opts.OutWidth(); w > 0 {
		return max(w, least)
	}
	return 0
}

// startTimer lets the real clock drive the display from the first stage on. The caller holds mu.
func (u *UI) startTimer() {
	const period = 200 * time.Millisecond
	if u.opts.Now != nil || u.stopTick != nil || u.closed {
		return
	}
	ticker := time.NewTicker(period)
	done := make(chan struct{})
	u.stopTick = func() { ticker.Stop(); close(done) }
	go func() {
		for {
			select {
			case <-ticker.C:
				u.Tick()
			case <-done:
				return
			}
		}
	}()
}
