// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"sort"
	"strings"

	"github.com/aymanbagabas/go-udiff/lcs"
)

// edit replaces the lines [Start, End) of the old text by the lines
// [ReplStart, ReplEnd) of the new one.
type edit = lcs.Diff

// reach is the number of changed lines up to which package lcs finds the shortest edits. Above
// it, lcs may give up and replace large blocks.
const reach = 40

// splitLines splits a text after each newline; the last line may have none.
func splitLines(text string) []string {
	if text == "" {
		return nil
	}
	lines := strings.SplitAfter(text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// lineEdits finds a small number of edits from one text to the other, in order, with at least
// one common line between two of them.
func lineEdits(a, b []string) []edit {
	return slide(findEdits(a, b), a, b)
}

func findEdits(a, b []string) []edit {
	edits := lcs.DiffLines(a, b)
	if weight(edits) <= reach {
		return edits
	}
	if between := anchoredEdits(a, b); between != nil && weight(between) < weight(edits) {
		return between
	}
	return edits
}

// weight is the number of lines that edits remove and add.
func weight(edits []edit) int {
	n := 0
	for _, e := range edits {
		n += e.End - e.Start + e.ReplEnd - e.ReplStart
	}
	return n
}

// anchoredEdits pairs the lines that occur once in each text, as long as their order agrees,
// and finds the edits between each two pairs: the "patience" algorithm, which keeps each search
// short. It returns nil if there are no pairs.
func anchoredEdits(a, b []string) []edit {
	anchors := inOrder(uniquePairs(a, b))
	if len(anchors) == 0 {
		return nil
	}
	edits := []edit{}
	x, y := 0, 0
	for _, p := range append(anchors, [2]int{len(a), len(b)}) {
		for _, e := range findEdits(a[x:p[0]], b[y:p[1]]) {
			edits = append(edits, edit{
				Start: e.Start + x, End: e.End + x,
				ReplStart: e.ReplStart + y, ReplEnd: e.ReplEnd + y,
			})
		}
		x, y = p[0]+1, p[1]+1
	}
	return edits
}

// uniquePairs returns, in a's order, the indices of each line that occurs exactly
// once in a and once in b.
func uniquePairs(a, b []string) [][2]int {
	type place struct{ inA, inB, timesA, timesB int }
	places := make(map[string]*place, len(a))
	for i, line := range a {
		if places[line] == nil {
			places[line] = &place{}
		}
		places[line].inA = i
		places[line].timesA++
	}
	for j, line := range b {
		if p := places[line]; p != nil {
			p.inB = j
			p.timesB++
		}
	}
	var pairs [][2]int
	for i, line := range a {
		if p := places[line]; p.timesA == 1 && p.timesB == 1 {
			pairs = append(pairs, [2]int{i, p.inB})
		}
	}
	return pairs
}

// inOrder keeps a longest list of pairs in which the second index rises as the
// first does.
func inOrder(pairs [][2]int) [][2]int {
	var ends []int // ends[n] is the pair that ends the best list of n+1 pairs
	before := make([]int, len(pairs))
	for i, p := range pairs {
		n := sort.Search(len(ends), func(n int) bool { return pairs[ends[n]][1] >= p[1] })
		before[i] = -1
		if n > 0 {
			before[i] = ends[n-1]
		}
		if n == len(ends) {
			ends = append(ends, i)
		} else {
			ends[n] = i
		}
	}
	if len(ends) == 0 {
		return nil
	}
	list := make([][2]int, len(ends))
	for i, n := ends[len(ends)-1], len(ends)-1; n >= 0; i, n = before[i], n-1 {
		list[n] = pairs[i]
	}
	return list
}

// slide moves each edit that only adds, or only removes, down as far as the text
// allows, as git and GNU diff do: an added block then reads as a block, and edits
// that meet become one.
func slide(edits []edit, a, b []string) []edit {
	var done []edit
	for i, e := range edits {
		endA, endB := len(a), len(b)
		if i+1 < len(edits) {
			endA, endB = edits[i+1].Start, edits[i+1].ReplStart
		}
		for e.End < endA && e.ReplEnd < endB && canSlide(e, a, b) {
			e.Start, e.End, e.ReplStart, e.ReplEnd = e.Start+1, e.End+1, e.ReplStart+1, e.ReplEnd+1
		}
		if i+1 < len(edits) && e.End == endA && e.ReplEnd == endB {
			edits[i+1].Start, edits[i+1].ReplStart = e.Start, e.ReplStart
			continue
		}
		done = append(done, e)
	}
	return done
}

func canSlide(e edit, a, b []string) bool {
	switch {
	case e.Start == e.End:
		return b[e.ReplStart] == b[e.ReplEnd]
	case e.ReplStart == e.ReplEnd:
		return a[e.Start] == a[e.End]
	default:
		return false
	}
}
