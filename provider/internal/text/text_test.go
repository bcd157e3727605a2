// SPDX-License-Identifier: Apache-2.0

package text

import (
	"errors"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/providertest"
	"github.com/resnics/verbsmith/specs/edit"
)

func TestLines(t *testing.T) {
	data := []byte("ab\n\ncd")
	for off, want := range map[int][3]int{0: {0, 3, 1}, 2: {0, 3, 1}, 3: {3, 4, 2}, 4: {4, 6, 3}, 6: {4, 6, 3}} {
		if got := [3]int{LineStart(data, off), LineEnd(data, off), LineNumber(data, off)}; got != want {
			t.Errorf("offset %d: %v, want %v", off, got, want)
		}
	}
}

// The line end of a new line is that of the line beside it.
func TestEOL(t *testing.T) {
	for _, tt := range []struct {
		data string
		off  int
		want string
	}{
		{"a\nb\r\nc", 0, "\n"}, {"a\nb\r\nc", 2, "\r\n"}, {"a\nb\r\nc", 5, "\r\n"}, {"a\nb", 2, "\n"}, {"a", 0, "\n"}, {"", 0, "\n"},
	} {
		if got := EOL([]byte(tt.data), tt.off); got != tt.want {
			t.Errorf("%q at %d: %q, want %q", tt.data, tt.off, got, tt.want)
		}
	}
}

func TestIndent(t *testing.T) {
	for line, want := range map[string]string{"x": "", " \tx": " \t", "a x": "none", "ax": "none"} {
		got, ok := Indent([]byte("y\n"+line), 2+strings.Index(line, "x"))
		if ok != (want != "none") || ok && got != want {
			t.Errorf("%q: %q, %v", line, got, ok)
		}
	}
}

func TestInsertLines(t *testing.T) {
	for _, tt := range []struct{ data, after, before string }{
		{"a\nb\n", "a\nnew\nb\n", "new\na\nb\n"},
		{"a\r\nb\r\n", "a\r\nnew\r\nb\r\n", "new\r\na\r\nb\r\n"},
		{"a", "a\nnew", "new\na"},
	} {
		data := []byte(tt.data)
		providertest.WantText(t, string(InsertLineAfter(data, 0, "new")), tt.after)
		providertest.WantText(t, string(InsertLineBefore(data, 0, "new")), tt.before)
		providertest.WantText(t, string(data), tt.data)
	}
	providertest.WantText(t, string(InsertLineAfter([]byte("a\r\nb"), 3, "new")), "a\r\nb\r\nnew")
}

// Lines go with what they held; what else stands there stays.
func TestCutLines(t *testing.T) {
	for in, want := range map[string]string{
		"a\n  x()\nb\n":       "a\nb\n",
		"a\n  x() # why\nb\n": "a\nb\n",
		"a\n  x() y()\nb\n":   "a\n   y()\nb\n",
		"a x()\nb\n":          "a \nb\n",
		"a\nx()":              "a\n",
	} {
		at := strings.Index(in, "x()")
		providertest.WantText(t, string(CutLines([]byte(in), at, at+3)), want)
	}
}

func TestPlaces(t *testing.T) {
	providertest.WantError(t, NoPlace("f", "a list"), "f: want a list, got none")
	providertest.WantError(t, OnePlace("f", "a list", nil), "f: want a list, got none")
	providertest.WantError(t, OnePlace("f", "a list", []int{3}))
	err := OnePlace("f", "a list", []int{3, 7, 9})
	providertest.WantError(t, err, "f:7: want a list, got 3: lines 3, 7 and 9")
	if _, ok := errors.AsType[*edit.PlaceError](err); !ok {
		t.Errorf("want a *PlaceError, got %T", err)
	}
	providertest.WantText(t, LineList([]int{4}), "line 4")
	providertest.WantText(t, LineList([]int{4, 5}), "lines 4 and 5")
	if n := Count([]string{"a", "b", "a"}, "a"); n != 2 {
		t.Errorf("a is counted %d times", n)
	}
}

func TestSourceError(t *testing.T) {
	data := []byte("ab\n\tcd\n")
	providertest.WantText(t, ErrorAt("d/f.c", data, 4, "x", "y").Error(), "d/f.c:2:2: want x, got y")
	providertest.WantText(t, (&SourceError{File: "f", Line: 3, Want: "x", Got: "y"}).Error(), "f:3: want x, got y")
	providertest.WantText(t, (&SourceError{File: "f", Column: 3, Want: "x", Got: "y"}).Error(), "f: want x, got y")
	long := (&SourceError{File: "f", Want: "x", Got: strings.Repeat("y", 10_000)}).Error()
	if len(long) > 2000 {
		t.Errorf("an error of %d bytes", len(long))
	}
	providertest.WantText(t, Excerpt(strings.Repeat("ä", 200)), strings.Repeat("ä", 200))
	providertest.WantText(t, Excerpt(strings.Repeat("ä", 201)), strings.Repeat("ä", 200)+"…")
}
