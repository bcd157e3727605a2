// SPDX-License-Identifier: Apache-2.0

//go:build engine

package containers

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
)

// playVictim runs a container, or builds an image, for ever, in a process that the test kills.
func playVictim() {
	e, err := Connect(context.Background(), Options{RunDir: os.Getenv("CONTAINERS_TEST_DIR")})
	if err != nil {
		fmt.Fprintln(os.Stdout, "error", err)
		return
	}
	image := os.Getenv("CONTAINERS_TEST_IMAGE")
	log := writerFunc(func(p []byte) (int, error) {
		if bytes.Contains(p, []byte("asleep")) {
			fmt.Fprintln(os.Stdout, "run", e.run.id)
		}
		return len(p), nil
	})
	if os.Getenv(roleVariable) == "build victim" {
		files, err := tarOfFile("Containerfile", "ARG BASE\nFROM ${BASE}\nRUN [\"/probe\", \"sleep\"]\n")
		if err == nil {
			_, err = e.Build(context.Background(), BuildSpec{
				ContextTar: files, Tag: "verbsmith-test/never:made", Args: map[string]string{"BASE": image}, Log: log,
			})
		}
		fmt.Fprintln(os.Stdout, "error", err)
		return
	}
	spec := probe("sleep")
	spec.Image, spec.Log = image, log
	spec.Labels = map[string]string{testLabel: os.Getenv("CONTAINERS_TEST_MARK")}
	_, err = e.Run(context.Background(), spec)
	fmt.Fprintln(os.Stdout, "error", err)
}

// startVictim returns the process and the id of its run, once its container runs.
func startVictim(t *testing.T, role, runDir string) (*exec.Cmd, string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	victim := exec.CommandContext(t.Context(), self)
	victim.Env = append(os.Environ(), roleVariable+"="+role, "CONTAINERS_TEST_DIR="+runDir,
		"CONTAINERS_TEST_IMAGE="+probeImage, "CONTAINERS_TEST_MARK="+testMark)
	victim.Stderr = os.Stderr
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = victim.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	id, ok := strings.CutPrefix(strings.TrimSpace(line), "run ")
	if !ok {
		t.Fatalf("victim said %q, %v", line, err)
	}
	return victim, id
}

func TestReapRemovesWhatAKilledRunLeft(t *testing.T) {
	dir := t.TempDir()
	victim, id := startVictim(t, "victim", dir)
	neighbour, elsewhere := connectIn(t, dir), connect(t)
	if left := leftOf(t, neighbour, id); len(left) != 1 {
		t.Fatalf("a live run's container was removed: %v", left)
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait()
	if err := elsewhere.Reap(t.Context()); err != nil {
		t.Error(err)
	}
	if left := leftOf(t, neighbour, id); len(left) != 1 {
		t.Fatalf("a run of another folder removed it: %v", left)
	}
	next := connectIn(t, dir)
	if left := leftOf(t, next, id); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	if _, err := os.Stat(next.run.file(id)); !os.IsNotExist(err) {
		t.Errorf("lock file of the dead run: %v", err)
	}
}

// The engine ends a build when nobody listens any more; that is all there is for a killed process.
func TestAKilledBuildLeavesNoContainer(t *testing.T) {
	e := connect(t)
	if e.podman() {
		t.Skip("Podman's builder lists no container, and lets its command run to its end")
	}
	victim, _ := startVictim(t, "build victim", t.TempDir())
	if left := labelled(t, e); len(left) != 1 {
		t.Fatalf("want the build's container, got %v", left)
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait()
	settled(t, e)
}

// A container that someone makes from one of our images inherits its labels, the run's among them.
func TestReapSparesContainersMadeFromOurImages(t *testing.T) {
	dir := t.TempDir()
	e := connectIn(t, dir)
	spec := probe("write", "/made", "x")
	spec.Root, spec.Commit = true, "verbsmith-test/inherited:"+testMark
	if _, err := e.Run(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	theirs, err := e.cli.ContainerCreate(t.Context(), &container.Config{Image: spec.Commit, Cmd: []string{"/probe", "sleep"}},
		nil, nil, nil, "verbsmith-test-theirs-"+testMark)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	next := connectIn(t, dir)
	if _, err := next.cli.ContainerInspect(t.Context(), theirs.ID); err != nil {
		t.Errorf("somebody else's container: %v", err)
	}
	for _, all := range []bool{false, true} {
		removed, kept, err := next.Clean(t.Context(), CleanOptions{All: all, keep: func(o Object) bool { return o.ID != theirs.ID }})
		if err != nil || len(removed) != 0 || len(kept) != 1 || kept[0].ID != theirs.ID || kept[0].Why == "" {
			t.Errorf("clean: %v %v %v", removed, kept, err)
		}
	}
}

func TestCloseRemovesWhatTheRunStillHas(t *testing.T) {
	e := connect(t)
	log := newGate("asleep")
	spec := probe("sleep")
	spec.Log = log
	done := make(chan error, 1)
	go func() {
		_, err := e.Run(context.Background(), spec)
		done <- err
	}()
	log.wait(t)
	other := connect(t)
	began := time.Now()
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	t.Log("closed in", time.Since(began))
	if left := leftOf(t, other, e.run.id); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	<-done
}
