// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// fileChange is a patch's change of one file. Names are those in the patch, "" for none.
type fileChange struct {
	line             int // in the patch
	oldName, newName string
	oldMode, newMode fs.FileMode
	mode             fs.FileMode // of git's index line: it does not change
	git              bool
	create, remove   bool
	renamed, copied  bool
	binary           bool
	stripCR          bool // the patch has line ends that the tree does not have
	hunks            []*hunk
}

type hunk struct {
	line               int // in the patch
	oldStart, newStart int
	lines              []hunkLine
}

// hunkLine is ' ', '-' or '+' and a line with its end.
type hunkLine struct {
	op   byte
	text string
}

// old returns the lines that a hunk expects.
func (h *hunk) old() []string {
	var out []string
	for _, l := range h.lines {
		if l.op != '+' {
			out = append(out, l.text)
		}
	}
	return out
}

// context counts the unchanged lines at both ends.
func (h *hunk) context() (lead, tail int) {
	for lead < len(h.lines) && h.lines[lead].op == ' ' {
		lead++
	}
	for tail < len(h.lines) && h.lines[len(h.lines)-1-tail].op == ' ' {
		tail++
	}
	return lead, tail
}

// reverse reverts the change.
func (c *fileChange) reverse() {
	c.oldName, c.newName = c.newName, c.oldName
	c.oldMode, c.newMode = c.newMode, c.oldMode
	c.create, c.remove = c.remove, c.create
	for _, h := range c.hunks {
		h.oldStart, h.newStart = h.newStart, h.oldStart
		for i, l := range h.lines {
			switch l.op {
			case '+':
				h.lines[i].op = '-'
			case '-':
				h.lines[i].op = '+'
			}
		}
	}
}

// gitLine begins the change of a file in git's format.
const gitLine = "diff --git "

// epochDate is the date that diff -N writes for a missing file.
var epochDate = regexp.MustCompile(`\t(?:1970-01-01|1969-12-31|Thu Jan +1 .* 1970|Wed Dec 31 .* 1969)`)

// indexLine is git's line with the digests of both sides, and the mode if it does not change.
var indexLine = regexp.MustCompile(`^index [0-9a-f]+\.\.[0-9a-f]+ ([0-7]{1,6})$`)

// unifiedReader reads a patch line by line.
type unifiedReader struct {
	name    string // of the patch
	lines   []string
	at      int
	changes []*fileChange
	cur     *fileChange
}

// parseUnified reads all unified diffs of a text and ignores the text around them.
func parseUnified(name string, patch []byte) ([]*fileChange, error) {
	r := &unifiedReader{name: name, lines: splitLines(string(patch))}
	return r.read()
}

// parseGit reads a mail from git: the text before the first "diff --git" is the message.
func parseGit(patch []byte) ([]*fileChange, error) {
	r := &unifiedReader{lines: splitLines(string(patch))}
	for r.at < len(r.lines) && !strings.HasPrefix(r.lines[r.at], gitLine) {
		r.at++
	}
	return r.read()
}

func (r *unifiedReader) read() ([]*fileChange, error) {
	for r.at < len(r.lines) {
		if err := r.step(); err != nil {
			return nil, err
		}
	}
	var changes []*fileChange
	for _, c := range r.changes {
		if c.settle() {
			changes = append(changes, c)
		}
	}
	if len(changes) == 0 {
		return nil, &FormatError{Patch: r.name, Why: "it changes no file: want a unified diff"}
	}
	return changes, nil
}

func (r *unifiedReader) fail(why string) error {
	return &FormatError{Patch: r.name, Line: r.at + 1, Why: why}
}

// step reads a line, or several that belong together.
func (r *unifiedReader) step() error {
	text := strings.TrimRight(r.lines[r.at], "\r\n")
	switch {
	case strings.HasPrefix(text, gitLine):
		r.begin(&fileChange{git: true})
		r.cur.oldName, r.cur.newName = gitNames(strings.TrimPrefix(text, gitLine))
	case strings.HasPrefix(text, "--- ") && r.followedBy("+++ "):
		r.names(text)
	case strings.HasPrefix(text, "@@ -"):
		return r.hunk(text)
	case strings.HasPrefix(text, "***************"):
		return r.fail("is a context diff, not a unified diff")
	case r.cur != nil && len(r.cur.hunks) == 0:
		return r.extended(text)
	}
	r.at++
	return nil
}

func (r *unifiedReader) begin(c *fileChange) {
	c.line = r.at + 1
	r.cur = c
	r.changes = append(r.changes, c)
}

func (r *unifiedReader) followedBy(prefix string) bool {
	return r.at+1 < len(r.lines) && strings.HasPrefix(r.lines[r.at+1], prefix)
}

// names reads "--- old" and "+++ new".
func (r *unifiedReader) names(oldLine string) {
	raw := r.lines[r.at+1]
	newLine := strings.TrimRight(raw, "\r\n")
	if r.cur == nil || !r.cur.git || len(r.cur.hunks) > 0 {
		r.begin(&fileChange{})
	}
	c := r.cur
	r.at++
	c.stripCR = strings.HasSuffix(raw, "\r\n")
	if c.renamed || c.copied {
		return // they are already named, and without a/ and b/
	}
	c.oldName, c.newName = fileName(oldLine[4:]), fileName(newLine[4:])
	if c.oldName == "" || epochDate.MatchString(oldLine) && !c.git {
		c.create = true
	}
	if c.newName == "" || epochDate.MatchString(newLine) && !c.git {
		c.remove = true
	}
}

var hunkHead = regexp.MustCompile(`^@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@`)

func (r *unifiedReader) hunk(text string) error {
	m := hunkHead.FindStringSubmatch(text)
	if m == nil {
		return r.fail("has a hunk that starts with " + strconv.Quote(text))
	}
	if r.cur == nil {
		return r.fail("has a hunk before any file name")
	}
	number := func(s string) int {
		if s == "" {
			return 1
		}
		n, _ := strconv.Atoi(s) // at most nine digits
		return n
	}
	h := &hunk{line: r.at + 1, oldStart: number(m[1]), newStart: number(m[3])}
	r.at++
	if err := r.body(h, number(m[2]), number(m[4])); err != nil {
		return err
	}
	if len(h.lines) > 0 {
		r.cur.hunks = append(r.cur.hunks, h)
	}
	return nil
}

// body reads the lines of a hunk: as many as its header states.
func (r *unifiedReader) body(h *hunk, oldLines, newLines int) error {
	for oldLines > 0 || newLines > 0 {
		if r.at >= len(r.lines) {
			return &FormatError{Patch: r.name, Line: h.line, Why: "has a truncated hunk"}
		}
		text := r.lines[r.at]
		if r.cur.stripCR {
			text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r") + "\n"
		}
		l := hunkLine{op: text[0], text: text[1:]}
		if text == "\n" || l.op == '\t' {
			l = hunkLine{op: ' ', text: text} // an editor has removed the space
		}
		switch {
		case l.op == '\\':
			h.noNewline()
			r.at++
			continue
		case l.op != ' ' && l.op != '-' && l.op != '+':
			return r.fail("has a truncated hunk, or wrong numbers in its header")
		}
		oldLines -= l.counts('+')
		newLines -= l.counts('-')
		if oldLines < 0 || newLines < 0 {
			return r.fail("has wrong numbers in a hunk's header")
		}
		h.lines = append(h.lines, l)
		r.at++
	}
	if r.at < len(r.lines) && strings.HasPrefix(r.lines[r.at], `\`) {
		h.noNewline()
		r.at++
	}
	return nil
}

// counts is 1 unless the line is only on the other side.
func (l hunkLine) counts(other byte) int {
	if l.op == other {
		return 0
	}
	return 1
}

// noNewline is for "\ No newline at end of file", which is about the line before.
func (h *hunk) noNewline() {
	if n := len(h.lines); n > 0 {
		h.lines[n-1].text = strings.TrimSuffix(h.lines[n-1].text, "\n")
	}
}

// extended reads git's lines between "diff --git" and the first hunk.
func (r *unifiedReader) extended(text string) error {
	c := r.cur
	r.at++
	if !c.git {
		return nil
	}
	key, value := text, ""
	for _, k := range []string{
		"old mode ", "new mode ", "new file mode ", "deleted file mode ", "rename from ", "rename to ", "copy from ", "copy to ",
	} {
		if v, ok := strings.CutPrefix(text, k); ok {
			key, value = k, v
		}
	}
	switch key {
	case "old mode ", "new mode ", "new file mode ", "deleted file mode ":
		return r.mode(key, value)
	case "rename from ", "copy from ":
		c.oldName = gitName(value)
	case "rename to ":
		c.newName, c.renamed = gitName(value), true
	case "copy to ":
		c.newName, c.copied = gitName(value), true
	}
	if m := indexLine.FindStringSubmatch(text); m != nil {
		n, _ := strconv.ParseUint(m[1], 8, 32) // at most six digits
		c.mode = fs.FileMode(n)
	}
	if text == "GIT binary patch" || strings.HasPrefix(text, "Binary files ") {
		c.binary = true
	}
	return nil
}

func (r *unifiedReader) mode(key, value string) error {
	n, err := strconv.ParseUint(value, 8, 32)
	if err != nil {
		r.at--
		return r.fail("has the mode " + strconv.Quote(value))
	}
	switch mode := fs.FileMode(n); key {
	case "old mode ":
		r.cur.oldMode = mode
	case "new mode ":
		r.cur.newMode = mode
	case "new file mode ":
		r.cur.newMode, r.cur.create = mode, true
	default:
		r.cur.oldMode, r.cur.remove = mode, true
	}
	return nil
}

// settle completes a change, and reports whether it is one.
func (c *fileChange) settle() bool {
	switch {
	case c.git:
		return len(c.hunks) > 0 || c.create || c.remove || c.renamed || c.copied || c.binary || c.newMode != 0
	case len(c.hunks) == 0:
		return false
	}
	// A date of 1970 says that there is no file only if the one hunk agrees.
	c.create = c.create && (c.oldName == "" || len(c.hunks) == 1 && c.hunks[0].only('+'))
	c.remove = c.remove && (c.newName == "" || len(c.hunks) == 1 && c.hunks[0].only('-'))
	return true
}

// only reports whether all lines of a hunk are of a kind.
func (h *hunk) only(op byte) bool {
	return !slices.ContainsFunc(h.lines, func(l hunkLine) bool { return l.op != op })
}
