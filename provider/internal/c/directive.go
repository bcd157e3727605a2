// SPDX-License-Identifier: Apache-2.0

package c

import (
	"regexp"
	"strings"
)

var (
	directiveWord = regexp.MustCompile(`^#[ \t]*([a-z]+)`)
	includedFile  = regexp.MustCompile(`^#[ \t]*include[ \t]*["<]([^">\n]*)[">]`)
)

// Directive is the word after the # of a preprocessor line, "" where there is none.
func (t Token) Directive() string {
	return t.captured(directiveWord)
}

// IsInclude reports whether it is a preprocessor line that includes a file.
func (t Token) IsInclude() bool {
	return t.Kind == Directive && strings.HasPrefix(strings.TrimLeft(t.Text[1:], " \t"), "include")
}

// Included is the file that a preprocessor line names to include, "" where it names none.
func (t Token) Included() string {
	return t.captured(includedFile)
}

// captured is what an expression captures in a preprocessor line. It is asked of each token of a file, most of which are none.
func (t Token) captured(form *regexp.Regexp) string {
	if t.Kind != Directive {
		return ""
	}
	if m := form.FindStringSubmatch(t.Text); m != nil {
		return m[1]
	}
	return ""
}

// Conditions returns for each token how many conditions of the preprocessor are
// open around it. The guard of a header is none.
func Conditions(toks []Token) []int {
	depths := make([]int, len(toks))
	var open []int // what each #if counts
	depth := 0
	for i, t := range toks {
		depths[i] = depth
		if t.Kind != Directive {
			continue
		}
		switch word := t.Directive(); word {
		case "if", "ifdef", "ifndef":
			counts := 1
			if word == "ifndef" && i == 0 && len(toks) > 1 && toks[1].Directive() == "define" {
				counts = 0
			}
			open, depth = append(open, counts), depth+counts
		case "endif":
			if n := len(open); n > 0 {
				depth -= open[n-1]
				open = open[:n-1]
			}
		}
	}
	return depths
}
