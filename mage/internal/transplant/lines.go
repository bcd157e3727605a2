// SPDX-License-Identifier: Apache-2.0

package transplant

import "strings"

// Line is a line of a file, without its end.
type Line struct {
	Number int // counted from 1, in the text that has it
	Text   string
}

func splitLines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// difference gives the lines that only a has and those that only b has, by the
// shortest edit that leads from one to the other. Where two lines have changed
// places either could be said to have moved: it is the one that is not known.
// The files that a provider changes have some thousand lines and few changes,
// so what they begin and end with alike is passed over and the rest is compared
// each with each.
func difference(a, b []string, known map[string]bool) (onlyA, onlyB []Line) {
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		start++
	}
	endA, endB := len(a), len(b)
	for endA > start && endB > start && a[endA-1] == b[endB-1] {
		endA, endB = endA-1, endB-1
	}
	lengths := commonLengths(a[start:endA], b[start:endB], known)
	i, j := start, start
	for i < endA || j < endB {
		switch {
		case i < endA && j < endB && a[i] == b[j] && lengths[i-start][j-start] == lengths[i-start+1][j-start+1]+weight(a[i], known):
			i, j = i+1, j+1
		case j == endB || i < endA && lengths[i-start+1][j-start] >= lengths[i-start][j-start+1]:
			onlyA = append(onlyA, Line{Number: i + 1, Text: a[i]})
			i++
		default:
			onlyB = append(onlyB, Line{Number: j + 1, Text: b[j]})
			j++
		}
	}
	return onlyA, onlyB
}

// weight is what a common line counts for: much, and if it is known a trifle more.
func weight(line string, known map[string]bool) int32 {
	const common = 1 << 10
	if known[line] {
		return common + 1
	}
	return common
}

// commonLengths tells of each pair of places how much the rests have in common
// at most.
func commonLengths(a, b []string, known map[string]bool) [][]int32 {
	lengths := make([][]int32, len(a)+1)
	for i := range lengths {
		lengths[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		w := weight(a[i], known)
		for j := len(b) - 1; j >= 0; j-- {
			lengths[i][j] = max(lengths[i+1][j], lengths[i][j+1])
			if a[i] == b[j] {
				lengths[i][j] = max(lengths[i][j], lengths[i+1][j+1]+w)
			}
		}
	}
	return lengths
}
