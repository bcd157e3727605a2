// SPDX-License-Identifier: Apache-2.0

package ui

import "strings"

// lastLines keeps the end of what is written to it.
type lastLines struct {
	end []byte
}

// keptBytes is enough for the last lines of any log that a person could read.
const keptBytes = 32 * 1024

func (l *lastLines) Write(p []byte) (int, error) {
	n := len(p)
	if n >= keptBytes {
		l.end = append(l.end[:0], p[n-keptBytes:]...)
		return n, nil
	}
	if over := len(l.end) + n - keptBytes; over > 0 {
		l.end = append(l.end[:0], l.end[over:]...)
	}
	l.end = append(l.end, p...)
	return n, nil
}

func (l *lastLines) lines() []string {
	return strings.Split(strings.TrimRight(string(l.end), "\n"), "\n")
}
