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
	return &ninjaWriter{w: w, step: step}
}

type ninjaWriter struct {
	mu   sync.Mutex
	w    io.Writer
	step func(done, total int, what string)
	line []byte
}

func (n *ninjaWriter) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	written, err := n.w.Write(p)
	n.scan(p[:min(max(written, 0), len(p))])
	return written, err
}

func (n *ninjaWriter) scan(p []byte) {
	for _, c := range p {
		switch {
		case c == '\n' || c == '\r':
			n.parse(string(n.line))
			n.line = n.line[:0]
		case len(n.line) < longestLine:
			n.line = append(n.line, c)
		}
	}
}

func (n *ninjaWriter) parse(line string) {
	m := ninjaLine.FindStringSubmatch(escapeSequence.ReplaceAllString(line, ""))
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
	n.step(done, total, ninjaWhat(m[3]))
}

// ninjaWhat shortens a command of ninja -v to its output file.
func ninjaWhat(what string) string {
	what = strings.TrimSpace(what)
	if m := ninjaOutput.FindStringSubmatch(what); m != nil {
		return path.Base(m[1])
	}
	return what
}
