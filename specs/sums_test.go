// SPDX-License-Identifier: Apache-2.0

package specs_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/resnics/verbsmith/specs"
	"github.com/resnics/verbsmith/specs/strictyaml"
)

var (
	sumA = strings.Repeat("a", 64)
	sumB = strings.Repeat("b", 64)
)

func openSums(t *testing.T, path string) *specs.Sums {
	t.Helper()
	s, err := specs.OpenSums(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSumsRecord(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.sum")
	if err := os.WriteFile(path, []byte("# a comment\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := openSums(t, path)
	if _, ok := s.Lookup("1.0", "a.tar.gz"); ok {
		t.Error("an empty file knows a sum")
	}
	for _, r := range [][3]string{
		{"10.0", "a.tar.gz", sumA},
		{"9.0", "b.tar.gz", sumB},
		{"9.0", "a.tar.gz", sumA},
		{"9.0", "a b\n%", sumB},
		{"9.0", "a.tar.gz", sumA},
	} {
		if err := s.Record(t.Context(), r[0], r[1], r[2]); err != nil {
			t.Fatal(err)
		}
	}
	want := "# a comment\n" +
		`9.0 "a b\n%" sha256:` + sumB + "\n" +
		"9.0 a.tar.gz sha256:" + sumA + "\n" +
		"9.0 b.tar.gz sha256:" + sumB + "\n" +
		"10.0 a.tar.gz sha256:" + sumA + "\n"
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("file:\n%s\nwant:\n%s", got, want)
	}
	for _, again := range []*specs.Sums{s, openSums(t, path)} {
		if sum, ok := again.Lookup("9.0", "a b\n%"); !ok || sum != sumB {
			t.Errorf("Lookup of the odd name: %s, %v", sum, ok)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v (%v), want that of before", info.Mode(), err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("in the folder: %v (%v), want the file alone", left, err)
	}
}

func TestSumsConflict(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.sum")
	s := openSums(t, path)
	if err := s.Record(t.Context(), "1.0", "a", sumA); err != nil {
		t.Fatal(err)
	}
	// Another process has the same name with the same sum, and this one another.
	err := openSums(t, path).Record(t.Context(), "1.0", "a", sumB)
	if _, ok := errors.AsType[*specs.SumConflictError](err); !ok {
		t.Fatalf("got %v, want a *SumConflictError", err)
	}
	if got, want := err.Error(), path+":1: 1.0 a: recorded sha256:"+sumA+", got sha256:"+sumB; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if sum, _ := openSums(t, path).Lookup("1.0", "a"); sum != sumA {
		t.Errorf("the conflict left %s on record", sum)
	}
}

func TestSumsRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.sum")
	s := openSums(t, path)
	for _, r := range [][3]string{
		{"", "a", sumA}, {"1.0", "", sumA}, {"1.0", "a", ""}, {"1.0", "a", "sha256:" + sumA}, {"1.0", "a", strings.ToUpper(sumA)}, {"1.0", "a", sumA + "\n"},
	} {
		if err := s.Record(t.Context(), r[0], r[1], r[2]); err == nil {
			t.Errorf("recorded %q", r)
		}
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is there: %v", err)
	}
	blocked := filepath.Join(path, "x.sum")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := specs.OpenSums(blocked); err == nil {
		t.Error("opened a file below another file")
	}
}

// TestSumsPins has a file with pins, which decides and is never written.
func TestSumsPins(t *testing.T) {
	path := filepath.Join(t.TempDir(), "to", "be", "made", "x.sum")
	const before, file = "# by hand\n1.0 a sha256:", "specs/pins"
	pins := func(text string) specs.PinFile { return specs.PinFile{Name: file, Data: []byte(text)} }
	s, err := specs.OpenSums(path, pins(before+sumA+"\n"), specs.PinFile{Name: "empty"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Record(t.Context(), "1.0", "a", sumA); err != nil {
		t.Errorf("a sum that is pinned: %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a pinned sum was recorded once more: %v", err)
	}
	var conflict *specs.SumConflictError
	if err := s.Record(t.Context(), "1.0", "a", sumB); !errors.As(err, &conflict) || conflict.File != file || conflict.Line != 2 {
		t.Errorf("another sum than the pinned one: %v", err)
	}
	if err := s.Record(t.Context(), "1.0", "b", sumB); err != nil {
		t.Fatal(err)
	}
	// Somebody pins what another has recorded.
	if s, err = specs.OpenSums(path, pins(before+sumB+"\n1.0 b sha256:"+sumA+"\n")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": sumB, "b": sumA} {
		if got, ok := s.Lookup("1.0", name); !ok || got != want {
			t.Errorf("%s is %s, want the pinned %s", name, got, want)
		}
	}
	if _, err := specs.OpenSums(path, pins("what\n")); len(strictyaml.Mistakes(err)) != 1 {
		t.Errorf("a bad line among the pins: %v", err)
	}
}

func TestSumsParse(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"good", "\n# c\n1.0 a sha256:" + sumA + "\r\n\"x y\" b sha256:" + sumB, ""},
		{"same twice", "1.0 a sha256:" + sumA + "\n1.0 a sha256:" + sumA + "\n", ""},
		{
			"all at once", "1.0\n1.0 a\n1.0 a md5:1\n1.0 a sha256:12\n1.0  a sha256:" + sumA + "\n\"1.0 a sha256:" + sumA + "\n1.0 a b sha256:" + sumA + "\n",
			"F:1:1 F:2:5 F:3:7 F:4:7 F:5:5 F:6:1 F:7:9",
		},
		{"comment in the middle", "1.0 a sha256:" + sumA + "\n# c\n", "F:2:1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.sum")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := specs.OpenSums(path)
			var got []string
			for _, m := range strictyaml.Mistakes(err) {
				got = append(got, fmt.Sprintf("F:%d:%d", m.Line, m.Column))
			}
			if strings.Join(got, " ") != tt.want || (err == nil) != (tt.want == "") {
				t.Errorf("got %s, want %s: %v", got, tt.want, err)
			}
		})
	}
	path := filepath.Join(t.TempDir(), "x.sum")
	if err := os.WriteFile(path, []byte("1.0 a sha256:"+sumA+"\n1.0 a sha256:"+sumB+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var conflict *specs.SumConflictError
	if _, err := specs.OpenSums(path); !errors.As(err, &conflict) || conflict.Line != 2 {
		t.Errorf("two sums for one name: %v", err)
	}
}

// TestSumsTogether has many writers, each with its own view of the file, as processes have.
func TestSumsTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.sum")
	const writers = 12
	var wg sync.WaitGroup
	for i := range writers {
		s := openSums(t, path)
		wg.Go(func() {
			for j := range 3 {
				if err := s.Record(t.Context(), fmt.Sprintf("%d.%d", i, j), "a", sumA); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	s := openSums(t, path)
	for i := range writers {
		for j := range 3 {
			if _, ok := s.Lookup(fmt.Sprintf("%d.%d", i, j), "a"); !ok {
				t.Errorf("%d.%d was lost", i, j)
			}
		}
	}
}

// A process that holds the lock and never lets go of it holds nobody for longer than they want to wait.
func TestRecordWaitsAsLongAsItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.sum")
	other := flock.New(filepath.Dir(path), flock.SetFlag(os.O_RDONLY))
	if err := other.Lock(); err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	ctx, stop := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, stop)
	if err := openSums(t, path).Record(ctx, "1.0", "a", sumA); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("written without the lock: %v", err)
	}
}

// What is no file of sums is not waited for, and not read without an end.
func TestSumsThatHaveNoEnd(t *testing.T) {
	dir := t.TempDir()
	pipe, long := filepath.Join(dir, "pipe"), filepath.Join(dir, "long")
	if err := errors.Join(syscall.Mkfifo(pipe, 0o600), os.WriteFile(long, nil, 0o600), os.Truncate(long, 1<<40)); err != nil {
		t.Fatal(err)
	}
	if _, err := specs.OpenSums(long); err == nil || !strings.Contains(err.Error(), "has more than") {
		t.Errorf("got %v", err)
	}
	if _, err := specs.OpenSums(pipe); err != nil {
		t.Errorf("a pipe that nobody writes to is empty: %v", err)
	}
}

func FuzzSums(f *testing.F) {
	f.Add("1.0", "a")
	f.Add("a b", "\"")
	f.Add("#", "\n")
	f.Fuzz(func(t *testing.T, version, name string) {
		if version == "" || name == "" {
			return
		}
		path := filepath.Join(t.TempDir(), "x.sum")
		if err := openSums(t, path).Record(t.Context(), version, name, sumA); err != nil {
			t.Fatal(err)
		}
		if sum, ok := openSums(t, path).Lookup(version, name); !ok || sum != sumA {
			t.Errorf("%q %q is lost", version, name)
		}
	})
}
