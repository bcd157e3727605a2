// SPDX-License-Identifier: Apache-2.0

package transplant

import (
	"slices"
	"strings"
)

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

// LineDifferences returns the lines that one of two patches adds or removes and the other does not, with a mark before each: < of
// the first, > of the second.
func LineDifferences(first, second string) []string {
	changes := func(patch string) []string {
		return slices.DeleteFunc(splitLines(patch), func(line string) bool {
			return line == "" || line[0] != '+' && line[0] != '-' || strings.HasPrefix(line, "+++") || strings.HasPrefix(line, "---")
		})
	}
	onlyFirst, onlySecond := difference(changes(first), changes(second), nil)
	var out []string
	for _, l := range onlyFirst {
		out = append(out, "< "+l.Text)
	}
	for _, l := range onlySecond {
		out = append(out, "> "+l.Text)
	}
	return out
}

// difference returns the lines that only a has and those that only b has, by the shortest edit
// from one to the other. If two lines have changed places, the one that is not known counts as
// moved. The files have some thousand lines and few changes, so common lines at the beginning
// and end are skipped and the rest is compared each with each.
func difference(a, b []string, known map[string]bool) (onlyA, onlyB []Line) {
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		start++
	}
	endA, endB := len(a), len(b)
	for endA > start && endB > start && a[endA-1] == b[endB-1] {
		endA, endB = endA-1, endB-1
	}
	return unlike(a[start:endA], b[start:endB], start, known)
}

// unlike compares two texts; first is the number of lines before them.
func unlike(a, b []string, first int, known map[string]bool) (onlyA, onlyB []Line) {
	lengths := commonLengths(a, b, known)
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j] && lengths[i][j] == lengths[i+1][j+1]+weight(a[i], known):
			i, j = i+1, j+1
		case lengths[i+1][j] >= lengths[i][j+1]:
			onlyA = append(onlyA, Line{Number: first + i + 1, Text: a[i]})
			i++
		default:
			onlyB = append(onlyB, Line{Number: first + j + 1, Text: b[j]})
			j++
		}
	}
	for ; i < len(a); i++ {
		onlyA = append(onlyA, Line{Number: first + i + 1, Text: a[i]})
	}
	for ; j < len(b); j++ {
		onlyB = append(onlyB, Line{Number: first + j + 1, Text: b[j]})
	}
	return onlyA, onlyB
}

// weight is the weight of a common line: a known one counts slightly more.
func weight(line string, known map[string]bool) int32 {
	const common = 1 << 10
	if known[line] {
		return common + 1
	}
	return common
}

// commonLengths returns the largest total weight of common lines from each pair of places on.
func commonLengths(a, b []string, known map[string]bool) [][]int32 {
	lengths := make([][]int32, len(a)+1)
	for i := range lengths {
		lengths[i] = make([]int32, len(b)+1)
	}
	for i, line := range slices.Backward(a) {
		w := weight(line, known)
		for j := len(b) - 1; j >= 0; j-- {
			lengths[i][j] = max(lengths[i+1][j], lengths[i][j+1])
			if line == b[j] {
				lengths[i][j] = max(lengths[i][j], lengths[i+1][j+1]+w)
			}
		}
	}
	return lengths
}
