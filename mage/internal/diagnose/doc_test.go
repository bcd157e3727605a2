// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const page = "../../../docs/diagnose.md"

// section is the part of the page below a heading.
func section(t *testing.T, heading string) string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("%s has no section %s", page, heading)
	}
	rest, _, _ = strings.Cut(rest, "\n## ")
	return rest
}

// The page has each reason, in the order of the code, and no other; those that are notes are called so.
func TestPageHasReasons(t *testing.T) {
	var got []Reason
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(section(t, "Reasons"), -1) {
		got = append(got, Reason(row[1]))
	}
	if !slices.Equal(got, Reasons()) {
		t.Errorf("the page has\n%v\nwant\n%v", got, Reasons())
	}
}

// The page has each field of the JSON, and no other.
func TestPageHasFields(t *testing.T) {
	want := map[string]bool{}
	seen := map[reflect.Type]bool{}
	var take func(reflect.Type)
	take = func(of reflect.Type) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct || seen[of] {
			return
		}
		seen[of] = true
		for field := range of.Fields() {
			if tag := field.Tag.Get("json"); tag != "" {
				name, _, _ := strings.Cut(tag, ",")
				want[name] = true
				take(field.Type)
			}
		}
	}
	take(reflect.TypeFor[Report]())
	got := map[string]bool{}
	for _, word := range regexp.MustCompile("`([a-z][a-zA-Z]*)(?:\\[\\])?`").FindAllStringSubmatch(section(t, "JSON"), -1) {
		got[word[1]] = true
	}
	for _, value := range []string{"null", "fault", "note", "amd64", "docker", "podman", "arm"} {
		delete(got, value)
	}
	for name := range want {
		if !got[name] {
			t.Errorf("the page lacks %s", name)
		}
	}
	for name := range got {
		if !want[name] {
			t.Errorf("the page has %s, and the JSON has not", name)
		}
	}
}
