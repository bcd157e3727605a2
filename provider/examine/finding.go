// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/provider/internal/text"
)

// Finding is one finding of a check. Its text begins with the file and, if there is one, the
// line.
type Finding struct {
	Err     error // such as *SourceError, *strictyaml.Mistake, *PlaceError, *FileError
	Warning bool  // it breaks nothing
}

// Answer is the result of one check of a provider.
type Answer struct {
	Check    string
	Findings []Finding
	Evidence string // evidence of a check that passed
	Skipped  string // why the check was skipped; empty if it was made
}

// Failed reports whether there is a mistake, not only warnings.
func (a *Answer) Failed() bool {
	for _, f := range a.Findings {
		if !f.Warning {
			return true
		}
	}
	return false
}

// Warnings counts the warnings.
func (a *Answer) Warnings() int {
	n := 0
	for _, f := range a.Findings {
		if f.Warning {
			n++
		}
	}
	return n
}

// sameFindings merges equal findings about several files into one: the first, with the number
// and some of the names of the others.
func (p *subject) sameFindings(all []Finding) []Finding {
	type kind struct {
		warning   bool
		want, got string
	}
	var kept []Finding
	first, files := map[kind]int{}, map[kind][]string{}
	for _, f := range all {
		source, ok := f.Err.(*text.SourceError) //nolint:errorlint // the check's own
		if !ok {
			kept = append(kept, f)
			continue
		}
		k := kind{f.Warning, source.Want, source.Got}
		if _, ok := first[k]; ok {
			files[k] = append(files[k], strings.TrimPrefix(source.File, p.Dir+string(filepath.Separator)))
			continue
		}
		first[k], kept = len(kept), append(kept, f)
	}
	const named = 3
	for k, more := range files {
		source := *kept[first[k]].Err.(*text.SourceError) //nolint:errorlint,forcetypeassert // as above
		count := fmt.Sprintf("%d more file", len(more))
		if len(more) > 1 {
			count += "s"
		}
		if len(more) > named {
			more = append(more[:named:named], "...")
		}
		source.Got += asIn + count + ": " + strings.Join(more, ", ")
		kept[first[k]].Err = &source
	}
	return kept
}

const asIn = ", as in "

// Tells reports whether one of the findings is this error, alone or merged.
func (a *Answer) Tells(e *text.SourceError) bool {
	return slices.ContainsFunc(a.Findings, func(f Finding) bool {
		told, ok := errors.AsType[*text.SourceError](f.Err)
		if !ok || told.Want != e.Want {
			return false
		}
		return told.File == e.File && told.Line == e.Line && told.Got == e.Got || strings.HasPrefix(told.Got, e.Got+asIn)
	})
}

func (a *Answer) fail(err error) {
	a.Findings = append(a.Findings, Finding{Err: err})
}

func (a *Answer) warn(err error) {
	a.Findings = append(a.Findings, Finding{Err: err, Warning: true})
}
