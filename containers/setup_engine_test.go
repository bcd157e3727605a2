// SPDX-License-Identifier: Apache-2.0

//go:build engine

package containers

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/volume"
)

// These tests need a Docker engine and fail without one: a machine that is to prove the engine must have it.
// They need no network and touch only what carries testLabel with this run's value.

const testLabel = "io.resnics.test"

var (
	testMark   = randomID()
	probeImage = "verbsmith-test/probe:" + testMark
	testLabels = map[string]string{testLabel: testMark}
)

// roleVariable makes this test binary play the process that gets killed.
const roleVariable = "CONTAINERS_TEST_ROLE"

func TestMain(m *testing.M) {
	if os.Getenv(roleVariable) != "" {
		playVictim()
		return
	}
	os.Exit(withProbe(m))
}

// withProbe runs the tests with the probe's image on the engine and leaves nothing of theirs behind.
func withProbe(m *testing.M) int {
	dir, err := os.MkdirTemp("", "containers-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	e, err := Connect(ctx, Options{RunDir: filepath.Join(dir, "runs")})
	if err != nil {
		fmt.Fprintln(os.Stderr, "these tests need an engine:", err)
		return 1
	}
	defer e.Close()
	rootfs, err := probeRootFS(ctx, dir)
	if err == nil {
		_, err = e.Import(ctx, bytes.NewReader(rootfs), probeImage, testLabels)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "image of the tests:", err)
		return 1
	}
	defer func() {
		if err := removeMarked(ctx, e, testLabel, testMark); err != nil {
			fmt.Fprintln(os.Stderr, "clean after the tests:", err)
		}
	}()
	return m.Run()
}

// removeMarked removes everything that carries a label of a test, whoever uses it.
func removeMarked(ctx context.Context, e *Engine, label, value string) error {
	marked := filters.NewArgs(filters.Arg("label", label+"="+value))
	left, err := e.containers(ctx, label+"="+value)
	errs := []error{err, e.removeAll(ctx, left)}
	volumes, err := e.cli.VolumeList(ctx, volume.ListOptions{Filters: marked})
	errs = append(errs, err)
	for _, v := range volumes.Volumes {
		errs = append(errs, e.cli.VolumeRemove(ctx, v.Name, true))
	}
	for before := -1; ; {
		images, err := e.cli.ImageList(ctx, image.ListOptions{All: true, Filters: marked})
		if err != nil || len(images) == 0 || len(images) == before {
			return errors.Join(append(errs, err)...)
		}
		before = len(images)
		for _, i := range images {
			_, _ = e.cli.ImageRemove(ctx, i.ID, image.RemoveOptions{Force: true}) // again, once its children are gone
		}
	}
}

func probeRootFS(ctx context.Context, dir string) ([]byte, error) {
	program := filepath.Join(dir, "probe")
	compile := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, "./testdata/probe")
	compile.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if out, err := compile.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	data, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	return tarOf(
		tar.Header{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o1777}, "",
		tar.Header{Name: "probe", Typeflag: tar.TypeReg, Mode: 0o755}, string(data),
	)
}

// connect returns an engine of its own run directory.
func connect(t *testing.T) *Engine {
	t.Helper()
	return connectIn(t, t.TempDir())
}

func connectIn(t *testing.T, runDir string) *Engine {
	t.Helper()
	e, err := Connect(t.Context(), Options{RunDir: runDir, Notice: func(text string) { t.Log("notice:", text) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// probe is a spec for the probe's program.
func probe(args ...string) RunSpec {
	return RunSpec{Name: "probe", Image: probeImage, Argv: append([]string{"/probe"}, args...), Labels: testLabels}
}

// stdout runs a spec that must end with 0 and gives its standard output.
func stdout(t *testing.T, e *Engine, spec RunSpec) string {
	t.Helper()
	var out, log bytes.Buffer
	spec.Stdout, spec.Log = &out, &log
	result, err := e.Run(t.Context(), spec)
	if err = errors.Join(err, result.Err(spec, "")); err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	return out.String()
}

// leftOf returns the containers that a run still has.
func leftOf(t *testing.T, e *Engine, runID string) []leftover {
	t.Helper()
	left, err := e.containers(context.Background(), RunLabel+"="+runID)
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// gate is a Log that opens when a text has come.
type gate struct {
	text string
	open chan struct{}
	seen bytes.Buffer
	done bool
}

func newGate(text string) *gate { return &gate{text: text, open: make(chan struct{})} }

func (g *gate) Write(p []byte) (int, error) {
	g.seen.Write(p)
	if !g.done && bytes.Contains(g.seen.Bytes(), []byte(g.text)) {
		g.done = true
		close(g.open)
	}
	return len(p), nil
}

func (g *gate) wait(t *testing.T) {
	t.Helper()
	select {
	case <-g.open:
	case <-time.After(30 * time.Second):
		t.Fatalf("%q never came", g.text)
	}
}

var _ io.Writer = (*gate)(nil)
