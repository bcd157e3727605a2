// SPDX-License-Identifier: Apache-2.0

package ui_test

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/ui"
)

func TestTable(t *testing.T) {
	rows := [][]string{{"librib", "pass"}, {"构建\x1b[31m\t", "two\nlines"}, {"short"}}
	header := []string{"package", "Result"}
	f := newPlain(t, nil)
	f.Table("Packages", header, rows)
	same(t, f.out.String(), `Packages
+---------+--------+
| package | Result |
+---------+--------+
| librib  | pass   |
| 构建    | two    |
|         | lines  |
| short   |        |
+---------+--------+
`)
	term := newTerminal(t, func(o *ui.Options) { o.NoColor = false })
	term.Table("", header, rows[:1])
	same(t, term.term.screen(), "╭─────────┬────────╮\n│ package │ Result │\n├─────────┼────────┤\n"+
		"│ librib  │ \x1b[32mpass\x1b[0m   │\n╰─────────┴────────╯\n")
}

func TestSummary(t *testing.T) {
	f := newPlain(t, nil)
	s := f.Stage("resolve", 1, 2)
	f.clock.advance(350 * time.Millisecond)
	s.Cached("")
	s = f.Stage("build", 2, 2)
	s.Note("rocky9")
	f.clock.advance(78 * time.Second)
	s.Done()
	f.Summary(f.StageTimes())
	same(t, f.out.String(), `+----------+--------+--------+-------+
| stage    | result | note   | time  |
+----------+--------+--------+-------+
| resolve  | cached |        | 0.3 s |
| build    | done   | rocky9 | 1:18  |
| 2 stages |        |        | 1:18  |
+----------+--------+--------+-------+
`)
}

func TestAnnotate(t *testing.T) {
	tests := []struct {
		name string
		a    ui.Annotation
		want string
	}{
		{"only a message", ui.Annotation{Message: "x"}, "::error::x\n"},
		{
			"all",
			ui.Annotation{File: "a.c", Line: 1, Col: 2, Level: ui.LevelWarning, Title: "T", Message: "m"},
			"::warning file=a.c,line=1,col=2,title=T::m\n",
		},
		{
			"hostile",
			ui.Annotation{File: "a,b:c%d\n.c", Line: -1, Level: "evil::", Title: "x\r\ny", Message: "50%\r\n::set-env::a,b:c\x1b[2J"},
			"::error file=a%2Cb%3Ac%25d%0A.c,title=x%0Ay::50%25%0A::set-env::a,b:c\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newPlain(t, func(o *ui.Options) { o.GitHub = true })
			f.Annotate(tt.a)
			same(t, f.out.String(), tt.want)
		})
	}
	f := newPlain(t, nil)
	f.Annotate(ui.Annotation{Message: "x"})
	same(t, f.out.String(), "")
}

func TestAnnotationStandsAtTheStartOfALine(t *testing.T) {
	f := newPlain(t, func(o *ui.Options) { o.GitHub = true })
	_, _ = io.WriteString(f.Out(), "half")
	f.Annotate(ui.Annotation{Message: "x"})
	same(t, f.out.String(), "half\n::error::x\n")
}

func TestSlogHandler(t *testing.T) {
	f := newTerminal(t, nil)
	f.Stage("build", 1, 2)
	f.clock.advance(time.Second)
	log := slog.New(f.SlogHandler())
	log.Debug("hidden")
	log.Info("image pulled", "ref", "rocky linux:9", "size", 12)
	log.With("distro", "rocky9").WithGroup("g").Warn("the stand-in\x1b[2J is used", "why", "no\nregistry", "level", "x")
	log.Error("bad")
	f.Tick()
	same(t, f.term.screen()[len(f.term.screen())-len("bad\n"):], "bad\n") // Not ten redraws for ten lines.
	f.clock.advance(time.Second)
	f.Tick()
	same(t, f.term.screen(), `image pulled  ref="rocky linux:9" size=12
warning: the stand-in is used  distro=rocky9 g.why="no\nregistry" g.level=x
error: bad
[1/2] build  0:02`)
}

func TestSlogHandlerLevel(t *testing.T) {
	f := newPlain(t, func(o *ui.Options) { o.Level = slog.LevelDebug })
	slog.New(f.SlogHandler()).Debug("seen")
	same(t, f.err.String(), "debug: seen\n")
	if f.SlogHandler().Enabled(context.Background(), slog.LevelDebug-1) {
		t.Error("a lower level is enabled")
	}
}

func TestNoStreamsNoPanic(_ *testing.T) {
	u := ui.New(ui.Options{})
	u.Stage("a", 1, 1).Done()
	u.Table("", nil, nil)
	u.Close()
}

func TestQuietShowsNothingAndLogsBelow(t *testing.T) {
	dir := t.TempDir()
	f := newPlain(t, func(o *ui.Options) { o.LogDir = dir })
	q := f.Quiet("v42.0/..")
	s := q.Stage("compile", 1, 1)
	_, _ = io.WriteString(s.Log(), "cc\n")
	s.Step(1, 2, "a.c")
	s.Done()
	q.Table("t", []string{"h"}, nil)
	q.Close()
	same(t, f.out.String()+f.err.String(), "")
	if rel, err := filepath.Rel(dir, s.LogPath()); err != nil || !filepath.IsLocal(rel) || filepath.Dir(rel) != "v42.0" {
		t.Errorf("the log is at %s", s.LogPath())
	}
	if text, err := os.ReadFile(s.LogPath()); err != nil || string(text) != "cc\n" {
		t.Errorf("the log has %q, %v", text, err)
	}
}

// A brief UI leaves the lines about stages out, and a terminal's live line in; its logs are in a directory of their own.
func TestBrief(t *testing.T) {
	dir := t.TempDir()
	run := func(u *ui.UI, advance func(time.Duration)) {
		u = u.Brief("one")
		s := u.Stage("build", 1, 2)
		advance(2 * time.Minute)
		u.Tick()
		slog.New(u.SlogHandler()).WarnContext(context.Background(), "beware")
		if _, err := io.WriteString(s.Log(), "text\n"); err != nil {
			t.Error(err)
		}
		if want := filepath.Join(dir, "one", "01-build.log"); s.LogPath() != want {
			t.Errorf("the log is %s, want %s", s.LogPath(), want)
		}
		s.Done()
		u.Close()
	}
	f := newPlain(t, func(o *ui.Options) { o.LogDir = dir })
	run(f.UI, f.clock.advance)
	same(t, f.err.String(), "warning: beware\n")
	term := newTerminal(t, func(o *ui.Options) { o.LogDir = dir })
	run(term.UI, term.clock.advance)
	same(t, term.term.screen(), "warning: beware\n")
	if shown := strings.Join(term.term.writes, ""); !strings.Contains(shown, "[1/2] build") || strings.Contains(shown, "done") {
		t.Errorf("it has shown %q", shown)
	}
}
