// SPDX-License-Identifier: Apache-2.0

package edit

import (
	"strconv"
	"strings"
)

// MostQuoted is how many characters of a text from outside a message shows.
const MostQuoted = 200

// Cut shortens a text from outside to what a message shows of it: its first 200
// characters, and how many it has.
func Cut(text string) string { return CutTo(text, MostQuoted) }

// CutTo is Cut for a text that shares its place with others.
func CutTo(text string, most int) string {
	head, total := split(text, most)
	return head + total
}

// Quote returns a text from outside in quotes, escaped, and shortened as Cut does it.
func Quote(text string) string {
	head, total := split(text, MostQuoted)
	return strconv.Quote(head) + total
}

// split returns the first characters of a text and, if there are more, their number in
// words. What is no UTF-8 counts byte by byte.
func split(text string, most int) (head, total string) {
	if len(text) <= most {
		return text, ""
	}
	n := 0
	for at := range text {
		if n == most {
			head = text[:at]
		}
		n++
	}
	if n <= most {
		return text, ""
	}
	// What ends in a text that has been shortened keeps the number of that one.
	if n <= most+mostWords && strings.HasSuffix(text, cutEnd) && strings.Contains(text, cutSign) {
		return text, ""
	}
	return head, cutSign + strconv.Itoa(n) + cutEnd
}

const (
	cutSign, cutEnd = "... (", " characters)"
	// mostWords is how much longer a message is that has its own words before what it quotes.
	mostWords = 100
)
