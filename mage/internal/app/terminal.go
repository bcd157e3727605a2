// SPDX-License-Identifier: Apache-2.0

package app

import (
	"os"
	"strconv"

	"golang.org/x/term"

	"github.com/resnics/verbsmith/mage/internal/timing"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// window is the size of the terminal, 0 if unknown.
func window(fd int) (columns, rows int) {
	columns, rows, err := term.GetSize(fd)
	if err != nil {
		return 0, 0
	}
	return columns, rows
}

// screen is what this process's output goes to.
type screen struct {
	env              func(name string) string
	out, err         bool       // it is a terminal
	outWide, errWide func() int // its columns now, 0 if unknown
	errHigh          func() int // its lines now
}

// thisScreen is that of this process.
func thisScreen() screen {
	out, err := int(os.Stdout.Fd()), int(os.Stderr.Fd())
	wide := func(fd int) func() int { return func() int { columns, _ := window(fd); return columns } }
	return screen{
		env: os.Getenv, out: term.IsTerminal(out), err: term.IsTerminal(err),
		outWide: wide(out), errWide: wide(err), errHigh: func() int { _, rows := window(err); return rows },
	}
}

// ci says that a CI system runs this: its log is read later, not watched.
func (s screen) ci() bool {
	return s.env("CI") != "" || s.github() || s.env("GITLAB_CI") != ""
}

func (s screen) github() bool { return s.env("GITHUB_ACTIONS") != "" }

// columns is COLUMNS, 0 if it is not set to a number of columns.
func (s screen) columns() int {
	const most = 1 << 16
	n, err := strconv.Atoi(s.env("COLUMNS"))
	if err != nil || n < 1 || n > most {
		return 0
	}
	return n
}

// outWidth is how wide tables may be: COLUMNS, else the terminal's width, else anything, for a pipe or a file is read by
// programs.
func (s screen) outWidth() int {
	if n := s.columns(); n > 0 || !s.out {
		return n
	}
	return s.outWide()
}

// liveWidth is that of a live line. A line that is wider than the terminal cannot be redrawn, whatever COLUMNS says.
func (s screen) liveWidth() int {
	wide, columns := s.errWide(), s.columns()
	if wide <= 0 || columns > 0 && columns < wide {
		return columns
	}
	return wide
}

// options are those of the display on this screen.
func (s screen) options() ui.Options {
	drawn := !s.ci() && s.env("TERM") != "dumb"
	o := ui.Options{
		Terminal: s.err && drawn, OutTerminal: s.out && drawn, NoColor: s.env("NO_COLOR") != "",
		Measure: s.liveWidth, Height: s.errHigh, OutWidth: s.outWidth, GitHub: s.github(),
	}
	switch {
	case s.github():
		o.Folds = ui.GitHubFolds
	case s.env("GITLAB_CI") != "":
		o.Folds = ui.GitLabFolds
	}
	return o
}

// newUI shows a run on this process's terminal, or in plain lines if there
// is none.
func newUI(dirs folders, place *providerPlace, trace *timing.Trace) *ui.UI {
	o := thisScreen().options()
	o.Out, o.Err = os.Stdout, os.Stderr
	o.LogDir, o.Locate, o.Trace, o.Place = dirs.logs, place.locate, trace, placeOf
	return ui.New(o)
}
