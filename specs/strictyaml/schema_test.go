// SPDX-License-Identifier: Apache-2.0

package strictyaml_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/specs/strictyaml"
)

func TestSchema(t *testing.T) {
	first, err := strictyaml.Schema(&garden{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := strictyaml.Schema(garden{})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Error("the same type gives two schemas")
	}
	var s struct {
		Required             []string                  `json:"required"`
		AdditionalProperties *bool                     `json:"additionalProperties"`
		Properties           map[string]map[string]any `json:"properties"`
	}
	if err := json.Unmarshal(first, &s); err != nil {
		t.Fatal(err)
	}
	if len(s.Required) != 1 || s.Required[0] != "name" {
		t.Errorf("required = %q, want name alone", s.Required)
	}
	if s.AdditionalProperties == nil || *s.AdditionalProperties {
		t.Error("unknown fields are not refused")
	}
	if s.Properties["name"]["pattern"] != "^[a-z]+$" {
		t.Errorf("name is %v", s.Properties["name"])
	}
	if !strings.HasSuffix(string(first), "}\n") {
		t.Error("no newline at the end")
	}
}

type nameless struct{ Name string }

type endless struct {
	Next *endless `yaml:"next,omitempty"`
}

type oddPattern struct {
	Name string `yaml:"name" jsonschema:"pattern=["`
}

func TestTypesThatCannotBeStrict(t *testing.T) {
	for _, tt := range []struct {
		v    any
		want string
	}{
		{&nameless{}, "nameless.Name has no yaml name"},
		{&endless{}, "endless contains itself"},
		{&oddPattern{}, "schema of strictyaml_test.oddPattern"},
		{nameless{}, "want a pointer to a struct, got strictyaml_test.nameless"},
		{new(int), "want a pointer to a struct, got *int"},
		{(*garden)(nil), "want a pointer to a struct"},
		{nil, "want a pointer to a struct, got <nil>"},
	} {
		err := strictyaml.Decode("x.yaml", []byte("name: a\n"), tt.v)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Decode into %T: %v, want it to say %q", tt.v, err, tt.want)
		}
		if len(strictyaml.Mistakes(err)) != 0 {
			t.Errorf("Decode into %T blames the file: %v", tt.v, err)
		}
	}
	if _, err := strictyaml.Schema(3); err == nil {
		t.Error("a number has a schema")
	}
}

// TestHostile feeds what is meant to hurt: each must be refused in a moment.
func TestHostile(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("a: &a [x,x,x,x,x,x,x,x,x]\n")
	for c := 'b'; c <= 'z'; c++ {
		fmt.Fprintf(&bomb, "%c: &%c [%s]\n", c, c, strings.Repeat("*"+string(c-1)+",", 9))
	}
	for name, text := range map[string]string{
		"alias bomb": bomb.String(),
		"deep":       "name: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000),
		"deeper":     strings.Repeat("[", 2_000_000),
		"large":      "name: " + strings.Repeat("a", 5<<20),
		"long name":  "name: " + strings.Repeat("B", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			var g garden
			err := strictyaml.Decode("g.yaml", []byte(text), &g)
			if err == nil {
				t.Fatal("accepted")
			}
			if name == "deep" && !strings.Contains(err.Error(), "want at most 64 levels, got more") {
				t.Errorf("depth is not limited: %.200v", err)
			}
			for _, m := range strictyaml.Mistakes(err) {
				if len(m.Error()) > 500 {
					t.Errorf("a mistake of %d bytes", len(m.Error()))
				}
			}
		})
	}
}

func TestMistakeWithOddFileName(t *testing.T) {
	m := &strictyaml.Mistake{File: "a\nb.yaml", Line: 1, Column: 2, Path: "x", Want: "y", Got: "z"}
	if got, want := m.Error(), `"a\nb.yaml":1:2: x: want y, got z`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"name: a\n", "a: [", "\t", "? a\n: b\n", "- - -\n", "name: |\n  x\n y", "a: &a *a\n", "{", "%YAML 9\n---\n", "\xef\xbb\xbfname: a\n", "name: \"\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var g garden
		err := strictyaml.Decode("g.yaml", data, &g)
		if err == nil {
			return
		}
		all := strictyaml.Mistakes(err)
		if len(all) == 0 {
			t.Fatalf("an error without a mistake: %v", err)
		}
		for _, m := range all {
			if m.Line < 1 || m.Column < 1 || m.Want == "" || m.Got == "" || strings.ContainsAny(m.Error(), "\n\r") {
				t.Errorf("mistake %q", m.Error())
			}
		}
	})
}
