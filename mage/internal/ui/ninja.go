// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// ninjaLine is the status line of ninja with its default NINJA_STATUS, "[%f/%t] ".
var ninjaLine = regexp.MustCompile(`^\[(\d{1,9})/(\d{1,9})\] +(.*)$`)

// ninjaOutput matches the output file of a verbose command (ninja -v).
var ninjaOutput = regexp.MustCompile(`(?:^|\s)-o (\S+)`)

// longestLine limits the part of a line that is kept in memory. A status needs no more.
const longestLine = 16 * 1024

// NinjaProgress returns a writer that passes every byte on to w and calls step for each status line of ninja, "[n/m]
// what". Lines may come in pieces, end in \n or \r, be coloured, and come from other programs. Step is called by the
// writing goroutine, one call at a time.
func NinjaProgress(w io.Writer, step func(done, total int, what string)) io.Writer {
	return &lineWriter{w: w, each: func(line string) { parseNinja(line, step) }}
}

// lineWriter passes every byte on and calls each for each line, without escape sequences.
type lineWriter struct {
	mu   sync.Mutex
	w    io.Writer
	each func(line string)
	line []byte
}

func (l *lineWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	written, err := l.w.Write(p)
	l.scan(p[:min(max(written, 0), len(p))])
	return written, err
}

func (l *lineWriter) scan(p []byte) {
	for _, c := range p {
		switch {
		case c == '\n' || c == '\r':
			l.each(escapeSequence.ReplaceAllString(string(l.line), ""))
			l.line = l.line[:0]
		case len(l.line) < longestLine:
			l.line = append(l.line, c)
		}
	}
}

func parseNinja(line string, step func(done, total int, what string)) {
	m := ninjaLine.FindStringSubmatch(line)
	if m == nil {
		return
	}
	done, err := strconv.Atoi(m[1])
	if err != nil {
		return
	}
	total, err := strconv.Atoi(m[2])
	if err != nil || total == 0 || done > total {
		return
	}
	step(done, total, ninjaWhat(m[3]))
}

// ninjaWhat shortens a command of ninja -v to its output file.
func ninjaWhat(what string) string {
	what = strings.TrimSpace(what)
	if m := ninjaOutput.FindStringSubmatch(what); m != nil {
		return path.Base(m[1])
	}
	return what
}
