// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/tail"
)

// testLine is what a test says of itself, with its place.
var testLine = regexp.MustCompile(`^[A-Za-z0-9_]+_test\.go:[0-9]+: `)

// failureContext is how many bytes of what was printed before a failure are kept.
const failureContext = 600

// testFailures keeps from the output of go test the lines that say what failed, each with what was printed before it: they
// are repeated at the end, where thousands of lines later nobody would look for them. Of many it keeps the last.
type testFailures struct {
	line   []byte
	before *tail.Buffer
	kept   *tail.Buffer
}

func newTestFailures() *testFailures {
	const most = 6000 // bytes
	return &testFailures{before: tail.New(failureContext), kept: tail.New(most)}
}

// Write implements io.Writer; it never fails.
func (f *testFailures) Write(p []byte) (int, error) {
	const longest = 1000
	rest := p
	for {
		part, after, whole := bytes.Cut(rest, []byte("\n"))
		f.line = append(f.line, part[:min(len(part), max(0, longest-len(f.line)))]...)
		if !whole {
			return len(p), nil
		}
		f.end()
		rest = after
	}
}

// end takes a line. "FAIL: " is testscript's, "--- FAIL: " and a test's place those of package testing.
func (f *testFailures) end() {
	line := string(f.line) + "\n"
	f.line = f.line[:0]
	switch text := strings.TrimSpace(line); {
	case strings.HasPrefix(text, "FAIL: "):
		_, _ = f.kept.Write([]byte(f.before.String() + line))
		f.before = tail.New(failureContext)
	case strings.HasPrefix(text, "--- FAIL: "), testLine.MatchString(text):
		_, _ = f.kept.Write([]byte(line))
	default:
		_, _ = f.before.Write([]byte(line))
	}
}

// String is what failed, without the indentation.
func (f *testFailures) String() string {
	var out strings.Builder
	if f.kept.String() == "" {
		return ""
	}
	for _, line := range f.kept.Lines() {
		out.WriteString("\n  " + strings.TrimSpace(line))
	}
	return out.String()
}
