// SPDX-License-Identifier: Apache-2.0

package stagecache

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// rot changes a byte of a file in place and gives it back the time that it had.
func rot(t *testing.T, file string) {
	t.Helper()
	st, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	data[0] ^= 1
	if err := errors.Join(os.WriteFile(file, data, 0o600), os.Chtimes(file, st.ModTime(), st.ModTime())); err != nil {
		t.Fatal(err)
	}
}

// hide makes the record's cheap facts those of the file as it is now: what a disk does
// by itself changes no time.
func hide(t *testing.T, e Entry) {
	t.Helper()
	r, err := readRecord(filepath.Dir(e.Dir))
	if err != nil {
		t.Fatal(err)
	}
	err = eachFile(e.Dir, func(f treeFile) error {
		brief := briefRecord(f.info)
		brief.Content = r.Files[quoteName(f.name)].Content
		r.Files[quoteName(f.name)] = brief
		return nil
	})
	if err := errors.Join(err, writeRecord(filepath.Dir(e.Dir), r)); err != nil {
		t.Fatal(err)
	}
}

// A file that was changed and given its old time is not what the stage made.
func TestChangedFileWithItsOldTimeIsMadeAgain(t *testing.T) {
	dir, made := t.TempDir(), 0
	e, err := open(t, dir).Do(t.Context(), "rpm", "k", counting(&made, "x"))
	if err != nil {
		t.Fatal(err)
	}
	rot(t, filepath.Join(e.Dir, "file"))
	again, err := open(t, dir).Do(t.Context(), "rpm", "k", counting(&made, "x"))
	if err != nil || again.Hit || made != 2 || !strings.Contains(again.Damage, `"file" does not have the content`) {
		t.Errorf("got %+v, made %d times, error %v: want it made again, and said", again, made, err)
	}
}

// A file that was replaced by an equal one is as good.
func TestRestoredFileIsAHit(t *testing.T) {
	dir, made := t.TempDir(), 0
	e, err := open(t, dir).Do(t.Context(), "rpm", "k", counting(&made, "x"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(e.Dir, "file")
	if err := errors.Join(os.Rename(file, file+"2"), os.WriteFile(file, []byte("x"), 0o600), os.Remove(file+"2")); err != nil {
		t.Fatal(err)
	}
	if again, err := open(t, dir).Do(t.Context(), "rpm", "k", counting(&made, "x")); err != nil || !again.Hit {
		t.Errorf("got %+v, %v: want a hit", again, err)
	}
}

// What no time gives away is found by who reads it, told, and made again.
func TestRotIsFoundWhereItIsRead(t *testing.T) {
	for _, read := range []struct {
		name string
		call func(e Entry) error
	}{
		{"a file", func(e Entry) error { _, err := ReadFile(filepath.Join(e.Dir, "file")); return err }},
		{"the whole", func(e Entry) error { return Verify(e.Dir) }},
	} {
		dir, made := t.TempDir(), 0
		e, err := open(t, dir).Do(t.Context(), "rpm", "k", counting(&made, "x"))
		if err == nil {
			err = read.call(e)
		}
		if err != nil {
			t.Fatalf("%s, as it was made: %v", read.name, err)
		}
		rot(t, filepath.Join(e.Dir, "file"))
		hide(t, e)
		if hit, err := open(t, dir).Do(t.Context(), "rpm", "k", counting(&made, "x")); err != nil || !hit.Hit {
			t.Fatalf("%s: the test does not hide the change: %+v, %v", read.name, hit, err)
		}
		damage, ok := errors.AsType[*DamageError](read.call(e))
		if !ok || damage.Stage != "rpm" || damage.File != "file" {
			t.Errorf("%s: got %v, want a *DamageError that names the file", read.name, damage)
		}
		again, err := open(t, dir).Do(t.Context(), "rpm", "k", counting(&made, "x"))
		if err != nil || again.Hit || made != 2 || again.Damage == "" || read.call(again) != nil {
			t.Errorf("%s: got %+v, made %d times, error %v: want it made again", read.name, again, made, err)
		}
	}
}

func TestVerifySeesMissingAndFurtherFiles(t *testing.T) {
	for name, change := range map[string]func(dir string) error{
		"a missing file":   func(dir string) error { return os.Remove(filepath.Join(dir, "sub", "bad\xff\nname")) },
		"a further file":   func(dir string) error { return os.WriteFile(filepath.Join(dir, "sub", "new"), nil, 0o600) },
		"a missing link":   func(dir string) error { return os.Remove(filepath.Join(dir, "link")) },
		"a changed link":   func(dir string) error { return relink(filepath.Join(dir, "link")) },
		"a missing folder": func(dir string) error { return os.Remove(filepath.Join(dir, "sub", "empty")) },
	} {
		made := 0
		e, err := open(t, t.TempDir()).Do(t.Context(), "rpm", "k", counting(&made, "x"))
		if err != nil {
			t.Fatal(err)
		}
		if err := Verify(filepath.Join(e.Dir, "sub")); err != nil {
			t.Fatalf("a part as it was made: %v", err)
		}
		if err := change(e.Dir); err != nil {
			t.Fatal(err)
		}
		if _, ok := errors.AsType[*DamageError](Verify(e.Dir)); !ok {
			t.Errorf("%s is not seen", name)
		}
	}
}

func relink(file string) error {
	return errors.Join(os.Remove(file), os.Symlink("elsewhere", file))
}

// What is in no entry has no record that it could be compared with.
func TestOnlyEntriesAreVerified(t *testing.T) {
	c, made := open(t, t.TempDir()), 0
	_, err := c.Do(t.Context(), "rpm", "k", func(ctx context.Context, dir string) error {
		if err := counting(&made, "x")(ctx, dir); err != nil {
			return err
		}
		_, err := ReadFile(filepath.Join(dir, "file"))
		return errors.Join(err, Verify(dir))
	})
	if err != nil {
		t.Errorf("an entry that is being made: %v", err)
	}
	other := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(other, []byte("y"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(other); err != nil {
		t.Errorf("a file elsewhere: %v", err)
	}
}

// What flows out of an entry is verified before the first byte, and once more at its end.
func TestOpenVerifies(t *testing.T) {
	made := 0
	e, err := open(t, t.TempDir()).Do(t.Context(), "rpm", "k", counting(&made, "text"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(e.Dir, "file")
	for _, writeTo := range []bool{false, true} {
		f, size, err := (&Verifier{}).Open(file)
		if err != nil || size != int64(len("text")) {
			t.Fatal(size, err)
		}
		rot(t, file)
		if writeTo {
			_, err = io.Copy(io.Discard, f)
		} else {
			_, err = io.ReadAll(struct{ io.Reader }{f})
		}
		if _ = f.Close(); !errors.As(err, new(*DamageError)) {
			t.Errorf("changed while it was read: got %v", err)
		}
		rot(t, file)
		if err := writeRecord(filepath.Dir(e.Dir), e.record); err != nil { // the damage has removed it
			t.Fatal(err)
		}
	}
	rot(t, file)
	hide(t, e)
	if _, _, err := (&Verifier{}).Open(file); !errors.As(err, new(*DamageError)) {
		t.Errorf("damaged before: got %v", err)
	}
	other := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(other, []byte("one"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, _, err := (&Verifier{}).Open(other)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rot(t, other)
	if _, err := io.ReadAll(f); !errors.Is(err, errChanged) {
		t.Errorf("another file that was changed: got %v", err)
	}
}

// A digest for a key is the recorded one as long as nobody has touched the file.
func TestSum(t *testing.T) {
	made := 0
	e, err := open(t, t.TempDir()).Do(t.Context(), "rpm", "k", counting(&made, "text"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(e.Dir, "file")
	want := sumOf([]byte("text"))
	if got, err := (&Verifier{}).Sum(file); err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	if err := os.Chtimes(file, e.Made, e.Made); err != nil {
		t.Fatal(err)
	}
	if got, err := (&Verifier{}).Sum(file); err != nil || got != want {
		t.Errorf("touched: got %s, %v, want %s", got, err, want)
	}
	rot(t, file)
	if _, err := (&Verifier{}).Sum(file); !errors.As(err, new(*DamageError)) {
		t.Errorf("changed: got %v", err)
	}
	if _, err := (&Verifier{}).Sum(filepath.Join(t.TempDir(), "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// A file read from an entry is verified with the record that the entry came with.
func TestEntryReadFile(t *testing.T) {
	made := 0
	e, err := open(t, t.TempDir()).Do(t.Context(), "rpm", "k", counting(&made, "text"))
	if err != nil {
		t.Fatal(err)
	}
	if data, err := e.ReadFile("file"); err != nil || string(data) != "text" {
		t.Errorf("got %q, %v", data, err)
	}
	rot(t, filepath.Join(e.Dir, "file"))
	if _, err := e.ReadFile("file"); !errors.As(err, new(*DamageError)) {
		t.Errorf("got %v", err)
	}
	if _, err := e.ReadFile("missing"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
