// SPDX-License-Identifier: Apache-2.0

package edit

import (
	"strconv"
	"strings"
)

// MostQuoted is the number of characters of a foreign text that a message shows.
const MostQuoted = 200

// Cut shortens a foreign text for a message: its first 200 characters, and its length.
func Cut(text string) string { return CutTo(text, MostQuoted) }

// CutTo is Cut with another limit.
func CutTo(text string, most int) string {
	head, total := split(text, most)
	return head + total
}

// Quote returns a foreign text in quotes, escaped, and shortened like Cut.
func Quote(text string) string {
	head, total := split(text, MostQuoted)
	return strconv.Quote(head) + total
}

// split returns the first characters of a text and, if there are more, their number in
// words. Invalid UTF-8 counts byte by byte.
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
