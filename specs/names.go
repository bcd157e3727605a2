// SPDX-License-Identifier: Apache-2.0

package specs

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// UnknownError says that a name is not among the known ones.
type UnknownError struct {
	// Kind is what was asked for: "release" or "distro".
	Kind string
	// Name is the unknown name; Known are all known ones, in order.
	Name  string
	Known []string
}

// fewNames is how many names an error lists in one line.
const fewNames = 12

// Error lists the known ones; a long list has a line for each part before the
// first dot.
func (e *UnknownError) Error() string {
	text := fmt.Sprintf("unknown %s %q: known are ", e.Kind, e.Name)
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
// 9.0 before 10.0. It returns -1, 0 or 1. What is no number sorts as text.
func CompareVersions(a, b string) int {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		x, errX := strconv.ParseUint(as[i], 10, 64)
		y, errY := strconv.ParseUint(bs[i], 10, 64)
		c := cmp.Compare(x, y)
		if errX != nil || errY != nil {
			c = strings.Compare(as[i], bs[i])
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(len(as), len(bs)), strings.Compare(a, b))
}
