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

// Problem is one thing that a Checker found wrong.
type Problem struct {
	// Path leads to the value: fields joined by dots, list items in brackets,
	// as in "releases[3].origins[0].sha256". Map keys that are not plain words are
	// written in brackets and quotes: `modes["a.b"]`.
	Path string
	// Want and Got say what was wanted and what was found.
	Want, Got string
}

// Checker is implemented by a type that knows rules which a schema cannot express.
// Check is called on the decoded value, once the schema is satisfied.
type Checker interface {
	Check() []Problem
}

// PartChecker is a Checker that is also called when the schema is not satisfied, on what
// could be decoded. Its problems with fields of the document that have a mistake already
// are left out.
type PartChecker interface {
	Checker
	ChecksPart()
}

// Decode decodes the one YAML document in data into v, a pointer to a struct.
//
// The file name is used in errors only. On success v is filled in and the error is
// nil. Otherwise the error joins one *Mistake for each mistake in the document, in the
// order of the file, twenty at most; v then holds what could be decoded beside them, for
// a caller that leaves out what they name. An error that holds no *Mistake says that
// v's type cannot be decoded strictly: a fault of the program, not of the file.
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

// decodeRest fills in what is left beside the mistakes. What the decoder says of these
// is said already; aliases are not followed, since they can grow without end.
func (d *document) decodeRest(v any) {
	if d.aliases {
		return
	}
	for n, content := range d.kept {
		n.Content = content
	}
	_ = d.root.Decode(v)
}

// others returns those of the problems that are about fields without a mistake; none if a
// mistake is about the document as a whole.
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

// merge adds to the first mistakes those of the second that are about other values: what
// has no value in the first place is not said to have a wrong one as well.
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
