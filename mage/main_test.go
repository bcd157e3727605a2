// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// asMage names the variable that makes the test's program the command.
const asMage = "VERBSMITH_TEST_AS_MAGE"

func TestMain(m *testing.M) {
	if os.Getenv(asMage) != "" {
		go endWithStatus()
		os.Exit(run(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// magefile has targets that need nothing but the language.
const magefile = `//go:build mage

package main

import (
	"fmt"
	"os"
)

func Hello() { fmt.Println("hello") }

func Fail() { os.Exit(7) }

func Wait() {
	fmt.Println("waiting")
	_, _ = os.Stdin.Read(make([]byte, 1))
}
`

// onlyOne is a go command that fails where two of one folder compile at once.
const onlyOne = `#!/bin/sh
[ "$1" = build ] || exec go "$@"
mkdir compiling || exit 9
go "$@"
status=$?
rmdir compiling
exit $status
`

// TestTogether begins several runs of one folder at once: they compile one after
// the other, each runs its target, and none leaves what it generated.
func TestTogether(t *testing.T) {
	dir, home := folder(t), t.TempDir()
	gocmd := filepath.Join(t.TempDir(), "go")
	write(t, gocmd, onlyOne)
	if err := os.Chmod(gocmd, 0o700); err != nil {
		t.Fatal(err)
	}
	var runs sync.WaitGroup
	for range 6 {
		runs.Go(func() {
			if out, err := mageIn(t, dir, home, "-gocmd", gocmd, "hello").CombinedOutput(); err != nil || strings.TrimPrefix(string(out), compiling+"\n") != "hello\n" {
				t.Errorf("mage hello: %v\n%s", err, out)
			}
		})
	}
	runs.Wait()
	if _, err := os.Stat(filepath.Join(dir, "mage_output_file.go")); err == nil {
		t.Error("mage_output_file.go is left")
	}
}

// TestStatus: what the target ends with, mage ends with, and a magefile that does not compile
// is no target's failure.
func TestStatus(t *testing.T) {
	dir, home := folder(t), t.TempDir()
	for _, tc := range []struct {
		name, target string
		status       int
		says         string
	}{
		{"target", "fail", 7, ""},
		{"no such target", "nowhere", 2, "nowhere"},
		{"unknown option", "-nosuch", 2, "-nosuch"},
		{"list", "-l", 0, "hello"},
	} {
		cmd := mageIn(t, dir, home, tc.target)
		out, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != tc.status || !strings.Contains(string(out), tc.says) {
			t.Errorf("%s: status %d, want %d with %q\n%s", tc.name, got, tc.status, tc.says, out)
		}
	}
	write(t, filepath.Join(dir, "magefile.go"), magefile+"\nfunc Broken() { nowhere() }\n")
	cmd := mageIn(t, dir, home, "hello")
	out, _ := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "magefile.go:19:17: undefined: nowhere") {
		t.Errorf("status %d of a magefile that does not compile\n%s", cmd.ProcessState.ExitCode(), out)
	}
}

// TestNothingChanged: a program is compiled again only after a change, whatever target is run, and with
// options that change what is compiled.
func TestNothingChanged(t *testing.T) {
	t.Parallel()
	dir, home := folder(t), t.TempDir()
	// A file that has just been written is not trusted: its next content could have the same time.
	time.Sleep(2100 * time.Millisecond)
	says := func(want string, compiles bool, args ...string) {
		t.Helper()
		before := stamp(t, dir)
		out, err := mageIn(t, dir, home, args...).CombinedOutput()
		if err != nil || string(out) != want {
			t.Errorf("mage %q: %v, said %q, want %q", args, err, out, want)
		}
		// Mage writes its own file into the directory and removes it.
		if got := stamp(t, dir) != before; got != compiles {
			t.Errorf("mage %q: compiled %t, want %t", args, got, compiles)
		}
	}
	says(compiling+"\nhello\n", true, "hello")
	says("hello\n", false, "hello")
	says("hello\n", false, "-t", "1m", "hello")
	says("Running target: Hello\nhello\n", false, "-v", "hello")
	out, err := mageIn(t, dir, home, "hello", "nowhere").CombinedOutput()
	if err == nil || !strings.Contains(string(out), `"nowhere" after hello is neither`) || strings.HasPrefix(string(out), "hello") {
		t.Errorf("an argument that is no target: %v, %s", err, out)
	}
	if cmd := mageIn(t, dir, home, "fail"); cmd.Run() == nil || cmd.ProcessState.ExitCode() != 7 {
		t.Errorf("got status %d, want that of the target", cmd.ProcessState.ExitCode())
	}
	for _, args := range [][]string{
		{"-f", "hello"}, {"-d", dir, "hello"}, {"-w", dir, "hello"}, {"-gocmd", goCommand(t), "hello"},
	} {
		says("hello\n", true, args...)
	}
	says("hello\n", false, "hello")
	write(t, filepath.Join(dir, "magefile.go"), strings.Replace(magefile, `"hello"`, `"other"`, 1))
	says("other\n", true, "hello")
	if err := os.Remove(filepath.Join(dir, "magefile.go")); err != nil {
		t.Fatal(err)
	}
	if out, err := mageIn(t, dir, home, "hello").CombinedOutput(); err == nil {
		t.Errorf("runs without a magefile: %s", out)
	}
}

// stamp is the time of the last change of a directory.
func stamp(t *testing.T, dir string) time.Time {
	t.Helper()
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	return info.ModTime()
}

func goCommand(t *testing.T) string {
	t.Helper()
	file, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// folder is a module with a magefile.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module example.com/hello\n\ngo 1.26\n")
	write(t, filepath.Join(dir, "magefile.go"), magefile)
	return dir
}

// mageIn is the command, to be run in dir with its programs in home.
func mageIn(t *testing.T, dir, home string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), asMage+"=1", "MAGEFILE_CACHE="+home, "MAGEFILE_HASHFAST=", "GOFLAGS=")
	return cmd
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Without a home directory nothing is written into the repository.
func TestNoHome(t *testing.T) {
	dir := folder(t)
	cmd := mageIn(t, dir, "", "hello")
	cmd.Env = append(cmd.Env, "HOME=")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "set HOME") {
		t.Errorf("got %v, %s", err, out)
	}
	if _, err := os.Stat(filepath.Join(dir, ".magefile")); err == nil {
		t.Error("the cache is in the repository")
	}
}

// TestMissingTempDirectoryIsNamed: the compiler says only that it cannot make its
// own directory.
func TestMissingTempDirectoryIsNamed(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "doctor")
	cmd.Dir = folder(t)
	cmd.Env = append(os.Environ(), asMage+"=1", "TMPDIR="+missing)
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "TMPDIR="+missing) {
		t.Errorf("%v, said %s", err, out)
	}
}

// TestToldToEnd: a run that is told to end does not end with 0, nor by a signal,
// which go tool takes for 0.
func TestToldToEnd(t *testing.T) {
	for number, want := range map[syscall.Signal]int{syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
		cmd := mageIn(t, folder(t), t.TempDir(), "wait")
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(out, make([]byte, len("waiting"))); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(number); err != nil {
			t.Fatal(err)
		}
		exit, ok := errors.AsType[*exec.ExitError](cmd.Wait())
		_ = in.Close()
		if !ok || exit.ExitCode() != want {
			t.Errorf("after %v: got %v, want status %d", number, exit, want)
		}
	}
}
