// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/ui"
)

// MarkdownMost is how many bytes a service shows of a summary in Markdown: GitHub drops one with more than 1 MiB.
const MarkdownMost = 1 << 20

// Section is what a summary says of one directory of outputs.
type Section struct {
	Title  string
	Notes  []string // sentences
	Suites []Suite
	Header []string   // of a table of what was made
	Rows   [][]string // of that table
}

// Markdown is a summary that has no more bytes than limit. What did not pass comes first, and what passed is folded. If it is too
// long, rows are left out from the end of it, and the last line says how many.
func Markdown(title string, sections []Section, limit int) string {
	m := &markdown{left: limit - reserved}
	m.line("## " + cell(title))
	m.line("")
	for _, s := range sections {
		for _, suite := range s.Suites {
			m.failed(s.Title, suite)
		}
	}
	for _, s := range sections {
		m.section(s)
	}
	if m.cut > 0 {
		m.left += reserved
		m.line("")
		m.line(fmt.Sprintf("%d more lines are left out: the artefacts have all of them.", m.cut))
	}
	return m.String()
}

// reserved bytes are for what closes a section, and for the last line.
const reserved = 1 << 10

// markdown is a summary that is being written.
type markdown struct {
	strings.Builder

	left, cut int
}

// line appends one, if it fits.
func (m *markdown) line(text string) bool {
	if len(text)+1 > m.left {
		m.cut++
		m.left = min(m.left, 0) // a later line that is shorter would hide that one is missing
		return false
	}
	m.WriteString(text + "\n")
	m.left -= len(text) + 1
	return true
}

// failed lists what did not pass.
func (m *markdown) failed(where string, s Suite) {
	failed := s.Failed()
	if len(failed) == 0 {
		return
	}
	m.line(fmt.Sprintf("**%d of %d failed: %s**", len(failed), len(s.Results), cell(where+": "+s.Name)))
	m.line("")
	rows := make([][]string, 0, len(failed))
	for _, r := range failed {
		rows = append(rows, []string{r.Name, r.Title, r.Evidence})
	}
	m.table([]string{"name", "what", "evidence"}, rows)
}

// section has the counts of the suites, and in folds what passed and what was made.
func (m *markdown) section(s Section) {
	m.line("### " + cell(s.Title))
	m.line("")
	for _, note := range s.Notes {
		m.line("- " + cell(note))
	}
	for _, suite := range s.Suites {
		failed := len(suite.Failed())
		m.line(fmt.Sprintf("- %s: %d passed, %d failed", cell(suite.Name), len(suite.Results)-failed, failed))
	}
	m.line("")
	for _, suite := range s.Suites {
		var rows [][]string
		for _, r := range suite.Results {
			if r.Passed() {
				rows = append(rows, []string{r.Name, r.Title})
			}
		}
		m.fold(fmt.Sprintf("%d passed: %s", len(rows), suite.Name), []string{"name", "what"}, rows)
	}
	m.fold(fmt.Sprintf("%d files", len(s.Rows)), s.Header, s.Rows)
}

// fold is a table that opens on a click.
func (m *markdown) fold(title string, header []string, rows [][]string) {
	if len(rows) == 0 || !m.line("<details><summary>"+cell(title)+"</summary>\n") {
		return
	}
	m.table(header, rows)
	m.WriteString("</details>\n\n") // from what is reserved
}

func (m *markdown) table(header []string, rows [][]string) {
	m.line("| " + strings.Join(header, " | ") + " |")
	m.line(strings.Repeat("|---", len(header)) + "|")
	for i, row := range rows {
		if m.left <= 0 { // nothing fits, so nothing need be made fit
			m.cut += len(rows) - i
			break
		}
		cells := make([]string, 0, len(row))
		for _, text := range row {
			cells = append(cells, cell(text))
		}
		m.line("| " + strings.Join(cells, " | ") + " |")
	}
	m.line("")
}

// cell is one line of text that is nothing but text in Markdown: what a provider's programs print makes no link, picture or tag.
func cell(text string) string {
	const longest = 300
	words := strings.Join(strings.Fields(ui.Clean(ui.Redact(strings.ToValidUTF8(strings.ReplaceAll(text, "\n", " "), "?")))), " ")
	if runes := []rune(words); len(runes) > longest {
		words = string(runes[:longest]) + "…"
	}
	var out strings.Builder
	for _, c := range words {
		if strings.ContainsRune("\\`*_[]<>&~|!#@$", c) {
			out.WriteByte('\\')
		}
		out.WriteRune(c)
	}
	// GitHub makes links of addresses without being asked to.
	return strings.NewReplacer("://", ":&#47;&#47;", "www.", "www&#46;").Replace(out.String())
}
