// SPDX-License-Identifier: Apache-2.0

package ui_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/ui"
)

func TestNinjaProgress(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"a line", "[1/371] Building C object rib.c.o\n", "1/371 Building C object rib.c.o;"},
		{"carriage returns", "[1/3] a\r[2/3] b\r[3/3] c\n", "1/3 a;2/3 b;3/3 c;"},
		{"crlf", "[1/3] a\r\n", "1/3 a;"},
		{"colours", "\x1b[1m[1/3] a\x1b[0m\n", "1/3 a;"},
		{"a verbose command", "[7/9] /usr/bin/cc -O2 -o lib/librib-rdmav34.so -shared x.o\n", "7/9 librib-rdmav34.so;"},
		{"an unfinished line", "[1/3] a", ""},
		{"other programs", "-- Found X\n[ 50%] make\n[a/b] x\n[3/2] x\n[0/0] x\n [1/2] x\n[1/2]x\n\n\r\r", ""},
		{"numbers beyond all builds", "[1/99999999999999999999] x\n", ""},
		{"an endless line, then a good one", strings.Repeat("x", 1<<20) + "\n[1/2] ok\n", "1/2 ok;"},
		{"the command of the next line is not of this one", "[0/1] Re-running CMake...\n-o x\n", "0/1 Re-running CMake...;"},
	}
	for _, tt := range tests {
		for _, size := range []int{1, 2, 7, len(tt.in)} {
			t.Run(fmt.Sprintf("%s in pieces of %d", tt.name, size), func(t *testing.T) {
				var out bytes.Buffer
				var steps strings.Builder
				w := ui.NinjaProgress(&out, func(done, total int, what string) {
					fmt.Fprintf(&steps, "%d/%d %s;", done, total, what)
				})
				for rest := tt.in; rest != ""; {
					n, err := io.WriteString(w, rest[:min(size, len(rest))])
					if err != nil {
						t.Fatal(err)
					}
					rest = rest[n:]
				}
				same(t, steps.String(), tt.want)
				if out.String() != tt.in {
					t.Error("the bytes were changed")
				}
			})
		}
	}
}

func TestNinjaProgressKeepsLittleOfALongLine(t *testing.T) {
	longest := 0
	w := ui.NinjaProgress(io.Discard, func(_, _ int, what string) { longest = max(longest, len(what)) })
	_, _ = io.WriteString(w, "[1/2] "+strings.Repeat("x", 1<<20)+"\n")
	if longest == 0 || longest > 1<<16 {
		t.Errorf("kept %d bytes of a line", longest)
	}
}

type failingWriter struct{ takes int }

var errFull = errors.New("disk full")

func (w failingWriter) Write(p []byte) (int, error) { return min(w.takes, len(p)), errFull }

func TestNinjaProgressHandsErrorsOn(t *testing.T) {
	steps := 0
	w := ui.NinjaProgress(failingWriter{8}, func(int, int, string) { steps++ })
	n, err := io.WriteString(w, "[1/2] a\n[2/2] b\n")
	if n != 8 || !errors.Is(err, errFull) {
		t.Errorf("write: %d, %v", n, err)
	}
	if steps != 1 {
		t.Errorf("%d steps for one line written", steps)
	}
}
