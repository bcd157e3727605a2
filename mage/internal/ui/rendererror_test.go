// SPDX-License-Identifier: Apache-2.0

package ui_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/ui"
)

// stageError, commandError and advisedError stand for the errors of other packages, which know nothing of ui.
type stageError struct {
	stage, distro, release string
	err                    error
}

func (e *stageError) Error() string   { return e.stage + ": " + e.err.Error() }
func (e *stageError) Unwrap() error   { return e.err }
func (e *stageError) Stage() string   { return e.stage }
func (e *stageError) Distro() string  { return e.distro }
func (e *stageError) Release() string { return e.release }

type commandError struct {
	argv []string
	code int
	tail []string
	log  string
}

func (e *commandError) Error() string   { return fmt.Sprintf("exit status %d", e.code) }
func (e *commandError) Argv() []string  { return e.argv }
func (e *commandError) ExitCode() int   { return e.code }
func (e *commandError) Tail() []string  { return e.tail }
func (e *commandError) LogPath() string { return e.log }

type advisedError struct {
	err    error
	advice string
}

func (e *advisedError) Error() string  { return e.err.Error() }
func (e *advisedError) Unwrap() error  { return e.err }
func (e *advisedError) Advice() string { return e.advice }

// hollowError wraps a nil pointer, as code does that returns a typed nil as an error.
type hollowError struct{}

func (hollowError) Error() string { return "hollow" }
func (hollowError) Unwrap() error { return (*stageError)(nil) }

const failedBuild = `[1/2] Building C object providers/rib/CMakeFiles/rib.dir/rib.c.o
FAILED: providers/rib/CMakeFiles/rib.dir/rib.c.o
../providers/rib/rib.c:41:9: error: ‘foo’ undeclared
   41 |  return foo;
ninja: build stopped: subcommand failed.
`

func writeLog(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "08-build.log")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestRenderError(t *testing.T) {
	log := writeLog(t, failedBuild)
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"nothing", nil, ""},
		{"a plain error", errors.New("no such thing"), "error: no such thing\n"},
		{"no message", errors.New(""), "error: *errors.errorString without a message\n"},
		{"a nil pointer", (*stageError)(nil), ""},
		{"a nil pointer inside", hollowError{}, "error: hollow\n"},
		{
			"a compiler's error comes first",
			&advisedError{&stageError{
				"build", "rocky9", "56.1",
				fmt.Errorf("in the container: %w", &commandError{[]string{"bash", "build.sh"}, 1, nil, log}),
			}, "read the log\nand mend rib.c"},
			`../providers/rib/rib.c:41:9: error: ‘foo’ undeclared

error: build: in the container: exit status 1
  stage      build
  distro     rocky9
  release    56.1
  command    bash build.sh
  exit code  1
  last lines
    | FAILED: providers/rib/CMakeFiles/rib.dir/rib.c.o
    | ../providers/rib/rib.c:41:9: error: ‘foo’ undeclared
    |    41 |  return foo;
    | ninja: build stopped: subcommand failed.
  log        ` + log + `
  try        read the log
             and mend rib.c
`,
		},
		{
			"without a log the tail is read",
			&commandError{[]string{"sh", "-c", "it's\n$HOME"}, 139, []string{"a.c:1:2: error: x", "[2/2] y", ""}, "/no/log"},
			`a.c:1:2: error: x

error: exit status 139
  command    sh -c $'it\'s\n$HOME'
  exit code  139 (segmentation fault)
  last lines
    | a.c:1:2: error: x
`,
		},
		{
			"joined mistakes",
			fmt.Errorf("specs: %w", errors.Join(errors.New("a.yaml:1:2: want x"), errors.New("a.yaml:3:4: want y"))),
			"error: specs: a.yaml:1:2: want x\n  a.yaml:3:4: want y\n",
		},
		{
			"two failed commands",
			errors.Join(
				&stageError{"rpm", "rocky8", "56.1", &commandError{argv: []string{"rpmbuild"}, code: 1}},
				&stageError{"rpm", "rocky9", "56.1", &commandError{argv: []string{"rpmbuild"}, code: 137}},
			),
			`error: rpm: exit status 1
  stage      rpm
  distro     rocky8
  release    56.1
  command    rpmbuild
  exit code  1

error: rpm: exit status 137
  stage      rpm
  distro     rocky9
  release    56.1
  command    rpmbuild
  exit code  137 (killed, possibly out of memory)
`,
		},
		{
			"a failure and the trouble of cleaning up after it are one",
			errors.Join(&stageError{"rpm", "", "", &commandError{argv: []string{"x"}, code: 2}}, errors.New("remove container: y")),
			"error: rpm: exit status 2\n  remove container: y\n  stage      rpm\n  command    x\n  exit code  2\n",
		},
		{
			"an interrupt is nobody's fault",
			&stageError{"build", "rocky9", "", errors.Join(context.Canceled, &commandError{[]string{"ninja"}, 130, nil, log})},
			`interrupted: build: context canceled
  exit status 130
  stage      build
  distro     rocky9
  command    ninja
  exit code  130 (signal 2)
  last lines
    | FAILED: providers/rib/CMakeFiles/rib.dir/rib.c.o
    | ../providers/rib/rib.c:41:9: error: ‘foo’ undeclared
    |    41 |  return foo;
    | ninja: build stopped: subcommand failed.
  log        ` + log + "\n",
		},
		{
			"nothing of it reaches the terminal as a command",
			&stageError{"bu\x1b[2Jild", "ro\ncky9", "", &commandError{
				[]string{"a b", "", "c\x1b]0;x\x07", "d"}, 1, []string{"\x1b[31mred\x1b[0m\tx", "::error::y", "a\rb\x00", "[1/9] x"}, "",
			}},
			`error: build: exit status 1
  stage      build
  distro     ro\ncky9
  command    'a b' '' $'c\x1b]0;x\x07' d
  exit code  1
  last lines
    | red        x
    | ::error::y
    | b\x00
`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got strings.Builder
			ui.RenderError(&got, tt.err)
			same(t, got.String(), tt.want)
		})
	}
}

func TestRenderErrorShowsSomeOfMany(t *testing.T) {
	var log strings.Builder
	for i := range 40 {
		fmt.Fprintf(&log, "a.c:%d:1: error: x\n", i+1)
	}
	var got strings.Builder
	ui.RenderError(&got, &commandError{argv: []string{"make"}, code: 2, log: writeLog(t, log.String())})
	if n := strings.Count(got.String(), "\na.c:"); n != 4 {
		t.Errorf("%d errors after the first, want 4", n)
	}
	if !strings.HasPrefix(got.String(), "a.c:1:1: error: x\n") || !strings.Contains(got.String(), "\nand 35 more\n") {
		t.Errorf("got:\n%s", got.String())
	}
	if n := strings.Count(got.String(), "    | "); n != 20 {
		t.Errorf("%d last lines, want 20", n)
	}
}

func TestErrorOnTheTerminal(t *testing.T) {
	f := newTerminal(t, nil)
	f.Stage("build", 1, 2)
	f.Error(errors.New("no"))
	f.Error(nil)
	same(t, f.term.screen(), "error: no\n")
}

func TestErrorAnnotatesOnGitHub(t *testing.T) {
	f := newPlain(t, func(o *ui.Options) {
		o.GitHub = true
		o.Locate = func(file string) string { return strings.Replace(file, "../providers/", "provider/", 1) }
	})
	f.Error(&stageError{
		"build", "rocky9", "56.1",
		&commandError{[]string{"x"}, 1, []string{"##[add-mask]e"}, writeLog(t, failedBuild)},
	})
	same(t, f.out.String(),
		"::error file=provider/rib/rib.c,line=41,col=9,title=build rocky9::‘foo’ undeclared\n")
	if strings.Contains(f.err.String(), "##[") {
		t.Errorf("a command of the runner got through:\n%s", f.err.String())
	}
}
