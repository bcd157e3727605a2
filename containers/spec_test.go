// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestRunSpecCheck(t *testing.T) {
	good := RunSpec{Name: "n", Image: "i", Argv: []string{"true"}}
	if err := good.check(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*RunSpec){
		"want an image":  func(s *RunSpec) { s.Image = "" },
		"want a command": func(s *RunSpec) { s.Argv = nil },
		"got [\"\"]":     func(s *RunSpec) { s.Argv = []string{""} },
		`got "A=B"`:      func(s *RunSpec) { s.Env = map[string]string{"A=B": ""} },
		"no zero byte":   func(s *RunSpec) { s.Env = map[string]string{"A": "x\x00y"} },
		`input "in"`:     func(s *RunSpec) { s.Inputs = []Input{{Path: "in", Tar: strings.NewReader("")}} },
		`input "/in"`:    func(s *RunSpec) { s.Inputs = []Input{{Path: "/in"}} },
		`input "/both"`: func(s *RunSpec) {
			s.Inputs = []Input{{Path: "/both", Tar: strings.NewReader(""), Write: func(io.Writer) error { return nil }}}
		},
		`output "out"`:     func(s *RunSpec) { s.Outputs = []Output{{Path: "out", Dir: "d"}} },
		`output "/out"`:    func(s *RunSpec) { s.Outputs = []Output{{Path: "/out"}} },
		`volume "/etc"`:    func(s *RunSpec) { s.Volumes = []VolumeMount{{Name: "/etc", Path: "/etc"}} },
		`volume ".."`:      func(s *RunSpec) { s.Volumes = []VolumeMount{{Name: "..", Path: "/x"}} },
		`volume "v" at ""`: func(s *RunSpec) { s.Volumes = []VolumeMount{{Name: "v"}} },
		`at "/."`:          func(s *RunSpec) { s.Volumes = []VolumeMount{{Name: "vv", Path: "/."}} },
	} {
		bad := good
		change(&bad)
		if err := bad.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	err := (RunSpec{}).check()
	if err == nil || !strings.Contains(err.Error(), "image") || !strings.Contains(err.Error(), "command") {
		t.Errorf("want all mistakes at once, got %v", err)
	}
}

func TestEnvironmentIsSorted(t *testing.T) {
	spec := RunSpec{Env: map[string]string{"C": "3", "A": "1", "B": "x=y"}}
	if got := spec.environment(); !slices.Equal(got, []string{"A=1", "B=x=y", "C=3"}) {
		t.Errorf("got %q", got)
	}
}

// The client's types must stay inside, so that another client is a change of this folder alone.
func TestNoClientTypeIsExported(t *testing.T) {
	seen := make(map[reflect.Type]bool)
	var visit func(where string, typ reflect.Type)
	visit = func(where string, typ reflect.Type) {
		if seen[typ] {
			return
		}
		seen[typ] = true
		pkg := typ.PkgPath()
		if strings.Contains(pkg, ".") && !strings.HasPrefix(pkg, "github.com/resnics/verbsmith") {
			t.Errorf("%s: %s", where, typ)
		}
		where += " " + typ.String()
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Chan, reflect.Array:
			visit(where, typ.Elem())
		case reflect.Map:
			visit(where, typ.Key())
			visit(where, typ.Elem())
		case reflect.Func:
			for i := range typ.NumIn() {
				visit(where, typ.In(i))
			}
			for i := range typ.NumOut() {
				visit(where, typ.Out(i))
			}
		case reflect.Struct:
			for i := range typ.NumField() {
				if field := typ.Field(i); field.IsExported() {
					visit(where+"."+field.Name, field.Type)
				}
			}
		}
		for i := range typ.NumMethod() {
			visit(where+"."+typ.Method(i).Name, typ.Method(i).Type)
		}
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[*Engine](), reflect.TypeFor[func(Options, BuildError, RunError, PullError)]()} {
		visit("", typ)
	}
	if len(seen) < 20 {
		t.Errorf("only %d types were looked at", len(seen))
	}
}
