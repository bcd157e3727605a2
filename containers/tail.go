// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"bytes"
	"slices"
)

const (
	tailLines = 20
	tailWidth = 2048 // bytes kept of one line: a command may print megabytes without a line break
)

// tail is a writer that keeps the last lines written to it. A line that is rewritten with carriage returns, as by a
// progress bar, counts once, in its last form.
type tail struct {
	lines   []string
	current []byte
}

// Write never fails.
func (t *tail) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		line, rest, ended := bytes.Cut(p, []byte{'\n'})
		if room := tailWidth - len(t.current); room > 0 {
			t.current = append(t.current, line[:min(room, len(line))]...)
		}
		if ended {
			t.end()
		}
		p = rest
	}
	return n, nil
}

func (t *tail) end() {
	line := bytes.TrimRight(t.current, "\r")
	line = line[bytes.LastIndexByte(line, '\r')+1:]
	if len(bytes.TrimSpace(line)) > 0 {
		t.lines = append(t.lines, string(line))
		t.lines = t.lines[max(0, len(t.lines)-tailLines):]
	}
	t.current = t.current[:0]
}

// last returns the last lines, oldest first, including an unfinished one.
func (t *tail) last() []string {
	t.end()
	return slices.Clone(t.lines)
}
