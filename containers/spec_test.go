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
		`device "/etc"`:    func(s *RunSpec) { s.Devices = []string{"/etc"} },
		`"/dev/../etc"`:    func(s *RunSpec) { s.Devices = []string{"/dev/../etc"} },
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

// The client's types must stay inside, so that another client is a change of this directory alone.
func TestNoClientTypeIsExported(t *testing.T) {
	walk := typeWalk{t: t, seen: make(map[reflect.Type]bool)}
	walk.visit("", reflect.TypeFor[*Engine]())
	walk.visit("", reflect.TypeFor[func(Options, BuildError, RunError, PullError)]())
	if len(walk.seen) < 20 {
		t.Errorf("only %d types were looked at", len(walk.seen))
	}
}

type typeWalk struct {
	t    *testing.T
	seen map[reflect.Type]bool
}

// visit looks at a type and at all that a user of it gets to see.
func (w typeWalk) visit(where string, typ reflect.Type) {
	if w.seen[typ] {
		return
	}
	w.seen[typ] = true
	if pkg := typ.PkgPath(); strings.Contains(pkg, ".") && !strings.HasPrefix(pkg, "github.com/resnics/verbsmith") {
		w.t.Errorf("%s: %s", where, typ)
	}
	where += " " + typ.String()
	switch typ.Kind() {
	case reflect.Map:
		w.visit(where, typ.Key())
		w.visit(where, typ.Elem())
	case reflect.Pointer, reflect.Slice, reflect.Chan, reflect.Array:
		w.visit(where, typ.Elem())
	case reflect.Func:
		for in := range typ.Ins() {
			w.visit(where, in)
		}
		for out := range typ.Outs() {
			w.visit(where, out)
		}
	case reflect.Struct:
		for field := range typ.Fields() {
			if field.IsExported() {
				w.visit(where+"."+field.Name, field.Type)
			}
		}
	default:
	}
	for method := range typ.Methods() {
		w.visit(where+"."+method.Name, method.Type)
	}
}
