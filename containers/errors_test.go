// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"
)

func TestResultErr(t *testing.T) {
	spec := RunSpec{Name: "rpm rocky9", Image: "verbsmith/rocky9", Argv: []string{"rpmbuild", "-ba", "a b.spec"}}
	if err := (Result{}).Err(spec, "log"); err != nil {
		t.Errorf("a good end gave %v", err)
	}
	for want, result := range map[string]Result{
		`rpm rocky9: ["rpmbuild" "-ba" "a b.spec"] in verbsmith/rocky9: exit status 1`:           {ExitCode: 1},
		": exit status 137 (signal 9: killed), out of memory: the kernel killed a process in it": {ExitCode: 137, OOMKilled: true},
		": exit status 255": {ExitCode: 255},
	} {
		result.Tail = []string{"last"}
		err := result.Err(spec, "/logs/07.log")
		failed := (*RunError)(nil)
		if !errors.As(err, &failed) || !strings.HasSuffix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Fatalf("got %v, want %q", err, want)
		}
		if failed.LogPath() != "/logs/07.log" || failed.Tail()[0] != "last" || failed.ExitCode() != result.ExitCode ||
			failed.Argv()[2] != "a b.spec" {
			t.Errorf("%+v", failed)
		}
		if errors.Is(err, syscall.ENOSPC) {
			t.Error("no disk was full")
		}
	}
}

func TestFullDiskIsFound(t *testing.T) {
	lines := []string{"x", "cc1: error: /tmp/a.s: No space left on device", "y"}
	for name, err := range map[string]error{
		"run":    &RunError{Lines: lines},
		"build":  &BuildError{Lines: lines, Err: errors.New("the command returned 1")},
		"engine": engineError(errors.New("Error response from daemon: write /var/lib/docker/x: no space left on device")),
		"pull":   pullError("ref", errors.New("write /x: no space left on device")),
		"native": engineError(fmt.Errorf("write: %w", syscall.ENOSPC)),
	} {
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := engineError(errors.New("something else")); errors.Is(err, syscall.ENOSPC) {
		t.Error(err)
	}
	if engineError(nil) != nil {
		t.Error("nil became an error")
	}
	full := &RunError{Lines: lines}
	if !strings.Contains(full.Advice(), "free space") || (&RunError{}).Advice() != "" {
		t.Errorf("%q", full.Advice())
	}
}

// A step is shown by its first words, in progress and in errors; the field has all of it.
func TestFirstWordsOfAStep(t *testing.T) {
	long := "RUN --mount=type=cache,target=/var/cache/apt set -eu; apt-get update;   apt-get install -y rpm dnf createrepo-c"
	for step, want := range map[string]string{
		"":                                 "",
		"FROM ${BASE}":                     "FROM ${BASE}",
		"RUN  a\t b":                       "RUN a b",
		long:                               "RUN --mount=type=cache,target=/var/cache/apt set -eu; …",
		strings.Repeat("é", 40):            strings.Repeat("é", 30) + "…",
		"RUN x" + strings.Repeat("y", 600): "RUN x" + strings.Repeat("y", 55) + "…",
	} {
		if got := firstWords(step); got != want {
			t.Errorf("%q: got %q, want %q", step, got, want)
		}
	}
	err := &BuildError{Image: "i", Step: long, N: 1, Total: 2, Err: errors.New("cause")}
	if got := err.Error(); strings.Contains(got, "createrepo") || !strings.Contains(err.Step, "createrepo") {
		t.Errorf("got %q of %q", got, err.Step)
	}
}

func TestBuildErrorNamesTheStep(t *testing.T) {
	cause := errors.New("returned a non-zero code: 1")
	err := &BuildError{Image: "verbsmith/rocky9", Step: "RUN dnf -y builddep", N: 4, Total: 9, Err: cause}
	want := "image verbsmith/rocky9, step 4/9, RUN dnf -y builddep: returned a non-zero code: 1"
	if err.Error() != want || !errors.Is(err, cause) {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestInterrupted(t *testing.T) {
	consequence := errors.New("use of closed network connection")
	if err := interrupted(t.Context(), "run", consequence); !errors.Is(err, consequence) {
		t.Error(err)
	}
	reason := errors.New("interrupt")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(reason)
	err := interrupted(ctx, "run", consequence)
	if !errors.Is(err, reason) || !errors.Is(err, context.Canceled) || errors.Is(err, consequence) {
		t.Error(err)
	}
	if err.Error() != "run: interrupt" {
		t.Error(err)
	}
}

func TestAdvice(t *testing.T) {
	for name, test := range map[string]struct {
		err  UnreachableError
		want string
	}{
		"permission": {UnreachableError{Host: defaultHost, Err: errors.New("permission denied while trying to connect")}, "docker group"},
		"ssh":        {UnreachableError{Host: "ssh://builder", Err: errors.New("x")}, "docker -H ssh://builder version"},
		"named":      {UnreachableError{Host: "tcp://h:1", Err: errors.New("x"), named: true}, "unset or correct DOCKER_HOST"},
		"podman off": {UnreachableError{Host: defaultHost, Err: errors.New("x"), podman: true}, "enable --now podman.socket"},
		"podman of root": {
			UnreachableError{Host: "unix:///run/podman/podman.sock", Err: fs.ErrPermission}, "systemctl --user enable --now podman.socket",
		},
		"none": {UnreachableError{Host: defaultHost, Err: errors.New("x")}, "apt-get install docker.io"},
	} {
		if got := test.err.Advice(); !strings.Contains(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
