// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// keyText writes values so that different values of one type have different texts.
type keyText struct{ strings.Builder }

// textOf returns a value's text in a key.
func textOf(v reflect.Value) (string, error) {
	var out keyText
	err := out.value(v)
	return out.String(), err
}

func (out *keyText) value(v reflect.Value) error {
	if (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil() {
		out.WriteString("nil")
		return nil
	}
	switch value := v.Interface().(type) {
	case Keyed:
		out.WriteString(strconv.Quote(value.StageKey()))
		return nil
	case time.Time:
		out.WriteString(timeText(value))
		return nil
	}
	switch v.Kind() { //nolint:exhaustive // the others are plain
	case reflect.Pointer:
		return out.value(v.Elem())
	case reflect.Interface:
		out.WriteString(v.Elem().Type().String())
		return out.value(v.Elem())
	case reflect.Struct:
		return out.fields(v)
	case reflect.Slice, reflect.Array:
		return out.list(v)
	case reflect.Map:
		return out.entries(v)
	}
	return out.plain(v)
}

// plain writes a value that contains no other. A nil function has no text.
func (out *keyText) plain(v reflect.Value) error {
	switch {
	case v.Kind() == reflect.Func && v.IsNil():
	case v.Kind() == reflect.String:
		out.WriteString(strconv.Quote(v.String()))
	case v.CanInt() || v.CanUint() || v.CanFloat() || v.Kind() == reflect.Bool:
		out.WriteString(strings.TrimSpace(fmt.Sprintln(v)))
	default:
		return fmt.Errorf("a %s cannot be part of a key", v.Kind())
	}
	return nil
}

func (out *keyText) fields(v reflect.Value) error {
	out.WriteByte('{')
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.Tag.Get("key") == machinery {
			continue
		}
		if !field.IsExported() {
			return fmt.Errorf("%s of %s: %w", field.Name, v.Type(), errUnexported)
		}
		out.WriteString(field.Name + ":")
		if err := out.value(v.Field(i)); err != nil {
			return err
		}
		out.WriteByte(' ')
	}
	out.WriteByte('}')
	return nil
}

func (out *keyText) list(v reflect.Value) error {
	out.WriteByte('[')
	for i := range v.Len() {
		if err := out.value(v.Index(i)); err != nil {
			return err
		}
		out.WriteByte(' ')
	}
	out.WriteByte(']')
	return nil
}

func (out *keyText) entries(v reflect.Value) error {
	lines := make([]string, 0, v.Len())
	for _, key := range v.MapKeys() {
		name, err := textOf(key)
		if err != nil {
			return err
		}
		text, err := textOf(v.MapIndex(key))
		if err != nil {
			return err
		}
		lines = append(lines, name+":"+text)
	}
	slices.Sort(lines)
	for _, line := range lines {
		out.WriteString(strconv.Quote(line) + " ")
	}
	return nil
}

func timeText(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
