// SPDX-License-Identifier: Apache-2.0

package stagetest

import (
	"reflect"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/stage"
)

// EachFieldCounts fails for each field of a stage's input, also within its structs, that does
// not change the stage's key. in needs no values except those that its Keyed values require.
func EachFieldCounts(t testing.TB, in any) {
	t.Helper()
	before := keyOf(t, in)
	eachChange(reflect.ValueOf(in), "", func(changed reflect.Value, field string) {
		if keyOf(t, changed.Interface()) == before {
			t.Errorf("%T: a change of %s leaves the key as it was", in, field)
		}
	})
}

func keyOf(t testing.TB, in any) string {
	t.Helper()
	key := stage.Key("x", in)
	if err := key.Err(); err != nil {
		t.Fatalf("%T: %v", in, err)
	}
	return key.Sum()
}

// eachChange calls check with copies of the struct v, each with one changed field.
func eachChange(v reflect.Value, above string, check func(changed reflect.Value, field string)) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.Tag.Get("key") == "-" {
			continue
		}
		with := func(value reflect.Value) reflect.Value {
			changed := reflect.New(v.Type()).Elem()
			changed.Set(v)
			changed.Field(i).Set(value)
			return changed
		}
		name := above + field.Name
		_, keyed := reflect.TypeAssert[stage.Keyed](v.Field(i))
		_, isTime := reflect.TypeAssert[time.Time](v.Field(i))
		if v.Field(i).Kind() == reflect.Struct && !keyed && !isTime {
			eachChange(v.Field(i), name+".", func(inner reflect.Value, field string) { check(with(inner), field) })
			continue
		}
		check(with(another(v.Field(i))), name)
	}
}

// another returns a different value of v's type.
func another(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	if t, ok := reflect.TypeAssert[time.Time](v); ok {
		return reflect.ValueOf(t.Add(time.Nanosecond))
	}
	switch v.Kind() { //nolint:exhaustive // what an input has
	case reflect.String:
		out.SetString(v.String() + "x")
	case reflect.Bool:
		out.SetBool(!v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		out.SetInt(v.Int() + 1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		out.SetUint(v.Uint() + 1)
	case reflect.Slice:
		out.Set(reflect.Append(v, anotherElement(v)))
	case reflect.Map:
		out.Set(reflect.MakeMap(v.Type()))
		out.SetMapIndex(another(reflect.Zero(v.Type().Key())), reflect.Zero(v.Type().Elem()))
	case reflect.Pointer:
		if v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
		} else {
			out.SetZero()
		}
	case reflect.Struct: // a Keyed one: whatever counts in it
		for _, field := range out.Fields() {
			if field.CanSet() {
				field.Set(another(field))
			}
		}
	}
	return out
}

// anotherElement returns a new element for the slice v: a script has to exist, and a file needs
// a name.
func anotherElement(v reflect.Value) reflect.Value {
	switch v.Type() {
	case reflect.TypeFor[stage.Scripts]():
		return reflect.ValueOf("limits.sh")
	case reflect.TypeFor[[]stage.File]():
		return reflect.ValueOf(stage.File{Name: "one/more"})
	}
	return reflect.Zero(v.Type().Elem())
}
