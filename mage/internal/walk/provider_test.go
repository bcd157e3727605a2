// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/releasetest"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/examine"
)

// providerTree is a small release with rdma-core's script replaced by another one.
func providerTree(t *testing.T) artifact.Tree {
	t.Helper()
	files := releasetest.Files()
	files[examine.ABIScript] = "# not upstream's\n"
	src := artifact.Source{Tree: t.TempDir(), Version: "56.1", Epoch: time.Unix(1700000000, 0)}
	releasetest.Write(t, src.Tree, files)
	return artifact.Tree{Dir: src.Tree, Digest: "k", Source: src, Result: provider.Result{PrivateABI: 34, DriverID: 3}}
}

// A script that is not upstream's runs in a container, or nowhere.
func TestABIStructs(t *testing.T) {
	b, src := newBench(t), providerTree(t).Source
	if _, err := b.ABIStructs(t.Context(), b.job, src, nil); !errors.Is(err, ErrNoABIScript) || !errors.Is(err, errUnknownScript) {
		t.Errorf("without a toolchain: %v", err)
	}
	for file, want := range map[string]ABIHeader{"fly-abi.h": {Text: []byte("made")}, "crash": {Crashed: "made"}} {
		b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
			return containers.Result{}, os.WriteFile(filepath.Join(run.Outputs[0].Dir, file), []byte("made"), 0o600)
		}
		headers, err := b.ABIStructs(t.Context(), b.job, src, &b.tools)
		if got := headers["fly-abi.h"]; err != nil || len(headers) != 1 || string(got.Text) != string(want.Text) || got.Crashed != want.Crashed {
			t.Errorf("%s: got %+v, %v", file, headers, err)
		}
	}
	b.engine.Answer = nil
	if _, err := b.ABIStructs(t.Context(), b.job, src, &b.tools); err == nil {
		t.Error("a script that leaves nothing passes")
	}
	for _, run := range b.engine.Runs() {
		if run.Image != "sha256:tools" || run.User != stage.Builder || run.Network || run.Root {
			t.Errorf("got %+v", run.RunSpec)
		}
		if got := run.Files[abiFolder+"/script.py"].Data; got != "# not upstream's\n" {
			t.Errorf("the script is %q", got)
		}
	}
}

func TestABIScriptOnThisMachine(t *testing.T) {
	python := findPython()
	if python == "" {
		t.Skip("no python3")
	}
	header := fly(t).ABIHeaders()[0]
	for script, want := range map[string]ABIHeader{
		"import sys\nopen(sys.argv[2], 'w').write(open(sys.argv[1]).read()[:2])\n": {Text: []byte("/*")},
		"raise ValueError('no struct')\n":                                          {Crashed: "ValueError: no struct"},
	} {
		got, err := runABIHere(t.Context(), python, []byte(script), header)
		if err != nil || string(got.Text) != string(want.Text) || !strings.Contains(got.Crashed, want.Crashed) {
			t.Errorf("%s: got %+v, %v", script, got, err)
		}
	}
	for script, want := range map[string]string{
		"import sys\nsys.exit('it gave up')\n": "it gave up",
		"pass\n":                               "made.h",
	} {
		if _, err := runABIHere(t.Context(), python, []byte(script), header); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", script, err)
		}
	}
}

func TestCompileAndDiscoverProvider(t *testing.T) {
	b, tree := newBench(t), providerTree(t)
	b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
		return containers.Result{}, os.WriteFile(filepath.Join(run.Outputs[0].Dir, "built"), nil, 0o600)
	}
	var build artifact.ProviderBuild
	for range 2 {
		var err error
		if build, err = b.CompileProvider(t.Context(), b.job, tree, b.tools); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(b.engine.Runs()); n != 1 {
		t.Errorf("it is compiled %d times", n)
	}
	if run := b.engine.Runs()[0]; run.User != stage.Builder || run.Network || run.Root || run.Image != "sha256:tools" {
		t.Errorf("got %+v", run.RunSpec)
	}
	if _, err := os.Stat(filepath.Join(build.Built.Path, "built")); err != nil {
		t.Error(err)
	}
	if build.Device != b.job.Provider.Manifest.Device || build.Provider != "fly" || build.DriverID != 3 || build.PrivateABI != 34 {
		t.Errorf("got %+v", build)
	}
	other := tree
	other.Digest = "another"
	if _, err := b.CompileProvider(t.Context(), b.job, other, b.tools); err != nil || len(b.engine.Runs()) != 2 {
		t.Errorf("another tree: %v, %d runs", err, len(b.engine.Runs()))
	}
	b.judged = &report.FailedError{}
	if _, err := b.DiscoverProvider(t.Context(), build); !errors.As(err, new(*report.FailedError)) {
		t.Errorf("got %v", err)
	}
	b.judged = nil
	for range 2 {
		if said, err := b.DiscoverProvider(t.Context(), build); err != nil || said != "listed seen" {
			t.Errorf("got %q, %v", said, err)
		}
	}
	if n := len(b.builds); n != 2 {
		t.Errorf("%d verdicts: a failure is not kept, a pass is", n)
	}
	build.Built.Digest = "another"
	if _, err := b.DiscoverProvider(t.Context(), build); err != nil || len(b.builds) != 3 {
		t.Errorf("another build: %v, %d verdicts", err, len(b.builds))
	}
}

func TestReadModule(t *testing.T) {
	out := t.TempDir()
	build := artifact.ProviderBuild{Provider: "fly", PrivateABI: 34, Built: artifact.Directory{Path: out}}
	if _, err := ReadModule(build); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	releasetest.Write(t, out, map[string]string{"lib/libfly-rdmav34.so": "no module"})
	if _, err := ReadModule(build); err == nil || errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
