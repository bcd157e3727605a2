// SPDX-License-Identifier: Apache-2.0

package strictyaml

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/resnics/verbsmith/specs/edit"
)

// Problem is one mistake found by a Checker.
type Problem struct {
	// Path leads to the value: fields joined by dots, list items in brackets,
	// as in "releases[3].origins[0].sha256". Map keys that are not plain words are
	// written in brackets and quotes: `modes["a.b"]`.
	Path string
	// Want and Got are the expected and the actual value.
	Want, Got string
}

// Checker is implemented by types with rules that a schema cannot express. Check is called on
// the decoded value, once the schema is satisfied.
type Checker interface {
	Check() []Problem
}

// PartChecker is a Checker that is also called if the schema is not satisfied, with the values
// that could be decoded. Its problems with fields that already have a mistake are dropped.
type PartChecker interface {
	Checker
	ChecksPart()
}

// Decode decodes the one YAML document in data into v, a pointer to a struct.
//
// The file name is used in errors only. On success v is filled in and the error is
// nil. Otherwise the error joins one *Mistake for each mistake in the document, in the
// order of the file, twenty at most; v then has the values that could be decoded, for a caller
// that ignores the others. An error without a *Mistake says that v's type cannot be decoded
// strictly, which is a bug of the program.
func Decode(file string, data []byte, v any) error {
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Pointer || rv.IsNil() || rv.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("strictyaml: decode %s: want a pointer to a struct, got %T", edit.Printable(file), v)
	}
	sch, err := schemaOf(rv.Type().Elem())
	if err != nil {
		return err
	}
	doc, mistakes := parse(file, data)
	if len(mistakes) > 0 {
		return join(mistakes)
	}
	value, mistakes := doc.value()
	if all := merge(mistakes, doc.validate(sch, value)); len(all) > 0 {
		doc.decodeRest(v)
		if c, ok := v.(PartChecker); ok && !doc.aliases {
			all = append(all, doc.others(c.Check(), all)...)
		}
		return join(all)
	}
	if err := doc.root.Decode(v); err != nil {
		return join(doc.typeMistakes(err))
	}
	if c, ok := v.(Checker); ok {
		for _, p := range c.Check() {
			mistakes = append(mistakes, doc.problem(p))
		}
	}
	return join(mistakes)
}

// decodeRest fills in the values without mistakes. The decoder's errors are already reported;
// aliases are not followed, because they can grow without bound.
func (d *document) decodeRest(v any) {
	if d.aliases {
		return
	}
	for n, content := range d.kept {
		n.Content = content
	}
	_ = d.root.Decode(v)
}

// others returns the problems with fields without a mistake; none if a mistake is about the
// whole document.
func (d *document) others(problems []Problem, mistakes []*Mistake) []*Mistake {
	said := map[string]bool{}
	for _, m := range mistakes {
		said[TopField(m.Path)] = true
	}
	if said[""] {
		return nil
	}
	var out []*Mistake
	for _, p := range problems {
		if !said[TopField(p.Path)] {
			out = append(out, d.problem(p))
		}
	}
	return out
}

// TopField returns the field of the document that a path begins with, "" for the path of
// the document itself.
func TopField(path string) string {
	if end := strings.IndexAny(path, ".["); end >= 0 {
		return path[:end]
	}
	return path
}

// merge adds to the first mistakes those of the second that are about other values, so that a
// missing value is not reported as invalid too.
func merge(first, second []*Mistake) []*Mistake {
	type place struct {
		line, column int
		path         string
	}
	said := make(map[place]bool, len(first))
	for _, m := range first {
		said[place{m.Line, m.Column, m.Path}] = true
	}
	all := slices.Clone(first)
	for _, m := range second {
		if !said[place{m.Line, m.Column, m.Path}] {
			all = append(all, m)
		}
	}
	return all
}

// problem returns a Checker's problem the position of the value it is about, or of the
// nearest enclosing value that the document has.
func (d *document) problem(p Problem) *Mistake {
	return d.mistake(d.at(p.Path), p.Path, p.Want, p.Got)
}

var typeErrorLine = regexp.MustCompile(`^line (\d+): (.*)$`)

// typeMistakes turns what the YAML decoder finds after the schema was satisfied (a
// number that does not fit its Go type, for instance) into mistakes.
func (d *document) typeMistakes(err error) []*Mistake {
	var te *yaml.TypeError
	if !errors.As(err, &te) {
		return []*Mistake{d.mistake(d.root, "", "a value that can be decoded", err.Error())}
	}
	var out []*Mistake
	for _, text := range te.Errors {
		m := d.mistake(d.root, "", "a value that fits", text)
		if parts := typeErrorLine.FindStringSubmatch(text); parts != nil {
			if line, err := strconv.Atoi(parts[1]); err == nil {
				m.Line, m.Column, m.Got = line, 1, parts[2]
			}
		}
		out = append(out, m)
	}
	return out
}
