// SPDX-License-Identifier: Apache-2.0

package strictyaml

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	reflected "github.com/invopop/jsonschema"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"go.yaml.in/yaml/v3"
)

// validate checks a value against the schema and returns every violation as a mistake.
func (d *document) validate(s *schema, value any) []*Mistake {
	err := s.compiled.Validate(value)
	if err == nil {
		return nil
	}
	var ve *jsonschema.ValidationError
	if !errors.As(err, &ve) {
		return []*Mistake{d.mistake(d.root, "", "a valid document", err.Error())}
	}
	var out []*Mistake
	for _, leaf := range leaves(ve) {
		out = append(out, d.explain(s.tree, leaf)...)
	}
	return out
}

// leaves returns the innermost errors. Alternatives are one error: it matters more that none
// matched than why each did not.
func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	switch e.ErrorKind.(type) {
	case *kind.AnyOf, *kind.OneOf:
		return []*jsonschema.ValidationError{e}
	}
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var out []*jsonschema.ValidationError
	for _, c := range e.Causes {
		out = append(out, leaves(c)...)
	}
	return out
}

// explain describes a violation in words.
func (d *document) explain(tree *reflected.Schema, e *jsonschema.ValidationError) []*Mistake {
	n := d.node(e.InstanceLocation)
	if n == nil {
		n = d.root
	}
	path := d.pathOf(e.InstanceLocation)
	sub := subschema(tree, e.InstanceLocation)
	one := func(want, got string) []*Mistake { return []*Mistake{d.mistake(n, path, want, got)} }
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		return d.missing(n, path, sub, k.Missing)
	case *kind.AdditionalProperties:
		return d.unknown(n, path, sub, k.Properties)
	case *kind.Type:
		return one(wantType(sub, k.Want, n), describeNode(n))
	case *kind.Enum:
		return one(oneOf(k.Want), describeNode(n))
	case *kind.Pattern:
		return one(described(sub, "text that matches "+k.Want), describeNode(n))
	default:
		want, got := limits(e, sub, n)
		return one(want, got)
	}
}

// limits describes the limit that a value exceeds.
func limits(e *jsonschema.ValidationError, sub *reflected.Schema, n *yaml.Node) (want, got string) {
	switch k := e.ErrorKind.(type) {
	case *kind.MinItems:
		return described(sub, "at least "+count(k.Want, "item")), count(k.Got, "item")
	case *kind.MaxItems:
		return "at most " + count(k.Want, "item"), count(k.Got, "item")
	case *kind.UniqueItems:
		return "items that differ", fmt.Sprintf("the same at %d and %d", k.Duplicates[0], k.Duplicates[1])
	case *kind.MinLength:
		return described(sub, "at least "+count(k.Want, "character")), describeNode(n)
	case *kind.MaxLength:
		return "at most " + count(k.Want, "character"), count(k.Got, "character")
	case *kind.Minimum:
		return "a number of at least " + k.Want.RatString(), describeNode(n)
	case *kind.Maximum:
		return "a number of at most " + k.Want.RatString(), describeNode(n)
	default:
		return described(sub, "a valid value ("+e.Error()+")"), describeNode(n)
	}
}

func (d *document) missing(n *yaml.Node, path string, sub *reflected.Schema, names []string) []*Mistake {
	var out []*Mistake
	for _, name := range names {
		var field *reflected.Schema
		if sub != nil && sub.Properties != nil {
			field, _ = sub.Properties.Get(name)
		}
		out = append(out, d.mistake(n, fieldPath(path, name), described(field, typeWords(field)), "nothing"))
	}
	return out
}

func (d *document) unknown(n *yaml.Node, path string, sub *reflected.Schema, names []string) []*Mistake {
	var known []string
	if sub != nil && sub.Properties != nil {
		for p := sub.Properties.Oldest(); p != nil; p = p.Next() {
			known = append(known, p.Key)
		}
	}
	var out []*Mistake
	for _, name := range names {
		at := n
		if k := d.key(n, name); k != nil {
			at = k
		}
		out = append(out, d.mistake(at, fieldPath(path, name), "one of the fields "+strings.Join(known, ", "),
			"the unknown field "+quoted(name)))
	}
	return out
}

// wantType names the expected type, and how to write it if the value probably is right: 56.10
// is a number to YAML, and loses its zero.
func wantType(sub *reflected.Schema, types []string, n *yaml.Node) string {
	want := described(sub, typeWords(sub))
	if len(types) == 1 && types[0] == "string" && n.Kind == yaml.ScalarNode && n.ShortTag() != "!!null" {
		return want + ", in quotes (write \"" + n.Value + "\")"
	}
	return want
}

// described is the schema's description, else the given words.
func described(s *reflected.Schema, otherwise string) string {
	if s != nil && s.Description != "" {
		return s.Description
	}
	return otherwise
}

func typeWords(s *reflected.Schema) string {
	if s == nil {
		return "a value"
	}
	switch s.Type {
	case "string":
		if len(s.Enum) > 0 {
			return oneOf(s.Enum)
		}
		return "text"
	case "integer":
		return "a whole number"
	case "number":
		return "a number"
	case "boolean":
		return "true or false"
	case "array":
		return "a list"
	case "object":
		return "a mapping"
	}
	return "a value"
}

// subschema follows an instance location through the generated schema.
func subschema(s *reflected.Schema, tokens []string) *reflected.Schema {
	for _, tok := range tokens {
		if s == nil {
			return nil
		}
		switch s.Type {
		case "array":
			s = item(s)
		case "object":
			next := s.AdditionalProperties
			if s.Properties != nil {
				if p, ok := s.Properties.Get(tok); ok {
					next = p
				}
			}
			s = next
		default:
			return nil
		}
	}
	return s
}

// item is the schema of a list's items. The list's description also applies to its items.
func item(list *reflected.Schema) *reflected.Schema {
	if list.Items == nil || list.Items.Description != "" || list.Description == "" {
		return list.Items
	}
	s := *list.Items
	s.Description = "an item of " + list.Description
	return &s
}

func oneOf(values []any) string {
	words := make([]string, 0, len(values))
	for _, v := range values {
		words = append(words, fmt.Sprint(v))
	}
	return "one of " + strings.Join(words, ", ")
}

func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}
