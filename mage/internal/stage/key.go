// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/scripts"
)

// Keyed is a value with its own text in keys instead of its fields: a value with a path, for
// example, counts with the content of the file.
type Keyed interface{ StageKey() string }

// Scripts are names of embedded scripts. In a key they count with their texts.
type Scripts []string

// Machinery is the tag of a field that does not affect a stage's output, such as a connection:
// `key:"-"`.
const machinery = "-"

// Key is a stage's key: one input for each field of in, a struct, by its name. Files count with
// their content, Scripts with their texts, Keyed values with their StageKey; the fields of
// embedded structs count as fields of in. An unexported field, or one without a text such as a
// function, is an error of the key unless it is tagged as machinery.
func Key(name string, in any) *stagecache.KeyBuilder {
	key := stagecache.NewKey(name)
	addFields(key, reflect.ValueOf(in))
	return key
}

// inputKey is Key with the program or container that does the work.
func inputKey(name string, in Input) *stagecache.KeyBuilder {
	key := Key(name, in)
	contained, ok := in.(Contained)
	if !ok {
		return addProgram(key)
	}
	return addContainers(key, contained.Container())
}

// volumeKey is Key with the containers that do the work in a volume.
func volumeKey(name string, in VolumeInput) *stagecache.KeyBuilder {
	return addContainers(Key(name, in), in.Containers()...)
}

// addContainers adds scripts, images and settings of containers. If there are several, each
// input is named after its container.
func addContainers(key *stagecache.KeyBuilder, specs ...containers.RunSpec) *stagecache.KeyBuilder {
	if len(specs) == 0 {
		return key.Fail("container", errors.New("there is none"))
	}
	used := Scripts{limitsScript}
	for _, spec := range specs {
		if len(spec.Argv) == 0 {
			return key.Fail("container", errors.New("runs no script"))
		}
		if !slices.Contains(used, spec.Argv[0]) {
			used = append(used, spec.Argv[0])
		}
		of := ""
		if len(specs) > 1 {
			of = " of " + spec.Name
		}
		key.String("image"+of, spec.Image).String("container"+of, describeRun(spec))
	}
	addScripts(key, used)
	return key
}

// describeRun returns a container's settings except its image and its input files.
func describeRun(spec containers.RunSpec) string {
	spec.Image, spec.Log, spec.Stdout = "", nil, nil
	spec.Inputs = slices.Clone(spec.Inputs)
	for i := range spec.Inputs {
		spec.Inputs[i].Tar, spec.Inputs[i].Write = nil, nil
	}
	text, err := textOf(reflect.ValueOf(spec))
	if err != nil {
		panic(err) // RunSpec has such fields only
	}
	return text
}

func addFields(key *stagecache.KeyBuilder, v reflect.Value) {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		key.Fail("input", fmt.Errorf("want a struct, got %s", v.Kind()))
		return
	}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		switch {
		case field.Tag.Get("key") == machinery:
		case !field.IsExported():
			key.Fail(field.Name, errUnexported)
		case field.Anonymous && !isKeyed(v.Field(i)) && v.Field(i).Kind() == reflect.Struct:
			addFields(key, v.Field(i))
		default:
			addField(key, inWords(field.Name), v.Field(i))
		}
	}
}

var errUnexported = errors.New("an unexported field cannot be part of a key")

func addField(key *stagecache.KeyBuilder, name string, v reflect.Value) {
	switch value := v.Interface().(type) {
	case []File:
		addFiles(key, value)
	case Scripts:
		addScripts(key, value)
	case []byte:
		key.Bytes(name, value)
	case string:
		key.String(name, value)
	default:
		text, err := textOf(v)
		if err != nil {
			key.Fail(name, err)
			return
		}
		key.String(name, text)
	}
}

func addFiles(key *stagecache.KeyBuilder, files []File) {
	var cached stagecache.Verifier
	for _, f := range files {
		line, err := f.Describe(&cached)
		if err != nil {
			key.Fail(f.Name, err)
			return
		}
		key.String(f.Name, fmt.Sprintf("%s %d %s", line, f.Owner, timeText(f.Time)))
	}
}

func addScripts(key *stagecache.KeyBuilder, names Scripts) {
	for _, name := range names {
		text, err := scripts.Read(name)
		if err != nil {
			key.Fail(name, err)
			return
		}
		key.Bytes(name, text)
	}
}

func isKeyed(v reflect.Value) bool {
	_, ok := reflect.TypeAssert[Keyed](v)
	return ok
}

// inWords returns a field's name in words: "build requires" for "BuildRequires".
func inWords(name string) string {
	var out strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		begins := unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if begins {
			out.WriteByte(' ')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}
