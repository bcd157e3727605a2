// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/releasetest"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/transplant"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

const antManifest = "name: ant\ndescription: Ant\nmaintainer: {name: Ann, email: ann@host.example}\nabiHeader: ant-abi.h\n" +
	"driverID: {policy: none}\ncmake: {coherentDMA: true, subdirectories: [man]}\ndevice: {name: ant0}\n"

// antTransplant has ant taken out of the small release and put back.
func antTransplant(t *testing.T, b *bench) (TransplantSetup, specs.Transplant) {
	t.Helper()
	releasetest.Write(t, b.Root, map[string]string{transplantManifests + "/ant.yaml": antManifest})
	b.Releases = &specs.Releases{Releases: []specs.Release{{Version: "56.1"}}}
	b.Integrate = func(_ context.Context, _ job.Job, src artifact.Source) (artifact.Tree, error) {
		dir := t.TempDir()
		releasetest.Write(t, dir, releasetest.Files())
		return artifact.Tree{Dir: dir, Digest: "k", Source: src, Result: provider.Result{PrivateABI: 34, DriverID: 1}}, b.call("integrate", src.Version)
	}
	all := &specs.Transplants{TakeOut: []specs.TakeOut{{
		Provider: "ant", Remove: []string{"providers/ant"},
		Cuts: []specs.Cut{{File: "CMakeLists.txt", Match: `^add_subdirectory\(providers/ant.*\n`, Times: 2}},
	}}}
	one := specs.Transplant{
		Name: "ant", Provider: "ant", Host: "v56.1", Without: []string{"ant"}, Files: map[string]string{"ant-abi.h": "kernel-headers/rdma/ant-abi.h"},
	}
	return TransplantSetup{All: all, Folders: t.TempDir()}, one
}

func (b *bench) transplanted(t *testing.T, setup TransplantSetup, one specs.Transplant) *TransplantRow {
	t.Helper()
	row, err := b.Transplant(t.Context(), b.job, setup, one)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

func TestTransplant(t *testing.T) {
	b := newBench(t)
	setup, one := antTransplant(t, b)
	setup.Compile = &b.tools
	row := b.transplanted(t, setup, one)
	for name, r := range map[string]report.Result{"edit": row.Edit, "patch": row.Patch, "compile": row.Compile, "devices": row.Devices} {
		if r.State != report.Pass {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if row.Failed() || row.Why() != "" || row.PrivateABI != 34 || row.DriverID != 1 || string(row.Ours) != "patch\n" {
		t.Errorf("got %+v", row)
	}
	if !strings.Contains(string(row.Theirs), "+add_subdirectory(providers/ant)") || !strings.Contains(string(row.Theirs), "upstream's ant in v56.1") {
		t.Errorf("upstream's patch:\n%s", row.Theirs)
	}
	if c := row.Count(); c.Files != 1 || c.SameFiles != 1 || c.Lines != 2 || c.SameLines != 2 || c.Other != 0 || c.Unexplained != 0 {
		t.Errorf("counts %+v", c)
	}
	for _, name := range []string{"provider.yaml", "ant.c", "ant-abi.h", "man/antdv_dig.3.md"} {
		if _, err := os.Stat(filepath.Join(row.Folder, filepath.FromSlash(name))); err != nil {
			t.Error(err)
		}
	}
	if text := string(TransplantReport([]*TransplantRow{row})); !strings.Contains(text, "## ant in v56.1\n\nv56.1 without ant, compared with v56.1 itself.\nDriver id 1, private ABI 34. Edit pass, patch pass, compiles pass, ibv_devices pass.\n") ||
		!strings.Contains(text, "| CMakeLists.txt | +2 -0 | +2 -0 | same |") {
		t.Errorf("got\n%s", text)
	}
}

// A difference needs a reason, and a reason a difference.
func TestTransplantNeedsReasons(t *testing.T) {
	b := newBench(t)
	setup, one := antTransplant(t, b)
	whole := b.Integrate
	b.Integrate = func(ctx context.Context, j job.Job, src artifact.Source) (artifact.Tree, error) {
		tree, err := whole(ctx, j, src)
		file := filepath.Join(tree.Dir, "CMakeLists.txt")
		text, _ := os.ReadFile(file)
		return tree, errors.Join(err, os.WriteFile(file, []byte(strings.Replace(string(text), "add_subdirectory(providers/ant/man)\n", "", 1)), 0o600))
	}
	row := b.transplanted(t, setup, one)
	if !row.Failed() || row.Edit.State != report.Pass || row.Compile.State != report.NotTried || row.Count().Unexplained != 1 {
		t.Errorf("got %+v", row)
	}
	if _, ok := errors.AsType[*transplant.UnexplainedError](row.Faults[0]); !ok || row.Why() != row.Faults[0].Error() {
		t.Errorf("got %v", row.Faults)
	}
	one.Reasons = []specs.Reason{{Files: []string{"CMakeLists.txt"}, Kinds: []string{"missing"}, Lines: "man", Why: "the pages are not built here"}}
	row = b.transplanted(t, setup, one)
	if row.Failed() || row.Count().Other != 1 {
		t.Errorf("got %v", row.Faults)
	}
	if text := string(TransplantReport([]*TransplantRow{row})); !strings.Contains(text, "| 1 missing |") || !strings.Contains(text, "\nWhy: the pages are not built here\n") {
		t.Errorf("got\n%s", text)
	}
	one.Reasons[0].Files = []string{"MAINTAINERS"}
	if row = b.transplanted(t, setup, one); len(row.Faults) != 2 {
		t.Errorf("got %v", row.Faults)
	}
}

// Each step that fails is the row's, with what comes after it not tried.
func TestTransplantFails(t *testing.T) {
	broken := errors.New("broken")
	for name, tt := range map[string]struct {
		change func(b *bench, setup *TransplantSetup, one *specs.Transplant)
		want   string // the states of edit, patch, compile, devices
	}{
		"integrate": {func(b *bench, _ *TransplantSetup, _ *specs.Transplant) { b.fails["integrate"] = broken }, "FAIL - - -"},
		"spec":      {func(b *bench, _ *TransplantSetup, _ *specs.Transplant) { b.fails["spec"] = broken }, "FAIL - - -"},
		"proof":     {func(b *bench, _ *TransplantSetup, _ *specs.Transplant) { b.fails["prove"] = broken }, "pass FAIL - -"},
		"judgement": {func(b *bench, _ *TransplantSetup, _ *specs.Transplant) { b.judged = broken }, "pass pass pass FAIL"},
		"release":   {func(b *bench, _ *TransplantSetup, _ *specs.Transplant) { b.fails["source"] = broken }, "FAIL - - -"},
		"manifest":  {func(b *bench, _ *TransplantSetup, _ *specs.Transplant) { b.Root = b.CacheDir }, "FAIL - - -"},
		"commits":   {func(_ *bench, _ *TransplantSetup, one *specs.Transplant) { one.Commits = []string{"c"} }, "FAIL - - -"},
		"take out":  {func(_ *bench, _ *TransplantSetup, one *specs.Transplant) { one.Without = []string{"gnu"} }, "FAIL - - -"},
		"cut": {func(_ *bench, setup *TransplantSetup, _ *specs.Transplant) {
			setup.All.TakeOut[0].Cuts[0].Times = 3
		}, "FAIL - - -"},
	} {
		b := newBench(t)
		setup, one := antTransplant(t, b)
		setup.Compile = &b.tools
		tt.change(b, &setup, &one)
		row := b.transplanted(t, setup, one)
		if got := strings.Join([]string{string(row.Edit.State), string(row.Patch.State), string(row.Compile.State), string(row.Devices.State)}, " "); got != tt.want || !row.Failed() || row.Why() == "" {
			t.Errorf("%s: got %s, want %s: %s", name, got, tt.want, row.Why())
		}
	}
}

func TestTransplantOfAClone(t *testing.T) {
	b := newBench(t)
	setup, one := antTransplant(t, b)
	clone, err := upstream.OpenClone(releasetest.Clone(t, releasetest.Files()), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	defer clone.Close()
	setup.Clone, b.fails["source"] = clone, errors.New("the clone has it")
	if row := b.transplanted(t, setup, one); row.Failed() {
		t.Errorf("got %s", row.Why())
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	if _, err := b.Transplant(ctx, b.job, setup, one); !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}
}
