// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"strings"
	"testing"
)

// What failed is repeated with what was printed before it, however much is printed later.
func TestGoTestFailures(t *testing.T) {
	f := newTestFailures()
	for i := range 5000 {
		_, _ = fmt.Fprintf(f, "noise %d\n", i)
	}
	for _, part := range []string{"        [stderr]\n  error: no such", " file\n", "        FAIL: testdata/a.txtar:6: unexpected", " command failure\n", "    --- FAIL: Test/a (1s)\n        a_test.go:7: got 1\n"} {
		_, _ = f.Write([]byte(part))
	}
	_, _ = f.Write([]byte(strings.Repeat("noise\n", 5000)))
	if got := newTestFailures().String(); got != "" {
		t.Errorf("of nothing: %q", got)
	}
	got := f.String()
	for _, want := range []string{
		"\n  [stderr]\n  error: no such file\n  FAIL: testdata/a.txtar:6: unexpected command failure\n", "\n  --- FAIL: Test/a (1s)\n  a_test.go:7: got 1",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got %q, which lacks %q", got, want)
		}
	}
	if len(got) > 1500 || strings.Contains(got, "noise 4000\n") {
		t.Errorf("got %d bytes: %q", len(got), got)
	}
}

// Output without an end of line is bounded.
func TestGoTestFailuresBounded(t *testing.T) {
	f := newTestFailures()
	for range 100 {
		_, _ = f.Write([]byte(strings.Repeat("x", 1000)))
	}
	_, _ = f.Write([]byte("\n" + strings.Repeat("--- FAIL: Test"+strings.Repeat("y", 2000)+"\n", 100)))
	if got := len(f.String()); got < 100 || got > 7000 || len(f.line) > 1000 {
		t.Errorf("keeps %d bytes, and %d of a line", got, len(f.line))
	}
}
