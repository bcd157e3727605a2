// SPDX-License-Identifier: Apache-2.0

package specs

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/specs/edit"
)

// UnknownError says that a name is not among the known ones.
type UnknownError struct {
	// Kind is the kind of name: "release" or "distro".
	Kind string
	// Name is the unknown name; Known are all known ones, in order.
	Name  string
	Known []string
}

// fewNames is the number of names that an error lists in one line.
const fewNames = 12

// Error lists the known ones; a long list has a line for each part before the
// first dot.
func (e *UnknownError) Error() string {
	text := fmt.Sprintf("unknown %s %s: known are ", e.Kind, edit.Quote(e.Name))
	if len(e.Known) <= fewNames {
		return text + strings.Join(e.Known, ", ")
	}
	line := ""
	for _, known := range e.Known {
		major, _, _ := strings.Cut(known, ".")
		if major != line {
			line, text = major, strings.TrimSuffix(text, " ")+"\n "
		}
		text += " " + known
	}
	return text
}

// CompareVersions orders two release numbers such as "56.1" by their parts, as numbers:
// 9.0 before 10.0. It returns -1, 0 or 1. A fork's suffix is newer than the number alone, 56.1
// before 56.1+acme and 59.2 before 59.amzn0, unless it begins with a tilde.
func CompareVersions(a, b string) int {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		if c := comparePart(as[i], bs[i]); c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(len(as), len(bs)), strings.Compare(a, b))
}

// comparePart orders two parts: by the numbers that they begin with, a part without one
// last, and then by what follows.
func comparePart(a, b string) int {
	restA, restB := strings.TrimLeft(a, "0123456789"), strings.TrimLeft(b, "0123456789")
	x, errX := strconv.ParseUint(strings.TrimSuffix(a, restA), 10, 64)
	y, errY := strconv.ParseUint(strings.TrimSuffix(b, restB), 10, 64)
	older := func(rest string) int { return map[bool]int{true: -1}[strings.HasPrefix(rest, "~")] }
	switch {
	case errX == nil && errY == nil:
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(older(restA), older(restB)), strings.Compare(restA, restB))
	case errX == nil:
		return -1
	case errY == nil:
		return 1
	}
	return strings.Compare(a, b)
}
