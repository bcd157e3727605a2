// SPDX-License-Identifier: Apache-2.0

package page

import (
	"regexp"
	"strconv"
	"strings"
)

// diffFile is the part of a patch that is about one file.
type diffFile struct {
	Name           string
	Added, Removed int
	New, Gone      bool
	File           string // the patch
	Blocks         []diffBlock
	Left           int // lines that are not shown
}

// diffBlock is lines of one kind that follow each other.
type diffBlock struct {
	Kind  byte // '+', '-', '@' or ' '
	Text  string
	lines []string
}

// readPatch divides a patch of git's form. What stands before the first file, as a description, is left out, and so is what stands
// behind the last hunk.
func readPatch(text string) []diffFile {
	var files []diffFile
	var f *diffFile
	var h hunk
	for line := range strings.SplitAfterSeq(text, "\n") {
		switch {
		case line == "":
		case h.takes(line):
			f.add(line[0], line)
		case strings.HasPrefix(line, "diff --git "):
			files = append(files, diffFile{Name: patchedName(line)})
			f = &files[len(files)-1]
		case f == nil:
		case strings.HasPrefix(line, "@@ "):
			h = readHunk(line)
			f.add('@', line)
		default:
			f.New = f.New || strings.HasPrefix(line, "new file ")
			f.Gone = f.Gone || strings.HasPrefix(line, "deleted file ")
		}
	}
	return files
}

// hunk is how many lines are left of one: those of the old file and those of the new one.
type hunk struct {
	before, after int
	begun         bool
}

var hunkHead = regexp.MustCompile(`^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@`)

func readHunk(line string) hunk {
	m := hunkHead.FindStringSubmatch(line)
	if m == nil {
		return hunk{}
	}
	number := func(digits string) int {
		n, err := strconv.Atoi(digits)
		if err != nil {
			return 1 // it is left out where it is one
		}
		return n
	}
	return hunk{before: number(m[1]), after: number(m[2]), begun: true}
}

// takes says whether a line belongs to the hunk, and counts it.
func (h *hunk) takes(line string) bool {
	if line[0] == '\\' { // that a file has no line break at its end
		return h.begun
	}
	if h.before <= 0 && h.after <= 0 {
		h.begun = false
		return false
	}
	if line[0] != '+' {
		h.before--
	}
	if line[0] != '-' {
		h.after--
	}
	return true
}

// patchedName is the file of "diff --git a/FILE b/FILE".
func patchedName(line string) string {
	line = strings.TrimSpace(line)
	if _, name, ok := strings.Cut(line, " b/"); ok {
		return name
	}
	return strings.TrimPrefix(line, "diff --git ")
}

// add adds a line of a hunk.
func (f *diffFile) add(kind byte, line string) {
	switch kind {
	case '+':
		f.Added++
	case '-':
		f.Removed++
	case '@':
	default:
		kind = ' '
	}
	if n := len(f.Blocks); n > 0 && f.Blocks[n-1].Kind == kind {
		f.Blocks[n-1].lines = append(f.Blocks[n-1].lines, line)
		return
	}
	f.Blocks = append(f.Blocks, diffBlock{Kind: kind, lines: []string{line}})
}

// shorten keeps the first most bytes of all lines together; file is the patch that has all of them.
func shorten(files []diffFile, file string, most int) []diffFile {
	short := make([]diffFile, 0, len(files))
	for _, f := range files {
		all := f.Blocks
		f.Blocks, f.File = nil, file
		for _, b := range all {
			var text strings.Builder
			for _, line := range b.lines {
				if most < len(line) {
					f.Left++
					most = 0
					continue
				}
				most -= len(line)
				text.WriteString(line)
			}
			if b.Text = text.String(); b.Text != "" {
				f.Blocks = append(f.Blocks, b)
			}
		}
		short = append(short, f)
	}
	return short
}
