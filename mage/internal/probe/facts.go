// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Facts are what distro-probe.sh has found out about an image.
type Facts struct {
	Found   map[string]string // the answers
	Unasked map[string]string // what could not be asked, and why
}

// LineError is a line that distro-probe.sh does not write.
type LineError struct{ Line string }

// Error implements error.
func (e *LineError) Error() string { return fmt.Sprintf("distro-probe.sh: unexpected line %q", e.Line) }

// Parse reads the output of distro-probe.sh. A key with several lines has the words of all.
func Parse(text string) (Facts, error) {
	f := Facts{Found: map[string]string{}, Unasked: map[string]string{}}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		key, value, ok := strings.Cut(line, "\t")
		if !ok || len(key) < 2 {
			return f, &LineError{Line: line}
		}
		var into map[string]string
		switch key[0] {
		case '=':
			into = f.Found
		case '?':
			into = f.Unasked
		default:
			return f, &LineError{Line: line}
		}
		words := append(strings.Fields(into[key[1:]]), strings.Fields(value)...)
		into[key[1:]] = strings.Join(words, " ")
	}
	return f, nil
}

// Text has a line for each fact, sorted: "key = value", or "key ? why it could not be asked".
func (f Facts) Text() string {
	lines := make([]string, 0, len(f.Found)+len(f.Unasked))
	for key, value := range f.Found {
		lines = append(lines, key+" = "+value+"\n")
	}
	for key, why := range f.Unasked {
		lines = append(lines, key+" ? "+why+"\n")
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// why says what could not be asked, and why.
func (f Facts) why() string {
	reasons := slices.Sorted(maps.Values(f.Unasked))
	return strings.Join(slices.Compact(reasons), "; ")
}
