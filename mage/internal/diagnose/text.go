// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"
)

// The width of the text where none is known, and the least.
const (
	usualColumns = 100
	leastColumns = 40
)

// WriteText writes the report for people: first the answer about each device, then what to do, then the providers. Lines have at
// most so many columns, or 100 where that is 0.
func (r *Report) WriteText(w io.Writer, columns int) error {
	p := &printer{columns: max(leastColumns, cmp.Or(columns, usualColumns))}
	p.devices(r)
	p.advice(r)
	p.providers(r)
	p.requires(r)
	_, err := io.WriteString(w, p.String())
	return err
}

// WriteJSON writes the report for programs. docs/diagnose.md describes it.
func (r *Report) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// Summary is the answer in one line.
func (r *Report) Summary() string {
	if r.About == AboutProviders {
		return r.providerSummary()
	}
	bad := 0
	for _, d := range r.Devices {
		if d.Why != nil {
			bad++
		}
	}
	switch {
	case len(r.Devices) == 0:
		return "there is no verbs device"
	case bad > 0:
		return fmt.Sprintf("programs cannot use %d of %d verbs devices", bad, len(r.Devices))
	default:
		return fmt.Sprintf("programs can use all verbs devices (%d)", len(r.Devices))
	}
}

type printer struct {
	strings.Builder

	columns int
}

// line writes a text that is indented by so many columns, and what does not fit on lines that are indented two more.
func (p *printer) line(indent int, text string) {
	at, fresh := 0, true
	put := func(word string) {
		p.WriteString(word)
		at += utf8.RuneCountInString(word)
	}
	begin := func(n int) {
		if at > 0 {
			p.WriteByte('\n')
		}
		at, fresh = 0, true
		put(strings.Repeat(" ", n))
	}
	begin(indent)
	for word := range strings.FieldsSeq(text) {
		if !fresh && at+1+utf8.RuneCountInString(word) > p.columns {
			begin(indent + 2) //nolint:mnd // two columns
		}
		if !fresh {
			put(" ")
		}
		for runes := []rune(word); len(runes) > 0; {
			room := min(p.columns-at, len(runes))
			put(string(runes[:room]))
			if runes = runes[room:]; len(runes) > 0 {
				begin(indent + 2) //nolint:mnd // two columns
			}
		}
		fresh = false
	}
	p.WriteByte('\n')
}

func (p *printer) devices(r *Report) {
	p.line(0, r.Summary())
	for _, d := range r.Devices {
		switch {
		case d.Provider != "" && d.Why != nil:
			p.line(2, fmt.Sprintf("%s: %s takes it by %s, but: %s", show(d.Name), show(d.Provider), d.Rule, d.Why.Text))
		case d.Why != nil:
			p.line(2, fmt.Sprintf("%s: %s", show(d.Name), d.Why.Text))
		default:
			p.line(2, fmt.Sprintf("%s: %s takes it by %s", show(d.Name), show(d.Provider), d.Rule))
		}
		if facts := d.described(); facts != "" {
			p.line(4, facts)
		}
		for _, n := range d.Notes {
			p.line(4, "note: "+n.Text)
		}
	}
	for _, q := range r.Providers {
		if q.fault {
			p.line(2, fmt.Sprintf("%s: %s", show(q.Name), q.Why.Text))
		}
	}
	for _, f := range r.Findings {
		if f.Level == LevelFault {
			p.line(2, f.Text)
		}
	}
	for _, f := range r.Findings {
		if f.Level == LevelNote {
			p.line(2, "note: "+f.Text)
		}
	}
}

func (p *printer) advice(r *Report) {
	printed := map[string]bool{}
	say := func(about string, f *Finding) {
		text := fmt.Sprintf("%s%s (%s)", about, f.Advice, f.Reason)
		if printed[text] {
			return
		}
		if len(printed) == 0 {
			p.line(0, "what to do")
		}
		printed[text] = true
		p.line(2, text)
	}
	for _, d := range r.Devices {
		if d.Why != nil {
			say(show(d.Name)+": ", d.Why)
		}
	}
	for _, q := range r.Providers {
		if q.fault {
			say(show(q.Name)+": ", q.Why)
		}
	}
	for i := range r.Findings {
		say("", &r.Findings[i])
	}
	for _, d := range r.Devices {
		for i := range d.Notes {
			say(show(d.Name)+": ", &d.Notes[i])
		}
	}
	for i, text := range r.NotAsked {
		if i == 0 {
			p.line(0, "not asked")
		}
		p.line(2, text)
	}
}

func (p *printer) providers(r *Report) {
	for i, lib := range r.Libraries {
		if i == 0 {
			p.line(0, "libibverbs")
		}
		text := fmt.Sprintf("%s: private ABI %d", show(lib.File), lib.PrivateABI)
		if lib.Via == "" {
			text += ", outside of the loader's search path"
		} else {
			text += ", by " + lib.Via
		}
		if lib.ProviderDir != "" {
			text += ", modules in " + show(lib.ProviderDir)
		}
		p.line(2, text)
	}
	for i, q := range r.Providers {
		if i == 0 {
			p.line(0, "providers, in the order in which they are asked")
		}
		p.line(2, q.text())
	}
}

// text is a provider in a line.
func (q *Provider) text() string {
	text := show(q.Name) + ": "
	switch {
	case !q.Loads && q.Why != nil:
		return text + "does not load: " + q.Why.Text
	case q.Why != nil:
		return text + q.Why.Text
	case q.MinABI != nil:
		text += "kernel ABI " + abiRange(*q.MinABI, *q.MaxABI) + ", "
	}
	const shown = 3
	text += strings.Join(q.Rules[:min(shown, len(q.Rules))], ", ")
	if more := len(q.Rules) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	if q.MatchFunction {
		text += ", and a function of its own"
	}
	return text
}

// abiRange is a range of kernel ABIs in words.
func abiRange(least, most uint32) string {
	switch {
	case most >= math.MaxInt32:
		return fmt.Sprintf("%d or later", least)
	case least == most:
		return fmt.Sprint(least)
	default:
		return fmt.Sprintf("%d to %d", least, most)
	}
}
