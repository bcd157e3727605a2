// SPDX-License-Identifier: Apache-2.0

package owned

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// A link is nobody's marker and nobody's output, wherever it leads.
func TestLinksAreForeign(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	theirs := lock(t, other)
	defer theirs.Release()
	if err := os.Symlink(filepath.Join(other, Marker), filepath.Join(dir, Marker)); err != nil {
		t.Fatal(err)
	}
	if _, err := Claim(dir); !isForeign(err) {
		t.Errorf("a link to a marker is one: %v", err)
	}
	// A file of ours whose place a link has taken since.
	if err := theirs.Place("out", []byte("x")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(other, "out")
	write(t, filepath.Join(dir, "thesis"), "x")
	if err := errors.Join(os.Remove(file), os.Symlink(filepath.Join(dir, "thesis"), file)); err != nil {
		t.Fatal(err)
	}
	if err := theirs.Place("out", []byte("y")); !isForeign(err) {
		t.Errorf("a link was written to: %v", err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "thesis")); err != nil || string(text) != "x" {
		t.Errorf("it leads to %q, %v", text, err)
	}
}

func isForeign(err error) bool {
	_, foreign := errors.AsType[*ForeignError](err)
	return foreign
}

// A marker that nobody can have written is not read.
func TestEndlessRecord(t *testing.T) {
	dir := t.TempDir()
	marker := filepath.Join(dir, Marker)
	write(t, marker, markerText)
	for size, want := range map[int64]bool{recordMost: false, recordMost + 1: true} {
		if err := os.Truncate(marker, size); err != nil {
			t.Fatal(err)
		}
		h, err := Claim(dir)
		h.Release()
		if isForeign(err) != want || (err != nil) != want {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

// A pipe of an output's name is refused, and nobody waits for a writer.
func TestReadFileOfAPipe(t *testing.T) {
	dir := t.TempDir()
	pipe, file := filepath.Join(dir, "pipe"), filepath.Join(dir, "file")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, file, "abc")
	for name, want := range map[string]string{pipe: "is no regular file", dir: "is no regular file"} {
		if _, err := ReadFile(name, 3); !isForeign(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if data, err := ReadFile(file, 3); err != nil || string(data) != "abc" {
		t.Errorf("got %q, %v", data, err)
	}
	if _, err := ReadFile(file, 2); !isForeign(err) {
		t.Errorf("longer than it may be: %v", err)
	}
}

// A name that leads out of the directory is in no record.
func TestRecordHasNoPathToElsewhere(t *testing.T) {
	dir := t.TempDir()
	names := []string{"../thesis", "/etc/passwd", ".", "./", "a/../../thesis", "a//b"}
	write(t, filepath.Join(dir, Marker), markerText+strings.Join(names, "\n")+"\nok\ncut")
	h := lock(t, dir)
	for _, name := range append(names, "cut") {
		if h.Has(name) {
			t.Errorf("the record has %q", name)
		}
	}
	if !h.Has("ok") {
		t.Error("the record does not have what is below the directory")
	}
}

// What cannot be removed keeps its record, and the marker stays with it.
func TestRemoveThatFails(t *testing.T) {
	dir := t.TempDir()
	h := lock(t, dir)
	if err := errors.Join(h.Place("a/x", nil), h.Place("b/x", nil), h.Add("a/late")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "a/y"), "")
	// Another program writes into the directory while it is being removed.
	report, err := h.Remove(dir, func(name string, _ bool) bool {
		if name == "a/y" {
			write(t, filepath.Join(dir, "a/late"), "")
		}
		return name == "a/y"
	})
	if err == nil || report.Gone || !strings.HasPrefix(err.Error(), "clean "+dir) {
		t.Errorf("got %+v, %v", report, err)
	}
	if got := tree(t, dir); got != "a/late" || h.Has("a/x") || h.Has("b/x") || !h.Has("a/late") {
		t.Errorf("left %s, recorded %v", got, h.record)
	}
	h.Release()
	if report, err := lock(t, dir).Remove(dir, nil); err != nil || !report.Gone {
		t.Errorf("once more: %+v, %v", report, err)
	}
}

func TestForeignListsWhatIsNotRecorded(t *testing.T) {
	dir := t.TempDir()
	h := lock(t, dir)
	if err := h.Replace("out", fill(t, "a", "b/c")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "out/b/theirs"), "")
	write(t, filepath.Join(dir, "out/d/e/f"), "")
	if got, err := h.Foreign("out"); err != nil || !slices.Equal(got, []string{"b/theirs", "d"}) {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := h.Foreign("none"); err != nil || len(got) > 0 {
		t.Errorf("of a directory that is not there: %q, %v", got, err)
	}
	if h.Dir() != Real(dir) {
		t.Errorf("the directory is %s, want %s", h.Dir(), Real(dir))
	}
}

// A run that lives has its lock, a dead one has not, and other directories are no runs.
func TestLiveRuns(t *testing.T) {
	parent := t.TempDir()
	live, err := NewScratch(parent)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"verbsmith-7-7", "verbsmith-x-7", "other"} {
		if err := os.Mkdir(filepath.Join(parent, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if got := LiveRuns(parent); !slices.Equal(got, []string{strconv.Itoa(os.Getpid())}) {
		t.Errorf("got %q", got)
	}
	if err := live.Close(); err != nil {
		t.Fatal(err)
	}
	if got := LiveRuns(parent); len(got) > 0 {
		t.Errorf("got %q", got)
	}
	if err := SweepScratch(filepath.Join(parent, "none")); err != nil {
		t.Errorf("where there is nothing to sweep: %v", err)
	}
}

// Nothing is removed through a mount, which a bootstrap that was killed may have left.
func TestMountInAScratchStays(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a", "x"), "")
	write(t, filepath.Join(dir, "proc", "theirs"), "")
	err := removeTreeOf(dir, func(name string) (uint64, error) {
		if filepath.Base(name) == "proc" {
			return 2, nil
		}
		return 1, nil
	})
	if foreign, ok := errors.AsType[*ForeignError](err); !ok || filepath.Base(foreign.Path) != "proc" {
		t.Errorf("got %v", err)
	}
	if got := tree(t, dir); got != "a/x proc/theirs" {
		t.Errorf("left %s", got)
	}
	if err := removeTree(dir); err != nil || tree(t, dir) != "" {
		t.Errorf("left %s, %v", tree(t, dir), err)
	}
}

// A directory that cannot be made or marked is an error, and nothing is held.
func TestDirectoryInTheWay(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "file"), "")
	if h, err := Lock(t.Context(), filepath.Join(dir, "file", "x"), nil); err == nil || h != nil {
		t.Errorf("got %+v, %v", h, err)
	}
	if s, err := NewScratch(filepath.Join(dir, "file")); err == nil || s != nil {
		t.Errorf("got %+v, %v", s, err)
	}
	var none *Scratch
	if err := none.Close(); err != nil {
		t.Error(err)
	}
	h := lock(t, dir)
	if err := h.Place("file/x", nil); err == nil {
		t.Error("a file is a directory")
	}
	if err := h.Replace("file/x", fill(t, "a")); err == nil || h.Has("file/x/a") {
		t.Errorf("a file is a directory: %v", err)
	}
}

// Messages name the path and say why.
func TestMessages(t *testing.T) {
	for want, err := range map[string]error{
		"d is in use by another run":                       &BusyError{Dir: "d"},
		"p was not made by verbsmith: it is left as it is": &ForeignError{Path: "p"},
		"p is a socket: it is left as it is":               &ForeignError{Path: "p", Why: "is a socket"},
	} {
		if got := err.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
