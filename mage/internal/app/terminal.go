// SPDX-License-Identifier: Apache-2.0

package app

import (
	"os"

	"golang.org/x/term"

	"github.com/resnics/verbsmith/mage/internal/timing"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// width is that of the terminal, 0 if unknown.
func width(fd int) int {
	columns, _, err := term.GetSize(fd)
	if err != nil {
		return 0
	}
	return columns
}

// newUI shows a run on this process's terminal, or in plain lines if there
// is none.
func newUI(dirs folders, place *providerPlace, trace *timing.Trace) *ui.UI {
	fd := int(os.Stderr.Fd())
	terminal := term.IsTerminal(fd) && os.Getenv("CI") == "" && os.Getenv("TERM") != "dumb"
	return ui.New(ui.Options{
		Out: os.Stdout, Err: os.Stderr, Terminal: terminal,
		NoColor: os.Getenv("NO_COLOR") != "",
		Measure: func() int { return width(fd) },
		GitHub:  os.Getenv("GITHUB_ACTIONS") != "",
		LogDir:  dirs.logs,
		Locate:  place.locate,
		Trace:   trace,
	})
}
