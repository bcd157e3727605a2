// SPDX-License-Identifier: Apache-2.0

package ui_test

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/ui"
)

// foldedRun is a run with a cached stage, one with progress and a warning, and one beside it.
func foldedRun(f plainFixture) {
	f.Stage("source", 1, 3).Cached("up to date")
	s := f.Stage("rpm", 2, 3)
	f.clock.advance(20 * time.Second)
	s.Step(12, 371, "##[add-path]x")
	slog.New(f.SlogHandler()).Warn("beware")
	f.clock.advance(20 * time.Second)
	s.Step(40, 371, "b.c")
	f.clock.advance(20 * time.Second)
	other := f.Stage("probe", 3, 3)
	f.clock.advance(20 * time.Second)
	f.Tick()
	other.Done()
	s.Fail(errors.New("no"))
	left := f.Stage("left open", 3, 3)
	fmt.Fprintln(f.Out(), "verdict")
	f.clock.advance(20 * time.Second)
	left.Note("half")
	f.Close()
}

// How a stage ended, warnings and results are outside of folds; only progress is inside. On GitHub no text of a build
// becomes a command.
func TestFoldsOfGitHub(t *testing.T) {
	f := newPlain(t, func(o *ui.Options) { o.GitHub, o.Folds = true, ui.GitHubFolds })
	foldedRun(f)
	same(t, f.err.String(), `::group::[1/3] source
::endgroup::
[1/3] source  cached  up to date  0.0 s
::group::[2/3] rpm
[2/3] rpm  ## [add-path]x  12/371  0:20
::endgroup::
warning: beware
::group::[2/3] rpm
[2/3] rpm  b.c  40/371  0:40
[3/3] probe  started
::endgroup::
[3/3] probe  done  20.0 s
[2/3] rpm  failed  no  1:20
::group::[3/3] left open
::endgroup::
::group::[3/3] left open
[3/3] left open  half  0:20
::endgroup::
`)
	same(t, f.out.String(), "verdict\n")
}

func TestFoldsOfGitLab(t *testing.T) {
	f := newPlain(t, func(o *ui.Options) { o.Folds = ui.GitLabFolds })
	s := f.Stage("a kernel\r\x1b[0K", 1, 2)
	f.clock.advance(70 * time.Second)
	f.Tick()
	s.Done()
	f.Stage("kernel", 2, 2).Done()
	same(t, f.err.String(), "\x1b[0Ksection_start:1700000000:a-kernel---0K_1700000000000_1[collapsed=true]\r\x1b[0K[1/2] a kernel\\r\n"+
		"[1/2] a kernel\\r  1:10\n"+
		"\x1b[0Ksection_end:1700000070:a-kernel---0K_1700000000000_1\r\x1b[0K\n"+
		"[1/2] a kernel\\r  done  1:10\n"+
		"\x1b[0Ksection_start:1700000070:kernel_1700000070000_2[collapsed=true]\r\x1b[0K[2/2] kernel\n"+
		"\x1b[0Ksection_end:1700000070:kernel_1700000070000_2\r\x1b[0K\n"+
		"[2/2] kernel  done  0.0 s\n")
}

// Lines of stages that run side by side would tear folds to pieces.
func TestNoFoldsSideBySide(t *testing.T) {
	f := newPlain(t, func(o *ui.Options) { o.Folds = ui.GitHubFolds })
	f.Stage("a", 0, 0)
	b := f.Stage("b", 0, 0)
	fmt.Fprintln(f.Out(), "result")
	f.clock.advance(20 * time.Second)
	b.Note("x")
	same(t, f.err.String(), "::group::a\nb  started\n::endgroup::\nb  x  0:20\n")
}

// Other CI systems get plain lines, and a terminal its live line.
func TestNoFolds(t *testing.T) {
	f := newPlain(t, nil)
	f.Stage("a", 1, 1).Done()
	same(t, f.err.String(), "[1/1] a  started\n[1/1] a  done  0.0 s\n")
	term := newTerminal(t, func(o *ui.Options) { o.Folds = ui.GitHubFolds })
	term.Stage("a", 1, 1).Done()
	same(t, term.term.screen(), "[1/1] a  done  0.0 s\n")
	brief := newPlain(t, func(o *ui.Options) { o.Folds = ui.GitHubFolds })
	b := brief.Brief("x")
	b.Stage("a", 1, 1).Done()
	b.Close()
	same(t, brief.err.String(), "")
}

type placedError struct{ line int }

func (e *placedError) Error() string { return fmt.Sprintf("x.c:%d: no", e.line) }

// An error with a place is annotated once, wherever it is in the chain.
func TestErrorsWithAPlaceAreAnnotated(t *testing.T) {
	place := func(err error) (ui.Annotation, bool) {
		if e, ok := err.(*placedError); ok { //nolint:errorlint // the UI follows the chain
			return ui.Annotation{File: "x,y.c", Line: e.line, Message: "100%:\n" + e.Error()}, true
		}
		return ui.Annotation{}, false
	}
	err := fmt.Errorf("stage: %w", errors.Join(&placedError{1}, &placedError{2}, fmt.Errorf("again: %w", &placedError{1}), errors.New("z")))
	f := newPlain(t, func(o *ui.Options) { o.GitHub, o.Place = true, place })
	f.Error(err)
	same(t, f.out.String(), "::error file=x%2Cy.c,line=1::100%25:%0Ax.c:1: no\n::error file=x%2Cy.c,line=2::100%25:%0Ax.c:2: no\n")
	f.Error(nil)
	elsewhere := newPlain(t, func(o *ui.Options) { o.Place = place })
	elsewhere.Error(err)
	same(t, elsewhere.out.String(), "")
}
