// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"fmt"
	"strings"
)

// contextLines is the number of unchanged lines around a change.
const contextLines = 3

// hunks renders the difference of two texts as unified hunks, and counts the
// lines added and removed.
func hunks(oldText, newText string) (text string, added, removed int) {
	a, b := splitLines(oldText), splitLines(newText)
	edits := lineEdits(a, b)
	for _, e := range edits {
		added += e.ReplEnd - e.ReplStart
		removed += e.End - e.Start
	}
	var out strings.Builder
	for len(edits) > 0 {
		n := 1
		for n < len(edits) && edits[n].Start-edits[n-1].End <= 2*contextLines {
			n++
		}
		writeHunk(&out, edits[:n], a, b)
		edits = edits[n:]
	}
	return out.String(), added, removed
}

// writeHunk writes edits that lie close together, with the context around them.
func writeHunk(out *strings.Builder, edits []edit, a, b []string) {
	first, last := edits[0], edits[len(edits)-1]
	lead := min(contextLines, first.Start)
	tail := min(contextLines, len(a)-last.End)
	start, end := first.Start-lead, last.End+tail
	replStart, replEnd := first.ReplStart-lead, last.ReplEnd+tail
	fmt.Fprintf(out, "@@ -%s +%s @@\n", lineRange(start, end), lineRange(replStart, replEnd))
	at := start
	for _, e := range edits {
		writeLines(out, ' ', a[at:e.Start])
		writeLines(out, '-', a[e.Start:e.End])
		writeLines(out, '+', b[e.ReplStart:e.ReplEnd])
		at = e.End
	}
	writeLines(out, ' ', a[at:end])
}

// lineRange writes the lines [start, end), counted from 0, as "first,count". If there are no
// lines, first is the line before them; a count of 1 is omitted.
func lineRange(start, end int) string {
	switch end - start {
	case 0:
		return fmt.Sprintf("%d,0", start)
	case 1:
		return fmt.Sprintf("%d", start+1)
	default:
		return fmt.Sprintf("%d,%d", start+1, end-start)
	}
}

func writeLines(out *strings.Builder, mark byte, lines []string) {
	for _, line := range lines {
		out.WriteByte(mark)
		out.WriteString(line)
		if !strings.HasSuffix(line, "\n") {
			out.WriteString("\n\\ No newline at end of file\n")
		}
	}
}
