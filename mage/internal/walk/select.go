// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"fmt"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/specs/edit"
)

// SelectionError is an invalid selection of releases.
type SelectionError struct {
	Item   string // the part that is wrong
	Reason string
	Known  string // a summary of the clone's releases
}

// Error implements error.
func (e *SelectionError) Error() string {
	return fmt.Sprintf("-rdma: %s %s: the clone has %s", edit.Quote(e.Item), e.Reason, e.Known)
}

// Advice returns what to do.
func (e *SelectionError) Advice() string {
	return "pass -rdma as FROM..TO, as one release, or as several of both separated by commas"
}

const (
	rangeSign = ".."
	listSign  = ","
)

// selectRefs returns the names of a selection: FROM..TO with both ends, a release, or a list of
// both with commas. Empty selects all. The refs are in order.
func selectRefs(selection string, refs []upstream.Ref) ([]string, error) {
	if selection == "" {
		return names(refs), nil
	}
	var all []string
	for item := range strings.SplitSeq(selection, listSign) {
		some, err := selectItem(strings.TrimSpace(item), refs)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

func selectItem(item string, refs []upstream.Ref) ([]string, error) {
	from, to, isRange := strings.Cut(item, rangeSign)
	if !isRange {
		to = from
	}
	var at [2]int
	for i, end := range []string{from, to} {
		n, ok := findRef(end, refs)
		if !ok {
			return nil, &SelectionError{Item: end, Reason: "matches no release", Known: known(end, refs)}
		}
		at[i] = n
	}
	if at[0] > at[1] {
		return nil, &SelectionError{Item: item, Reason: "ends before it begins", Known: known("", refs)}
	}
	return names(refs[at[0] : at[1]+1]), nil
}

// findRef finds a release by its name; the v is optional.
func findRef(name string, refs []upstream.Ref) (int, bool) {
	for i, ref := range refs {
		if name == ref.Name || releaseNameStart+name == ref.Name {
			return i, true
		}
	}
	return 0, false
}

// known names valid releases: those with the same first number, or else the first and the last.
func known(name string, refs []upstream.Ref) string {
	major, _, _ := strings.Cut(strings.TrimPrefix(name, releaseNameStart), ".")
	var same []string
	for _, ref := range refs {
		if strings.HasPrefix(ref.Name, releaseNameStart+major+".") {
			same = append(same, ref.Name)
		}
	}
	if len(same) > 0 {
		return strings.Join(same, ", ")
	}
	return fmt.Sprintf("%d, %s to %s", len(refs), refs[0].Name, refs[len(refs)-1].Name)
}

func names(refs []upstream.Ref) []string {
	out := make([]string, len(refs))
	for i, ref := range refs {
		out[i] = ref.Name
	}
	return out
}
