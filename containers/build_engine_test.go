// SPDX-License-Identifier: Apache-2.0

//go:build engine

package containers

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/image"
)

func buildSpec(t *testing.T, tag string, lines ...string) BuildSpec {
	t.Helper()
	files, err := tarOf(
		tar.Header{Name: "Containerfile", Typeflag: tar.TypeReg, Mode: 0o644},
		"ARG BASE\nFROM ${BASE}\n"+strings.Join(lines, "\n")+"\n",
		tar.Header{Name: "file", Typeflag: tar.TypeReg, Mode: 0o644}, "of the context",
	)
	if err != nil {
		t.Fatal(err)
	}
	return BuildSpec{
		ContextTar: bytes.NewReader(files), Tag: "verbsmith-test/" + tag + ":" + testMark,
		Args: map[string]string{"BASE": probeImage}, Labels: testLabels,
	}
}

func TestBuild(t *testing.T) {
	e := connect(t)
	lines := []string{"ARG TEXT", "COPY file /file", `RUN ["/probe", "say", "from the build", "", "0"]`, `RUN ["/probe", "who"]`}
	var steps []string
	var log bytes.Buffer
	spec := buildSpec(t, "built", lines...)
	spec.Args["TEXT"] = `with "quotes" $HOME`
	spec.Log = &log
	spec.Step = func(_, _ int, what string) { steps = append(steps, what) }
	id, err := e.Build(t.Context(), spec)
	if err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	if got, ok, err := e.ImageID(t.Context(), spec.Tag); !ok || got != id || err != nil {
		t.Errorf("%s %v %v, want %s", got, ok, err, id)
	}
	from := "FROM ${BASE}"
	if e.podman() {
		from = "FROM " + probeImage // it tells steps with their arguments
	}
	if !strings.Contains(log.String(), "from the build\n") || len(steps) < 5 || !slices.Contains(steps, from) {
		t.Errorf("%q\n%s", steps, log.String())
	}
	if strings.Contains(log.String(), "eth0") {
		t.Errorf("the build had a network:\n%s", log.String())
	}
	if data, err := e.ReadFile(t.Context(), id, nil, "/file"); string(data) != "of the context" {
		t.Errorf("%q %v", data, err)
	}
	again := buildSpec(t, "built", lines...)
	again.Args["TEXT"] = spec.Args["TEXT"]
	if same, err := e.Build(t.Context(), again); same != id || err != nil {
		t.Errorf("nothing changed, but %s became %s, %v", id, same, err)
	}
	missing := buildSpec(t, "none")
	missing.Args["BASE"] = "verbsmith-test/none:at-all"
	_, err = e.Build(t.Context(), missing)
	if none := (*NoImageError)(nil); !errors.As(err, &none) {
		t.Errorf("missing base: %v", err)
	}
}

func TestBuildFails(t *testing.T) {
	e := connect(t)
	for _, test := range []struct {
		name, line, step string
		code             int
	}{
		{"command", `RUN ["/probe", "say", "before", "it went wrong", "7"]`, `RUN ["/probe", "say", "before", "it went wrong", "7"]`, 7},
		{"copy", "COPY none /none", "COPY none /none", 0},
		{"syntax", "FETCH it", "", 0},
	} {
		if test.name == "syntax" && e.podman() {
			test.step = test.line // it looks at an instruction when it comes to it
		}
		spec := buildSpec(t, "fails-"+test.name, test.line)
		_, err := e.Build(t.Context(), spec)
		failed := (*BuildError)(nil)
		if !errors.As(err, &failed) || failed.Step != test.step || failed.Status != test.code || failed.Image != spec.Tag {
			t.Errorf("%s: %v %+v", test.name, err, failed)
		} else if test.code == 7 && !strings.Contains(strings.Join(failed.Lines, "\n"), "it went wrong") {
			t.Errorf("%s: tail %q", test.name, failed.Lines)
		}
	}
	broken := errors.New("log disk is full")
	spec := buildSpec(t, "fails-log", `RUN ["/probe", "who"]`)
	spec.Log = writerFunc(func([]byte) (int, error) { return 0, broken })
	if _, err := e.Build(t.Context(), spec); !errors.Is(err, broken) {
		t.Errorf("broken log: %v", err)
	}
	if left := labelled(t, e); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// labelled returns the containers that inherited the label of this test's images.
func labelled(t *testing.T, e *Engine) []leftover {
	t.Helper()
	left, err := e.containers(context.Background(), testLabel+"="+testMark)
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// longStep is a build's instruction that does not end while a test looks at it.
func longStep(e *Engine) string {
	if e.podman() { // where the step of a cancelled build goes on until it ends
		return `RUN ["/probe", "doze"]`
	}
	return `RUN ["/probe", "sleep"]`
}

func TestCancelOfABuildLeavesNoContainer(t *testing.T) {
	e := connect(t)
	reason := errors.New("the user pressed Ctrl-C")
	ctx, cancel := context.WithCancelCause(t.Context())
	log := newGate("asleep")
	spec := buildSpec(t, "cancelled", longStep(e))
	spec.Log = log
	done := make(chan error, 1)
	go func() {
		_, err := e.Build(ctx, spec)
		done <- err
	}()
	log.wait(t)
	began := time.Now()
	cancel(reason)
	err := <-done
	t.Log("cancelled in", time.Since(began))
	if !errors.Is(err, reason) {
		t.Errorf("got %v", err)
	}
	if left := labelled(t, e); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if _, ok, _ := e.ImageID(t.Context(), spec.Tag); ok {
		t.Error("the cancelled image is there")
	}
}

func TestCancelOfABuildAtAnyMomentLeavesNoContainer(t *testing.T) {
	e := connect(t)
	for delay := 5 * time.Millisecond; delay < 400*time.Millisecond; delay += 15 * time.Millisecond {
		ctx, cancel := context.WithTimeout(t.Context(), delay)
		_, err := e.Build(ctx, buildSpec(t, "cancelled", longStep(e)))
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after %v: %v", delay, err)
		}
		settled(t, e)
	}
}

// settled waits until the engine has removed what it was still making for a build: on a loaded machine that takes
// it longer than a cancelled Build waits for it.
func settled(t *testing.T, e *Engine) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		left := labelled(t, e)
		if len(left) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("left: %v", left)
		}
	}
}

// A failed build leaves its first steps as images; they must be found by our label, also over a foreign base.
func TestBuildLabelsWhatItLeavesOverAForeignBase(t *testing.T) {
	e := connect(t)
	foreign := "verbsmith-test/foreign:" + testMark
	rootfs, err := probeRootFS(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	source := image.ImportSource{Source: bytes.NewReader(rootfs), SourceName: "-"}
	body, err := e.cli.ImageImport(t.Context(), source, foreign, image.ImportOptions{Changes: []string{"LABEL " + testLabel + "=" + testMark}})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, body)
	_ = body.Close()
	t.Cleanup(func() {
		if err := e.RemoveImage(context.Background(), foreign); err != nil {
			t.Error(err)
		}
	})
	spec := buildSpec(t, "over-foreign", "COPY file /file", `RUN ["/probe", "say", "", "", "1"]`)
	spec.Args["BASE"] = foreign
	if _, err := e.Build(t.Context(), spec); err == nil {
		t.Fatal("want an error")
	}
	all, err := e.cli.ImageList(t.Context(), image.ListOptions{All: true})
	if err != nil {
		t.Fatal(err)
	}
	base, err := e.inspectImage(t.Context(), foreign)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		if i.Labels[testLabel] == testMark && i.Labels[Label] != "1" && i.ID != base.ID {
			t.Errorf("image %s has not our label: %v", i.ID, i.Labels)
		}
	}
}
