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

// ninjaOutput finds the file that a verbose command (ninja -v) makes.
var ninjaOutput = regexp.MustCompile(`(?:^|\s)-o (\S+)`)

// longestLine is how much of one line is kept in memory. What comes after it is of no use for a status.
const longestLine = 16 * 1024

// NinjaProgress returns a writer that hands every byte on to w unchanged and calls step for each status line of ninja,
// "[n/m] what", that is among them. Lines may come in pieces, end in \n or \r, be coloured, and be of any other
// program as well. Step is called by the goroutine that writes, one call at a time.
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

// ninjaWhat shortens the command that ninja -v shows to the file that it makes.
func ninjaWhat(what string) string {
	what = strings.TrimSpace(what)
	if m := ninjaOutput.FindStringSubmatch(what); m != nil {
		return path.Base(m[1])
	}
	return what
}
