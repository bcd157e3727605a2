// SPDX-License-Identifier: Apache-2.0

package driverapi

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Page is the document with all differences, from the repository's root.
const Page = "docs/other-releases.md"

const (
	longestLine      = 4096 // limit for a line, in bytes
	mostExplanations = 5
	mostComplaints   = 5000 // limit for a log, in lines
)

const quoted = `['‘"]`

// complaint is a form of gcc's messages; the first group is a name.
type complaint struct {
	pattern *regexp.Regexp
	kinds   []string
}

//nolint:gochecknoglobals // compiled once
var complaints = []complaint{
	{regexp.MustCompile(`too (?:few|many) arguments to function ` + quoted + `(\w+)`), []string{KindFunction}},
	{regexp.MustCompile(`implicit declaration of function ` + quoted + `(\w+)`), []string{KindFunction, KindConstant}},
	{regexp.MustCompile(`passing argument \d+ of ` + quoted + `(\w+)`), []string{KindFunction}},
	{regexp.MustCompile(quoted + `(\w+)['’"] undeclared`), []string{KindConstant, KindFunction}},
	{regexp.MustCompile(`has no member named ` + quoted + `(\w+)`), []string{KindMember}},
	{regexp.MustCompile(`unknown field ` + quoted + `(\w+)`), []string{KindMember}},
	{regexp.MustCompile(`near initialization for ` + quoted + `[^'’"]*\.(\w+)['’"]`), []string{KindMember}},
	{regexp.MustCompile(`(?:incomplete type|undefined type|unknown type name) ` + quoted + `(?:struct )?(\w+)`), []string{KindStruct}},
	{regexp.MustCompile(quoted + `struct (\w+)['’"] declared inside parameter list`), []string{KindStruct}},
	{regexp.MustCompile(`invalid application of ['‘"]sizeof['’"] to incomplete type ['‘"]struct (\w+)`), []string{KindStruct}},
}

// unnamed are complaints about a structure that gcc shows only in the source line below;
// structure finds it there.
var (
	unnamed   = regexp.MustCompile(`has incomplete type|has initializer but incomplete type|storage size of .* isn['’]t known`)
	structure = regexp.MustCompile(`\bstruct (\w+)`)
)

// Explain explains a compiler's message by the differences between releases; nothing if
// driver.h has always been the same in this respect.
func (h *History) Explain(message string) []string {
	var out []string
	for _, c := range complaints {
		m := c.pattern.FindStringSubmatch(message)
		if m == nil {
			continue
		}
		out = append(out, h.named(m[1], c.kinds...)...)
	}
	return slices.Compact(out)
}

// named returns the differences of the items with that name.
func (h *History) named(name string, kinds ...string) []string {
	var out []string
	for i := range h.Items {
		item := &h.Items[i]
		if item.Name == name && slices.Contains(kinds, item.Kind) {
			out = append(out, h.Differences(item)...)
		}
	}
	return out
}

// explainLine explains a line of a log. below means that the previous line was an unnamed
// complaint.
func (h *History) explainLine(line string, below bool) []string {
	out := h.Explain(line)
	if below {
		for _, m := range structure.FindAllStringSubmatch(line, -1) {
			out = append(out, h.named(m[1], KindStruct)...)
		}
	}
	return out
}

// complains reports cheaply whether a line may be a compiler's complaint.
func complains(line []byte) bool {
	return bytes.Contains(line, []byte("error:")) || bytes.Contains(line, []byte("warning:"))
}

// ExplainLog explains a compiler's output, the first 5000 of its complaints: each
// difference once, five at most. Unreadable parts are skipped.
func (h *History) ExplainLog(log io.Reader) []string {
	var out []string
	below := false
	r := bufio.NewReaderSize(log, longestLine)
	for lines := 0; len(out) < mostExplanations && lines < mostComplaints; {
		line, more, err := r.ReadLine()
		if err != nil {
			break
		}
		if !below && !complains(line) {
			line = nil
		} else {
			lines++
		}
		for _, text := range h.explainLine(string(line), below) {
			if !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
		below = unnamed.Match(line)
		for more && err == nil {
			_, more, err = r.ReadLine()
		}
	}
	return out[:min(len(out), mostExplanations)]
}

// Differences returns a sentence for each difference of an item between releases, with the
// preprocessor test that distinguishes them.
func (h *History) Differences(item *Item) []string {
	name := item.Name
	if item.Kind == KindStruct {
		name = "struct " + name
	}
	var out []string
	for i, form := range item.Forms {
		var said string
		switch {
		case i == 0 && form.From == h.Oldest:
			continue
		case form.Gone:
			said = name + " is not" + of(item) + " from v" + form.From + " on"
		case i == 0 || item.Forms[i-1].Gone:
			said = name + " is" + of(item) + " from v" + form.From + " on"
		default:
			said = altered(name, item.Forms[i-1], form)
		}
		out = append(out, said+": "+h.test(form.From))
	}
	return out
}

// of names the structure or header of an item.
func of(item *Item) string {
	if item.Kind == KindMember {
		return " in struct " + item.In
	}
	return " in driver.h"
}

func altered(name string, before, now Form) string {
	if now.Arguments != nil && before.Arguments != nil && *now.Arguments != *before.Arguments {
		return fmt.Sprintf("%s has %s from v%s on (%d before)",
			name, countArguments(*now.Arguments), now.From, *before.Arguments)
	}
	which := make([]string, len(now.Changed))
	for i, n := range now.Changed {
		if which[i] = "argument " + strconv.Itoa(n); n == 0 {
			which[i] = "the type"
		}
	}
	return fmt.Sprintf("%s differs in %s from v%s on", name, strings.Join(which, ", "), now.From)
}

func countArguments(n int) string {
	if n == 1 {
		return "1 argument"
	}
	return strconv.Itoa(n) + " arguments"
}

// test is the condition by which C code distinguishes a release and later ones from earlier
// ones.
func (h *History) test(version string) string {
	if abi, ok := h.begins(version); ok {
		return fmt.Sprintf("test IBVERBS_PABI_VERSION >= %d", abi)
	}
	return "the private ABI is the same, so test the release (" + Page + ")"
}
