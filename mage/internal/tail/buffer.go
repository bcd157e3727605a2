// SPDX-License-Identifier: Apache-2.0

package tail

import "strings"

// Buffer is a writer that keeps the last bytes that are written to it.
type Buffer struct {
	most int
	kept []byte
}

// New makes a buffer of so many bytes.
func New(most int) *Buffer { return &Buffer{most: most} }

// Write implements io.Writer; it never fails.
func (b *Buffer) Write(p []byte) (int, error) {
	n := len(p)
	p = p[max(0, n-b.most):]
	if over := len(b.kept) + len(p) - 2*b.most; over > 0 { // not for each write
		b.kept = append(b.kept[:0], b.end()...)
	}
	b.kept = append(b.kept, p...)
	return n, nil
}

func (b *Buffer) end() []byte { return b.kept[max(0, len(b.kept)-b.most):] }

// String returns what is kept.
func (b *Buffer) String() string { return string(b.end()) }

// Lines returns the lines of what is kept, without the empty ones at its end. The first
// may be cut.
func (b *Buffer) Lines() []string {
	return strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
}
