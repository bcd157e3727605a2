// SPDX-License-Identifier: Apache-2.0

package ui_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/ui"
)

func logged(t *testing.T, s *ui.Stage) string {
	t.Helper()
	data, err := os.ReadFile(s.LogPath())
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestLogIsMadeAtTheFirstWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs", "run 1")
	f := newPlain(t, func(o *ui.Options) { o.LogDir = dir })
	s := f.Stage("build", 8, 11)
	same(t, s.LogPath(), filepath.Join(dir, "08-build.log"))
	fmt.Fprint(s.Log(), "")
	if _, err := os.Stat(dir); err == nil {
		t.Error("a silent stage has made the folder")
	}
	fmt.Fprint(s.Log(), "\x1b[31mone\r\n")
	s.Done()
	fmt.Fprint(s.Log(), "after the end\n")
	same(t, logged(t, s), "\x1b[31mone\r\nafter the end\n")
}

func TestLogOfAnEarlierRunIsReplaced(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "01-spec.log"), []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := newPlain(t, func(o *ui.Options) { o.LogDir = dir })
	s := f.Stage("spec", 1, 1)
	fmt.Fprintln(s.Log(), "new")
	same(t, logged(t, s), "new\n")
}

func TestLogNames(t *testing.T) {
	dir := t.TempDir()
	f := newPlain(t, func(o *ui.Options) { o.LogDir = dir })
	tests := []struct{ stage, want string }{
		{"build", "01-build.log"},
		{"build", "01-build-2.log"},
		{"../../etc/passwd", "01-etc-passwd.log"},
		{"a b\n'\"%", "01-a-b.log"},
		{"", "01-stage.log"},
		{"构建", "01-stage-2.log"},
		{strings.Repeat("x", 300), "01-" + strings.Repeat("x", 60) + ".log"},
	}
	for _, tt := range tests {
		same(t, f.Stage(tt.stage, 1, 0).LogPath(), filepath.Join(dir, tt.want))
	}
}

func TestLogTakesConcurrentWriters(t *testing.T) {
	f := newPlain(t, func(o *ui.Options) { o.LogDir = t.TempDir() })
	s := f.Stage("build", 1, 1)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				fmt.Fprint(s.Log(), "0123456789\n")
				s.Step(1, 2, "x")
			}
		})
	}
	wg.Wait()
	s.Done()
	same(t, logged(t, s), strings.Repeat("0123456789\n", 800))
}

func TestLogThatCannotBeWrittenSaysSo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f := newPlain(t, func(o *ui.Options) { o.LogDir = filepath.Join(file, "logs") })
	if _, err := f.Stage("a", 1, 1).Log().Write([]byte("x")); err == nil {
		t.Error("no error")
	}
}

func TestNoLogDirNoLog(t *testing.T) {
	f := newPlain(t, nil)
	s := f.Stage("a", 1, 1)
	if n, err := s.Log().Write([]byte("xyz")); n != 3 || err != nil {
		t.Errorf("write: %d, %v", n, err)
	}
	same(t, s.LogPath(), "")
}

// TestAFailedStageHasALog: its error names one, also where nothing was written before.
func TestAFailedStageHasALog(t *testing.T) {
	u := ui.New(ui.Options{Out: io.Discard, Err: io.Discard, LogDir: filepath.Join(t.TempDir(), "logs")})
	defer u.Close()
	s := u.Stage("edit", 1, 1)
	s.Fail(errors.New("no such thing"))
	if data, err := os.ReadFile(s.LogPath()); err != nil || string(data) != "no such thing\n" {
		t.Errorf("%q %v", data, err)
	}
}
