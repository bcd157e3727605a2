// SPDX-License-Identifier: Apache-2.0

package strictyaml

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	reflected "github.com/invopop/jsonschema"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schema is a type's schema in its two forms: as generated, to explain mistakes with,
// and as compiled, to validate with.
type schema struct {
	tree     *reflected.Schema
	compiled *jsonschema.Schema
	text     []byte
}

// schemas keeps what a type's schema is, reflect.Type to *schema: it never changes.
var schemas sync.Map //nolint:gochecknoglobals // a cache of pure results

// Schema returns the JSON schema of v's type, a struct or a pointer to one, indented
// and ending in a newline. The same type always gives the same bytes.
func Schema(v any) ([]byte, error) {
	t := reflect.TypeOf(v)
	if t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("strictyaml: schema: want a struct, got %T", v)
	}
	s, err := schemaOf(t)
	if err != nil {
		return nil, err
	}
	return bytes.Clone(s.text), nil
}

func schemaOf(t reflect.Type) (*schema, error) {
	if s, ok := schemas.Load(t); ok {
		return s.(*schema), nil //nolint:forcetypeassert // only schemas are stored
	}
	if err := checkTags(t, nil); err != nil {
		return nil, err
	}
	r := reflected.Reflector{Anonymous: true, DoNotReference: true, ExpandedStruct: true, FieldNameTag: "yaml"}
	tree := r.ReflectFromType(t)
	text, err := json.MarshalIndent(tree, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("strictyaml: schema of %s: %w", t, err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("strictyaml: schema of %s: %w", t, err)
	}
	const url = "memory:schema"
	c := jsonschema.NewCompiler()
	if err := c.AddResource(url, doc); err != nil {
		return nil, fmt.Errorf("strictyaml: schema of %s: %w", t, err)
	}
	compiled, err := c.Compile(url)
	if err != nil {
		return nil, fmt.Errorf("strictyaml: schema of %s: %w", t, err)
	}
	s := &schema{tree: tree, compiled: compiled, text: append(text, '\n')}
	schemas.Store(t, s)
	return s, nil
}

// checkTags refuses types whose schema and whose decoding would disagree: a field with
// no yaml name is one key for the schema and another for the decoder, and a recursive
// type has no schema without references.
func checkTags(t reflect.Type, above []reflect.Type) error {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return checkTags(t.Elem(), above)
	case reflect.Struct:
	default:
		return nil
	}
	if slices.Contains(above, t) {
		return fmt.Errorf("strictyaml: %s contains itself", t)
	}
	above = append(above, t)
	for f := range t.Fields() {
		if !f.IsExported() {
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name == "-" {
			continue
		}
		if name == "" && options != "inline" {
			return fmt.Errorf("strictyaml: %s.%s has no yaml name", t, f.Name)
		}
		if err := checkTags(f.Type, above); err != nil {
			return err
		}
	}
	return nil
}
