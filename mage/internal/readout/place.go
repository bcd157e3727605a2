// SPDX-License-Identifier: Apache-2.0

package readout

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/page"
	"github.com/resnics/verbsmith/mage/internal/patchset"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs/edit"
	"github.com/resnics/verbsmith/specs/strictyaml"
)

// places are the lines that an error names: those of compilers, or of the readers of a provider's and of verbsmith's data files.
func places(f ui.Failure, source func(string) []byte) []page.Place {
	var all []page.Place
	for _, e := range f.Errors {
		p := page.Place{Name: at(e.File, e.Line, e.Col), Message: explained(e), Caret: e.Col}
		if e.File != "" && e.Line > 0 {
			p.Lines = excerpt(read(source, e.File), e.Line)
			if p.Lines == nil {
				p.Lines, p.Caret = shownLine(e.Source, e.Line), 0
			}
		}
		all = append(all, p)
	}
	if len(all) > 0 {
		return all
	}
	each(f.Err, func(err error) {
		if p, file, line := placeOf(err); p.Name != "" {
			p.Lines = excerpt(read(source, file), line)
			all = append(all, p)
		}
	})
	return all
}

// placeOf is the place that an error is about. The file is one of the user's; "" if it is in a release's tree.
func placeOf(err error) (p page.Place, file string, line int) {
	wanted := func(want, got string) string { return "want " + edit.Cut(want) + ", got " + edit.Cut(got) }
	switch e := err.(type) { //nolint:errorlint // the caller walks the chain
	case *provider.SourceError:
		return page.Place{Name: at(e.File, e.Line, e.Column), Message: wanted(e.Want, e.Got), Caret: e.Column}, e.File, e.Line
	case *strictyaml.Mistake:
		message := wanted(e.Want, e.Got)
		if e.Path != "" {
			message = e.Path + ": " + message
		}
		return page.Place{Name: at(e.File, e.Line, e.Column), Message: message, Caret: e.Column}, e.File, e.Line
	case *edit.PlaceError:
		return page.Place{Name: at(e.File, e.Line, 0), Message: wanted(e.LookedFor, e.Found)}, "", 0
	case *patchset.ConflictError:
		return page.Place{Name: at(e.File, e.Line, 0), Message: wanted(e.Want, e.Got)}, "", 0
	case *patchset.HunkError:
		return page.Place{Name: at(e.File, 0, 0), Message: fmt.Sprintf("hunk %d: %s", e.Hunk, wanted(e.Want, e.Got))}, "", 0
	}
	return page.Place{}, "", 0
}

// at is "file:line:column".
func at(file string, line, column int) string {
	switch {
	case file == "" || line <= 0:
		return file
	case column <= 0:
		return file + ":" + strconv.Itoa(line)
	}
	return fmt.Sprintf("%s:%d:%d", file, line, column)
}

// each visits an error and all that it wraps, outermost first.
func each(err error, visit func(error)) {
	if err == nil {
		return
	}
	visit(err)
	switch e := err.(type) { //nolint:errorlint // this walks the chain itself
	case interface{ Unwrap() error }:
		each(e.Unwrap(), visit)
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			each(inner, visit)
		}
	}
}

func read(source func(string) []byte, file string) []byte {
	if source == nil || file == "" {
		return nil
	}
	return source(file)
}

// around is how many lines of a source are shown before and behind the one that is meant.
const around = 2

// excerpt is a line of a source with those around it; nil if the source has no such line.
func excerpt(data []byte, line int) []page.Line {
	lines := strings.Split(string(data), "\n")
	if len(data) == 0 || line < 1 || line > len(lines) {
		return nil
	}
	var out []page.Line
	for n := max(line-around, 1); n <= min(line+around, len(lines)); n++ {
		out = append(out, page.Line{Number: n, Text: strings.TrimRight(lines[n-1], "\r"), Marked: n == line})
	}
	return out
}

// gutter is what gcc shows before a line of the source: its number and a bar.
var gutter = regexp.MustCompile(`^ *\d+ \| ?`)

// shownLine is the line that the compiler has shown itself.
func shownLine(text string, line int) []page.Line {
	text = gutter.ReplaceAllString(text, "")
	if strings.TrimSpace(text) == "" {
		return nil
	}
	return []page.Line{{Number: line, Text: text, Marked: true}}
}

// as is errors.AsType as a condition.
func as[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}
