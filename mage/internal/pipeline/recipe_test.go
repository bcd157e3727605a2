// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/lab"
	"github.com/resnics/verbsmith/mage/internal/record"
	"github.com/resnics/verbsmith/mage/internal/releasetest"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/specs"
)

// trial is a recipe over an engine that records.
type trial struct {
	recipe Recipe
	state  func(t *testing.T, b *kitchen) *State
	ends   string // the stage with which the stand-in cannot go on; "": none
}

// trials are all recipes.
func trials() map[string]trial {
	rpm := func(_ *testing.T, b *kitchen) *State { return NewState(b.job) }
	deb := func(_ *testing.T, b *kitchen) *State {
		s := NewState(b.job)
		s.Job.Target = job.Deb{Suite: specs.Suite{Name: "bookworm", Image: "debian:bookworm"}}
		return s
	}
	stock := func(_ *testing.T, b *kitchen) *State {
		other := b.job
		other.Provider = nil
		return NewState(b.job).WithStock(other)
	}
	kernel := func(s *State) *State {
		s.Kernel.Cases = []lab.Case{{Name: "claimed"}, {Name: "looks", Debug: true}}
		return s
	}
	walked := func(t *testing.T, b *kitchen) *State {
		t.Helper()
		s := NewState(b.job)
		s.Job.Given, s.Job.Version = b.clone(t), ""
		s.Walk.Selection, s.Walk.Distros = "v56.1", []string{"el9"}
		t.Cleanup(func() {
			if s.Walk.Releases != nil {
				s.Walk.Releases.Close()
			}
		})
		return s
	}
	headerless := func(t *testing.T, b *kitchen) *State {
		t.Helper()
		s := NewState(b.job)
		s.Job.Provider = kinds("", "")["no ABI header"].make(t)
		return s
	}
	transplanted := func(_ *testing.T, b *kitchen) *State {
		s := NewState(b.job)
		s.Walk.Transplants = []specs.Transplant{{Name: "ant"}, {Name: "bee"}}
		return s
	}
	return map[string]trial{
		"patch": {ForPatch, rpm, ""},
		"spec":  {ForSpec, rpm, ""},
		"build": {ForBuild, rpm, ""},
		"build, stock": {ForBuild, func(_ *testing.T, b *kitchen) *State {
			s := NewState(b.job)
			s.Job.Provider = nil
			return s
		}, ""},
		"rpm":              {ForRPM, rpm, ""},
		"test:integration": {ForTestIntegration, rpm, ""},
		"rebuild": {ForRebuild, func(t *testing.T, b *kitchen) *State {
			t.Helper()
			s := NewState(b.job)
			s.Scratch = t.TempDir()
			return s
		}, ""},
		"rebuild from the record": {ForRemakeRPM, toRemake(artifact.RPMs, rpm), "compare"},
		"rebuild of deb":          {ForRemakeDeb, toRemake(artifact.Debs, deb), "compare"},
		"rebuild of rpm:addon":    {ForRemakeAddon, toRemake(artifact.RPMAddon, rpm), "compare"},
		"rebuild of deb:addon":    {ForRemakeAddon, toRemake(artifact.DebAddon, deb), "compare"},
		"deb":                     {ForDeb, deb, ""},
		"test:deb":                {ForTestDeb, deb, ""},
		"rpm:addon":               {ForAddon, rpm, ""},
		"the plan of rpm:addon":   {ForAddonPlan, rpm, ""},
		"test:addon":              {ForTestAddon, stock, ""},
		"deb:addon":               {ForDebAddon, deb, ""},
		"test:debaddon": {ForTestDebAddon, func(t *testing.T, b *kitchen) *State {
			t.Helper()
			s := deb(t, b).WithStock(b.job.Stock())
			s.Choose = true
			return s
		}, ""},
		"test:kernel": {ForTestKernel, func(_ *testing.T, b *kitchen) *State { return kernel(NewState(b.job)) }, "kernel"},
		"test:kernel, deb": {ForTestKernelDeb, func(t *testing.T, b *kitchen) *State {
			t.Helper()
			return kernel(deb(t, b))
		}, "kernel"},
		"test:kernel, addon":   {ForTestKernelAddon, func(_ *testing.T, b *kitchen) *State { return kernel(stock(nil, b)) }, "kernel"},
		"toolchain:build":      {ForToolchainBuild, rpm, ""},
		"toolchain:lock":       {ForToolchainLock, rpm, ""},
		"toolchain:lock, deb":  {ForToolchainLockDeb, deb, ""},
		"toolchain:build, deb": {ForToolchainBuildDeb, deb, ""},
		"toolchain:list": {ForToolchainList, func(_ *testing.T, b *kitchen) *State {
			s := NewState(b.job)
			s.Suites = []specs.Suite{{Name: "bookworm"}, {Name: "trixie"}}
			return s
		}, ""},
		"distro:probe":            {ForDistroProbe, rpm, ""},
		"releases:check, edit":    {ForReleasesEdit, walked, ""},
		"releases:check, spec":    {ForReleasesSpec, walked, ""},
		"releases:check, compile": {ForReleasesCompile, walked, ""},
		"releases:api":            {ForReleasesAPI, walked, ""},
		"provider:check, edit":    {ForProviderEdit, headerless, ""},
		"provider:check, compile": {ForProviderCompile, func(_ *testing.T, b *kitchen) *State {
			return NewState(b.job).WithStock(b.job.Stock())
		}, ""},
		"cell, edit":         {ForCellEdit, rpm, ""},
		"cell, edit, deb":    {ForCellEditDeb, deb, ""},
		"cell, edit, add-on": {ForCellEditAddon, rpm, ""},
		"cell, compile":      {ForCellCompile, stock, ""},
		"cell, compile, deb": {ForCellCompileDeb, func(t *testing.T, b *kitchen) *State {
			t.Helper()
			s := deb(t, b)
			return s.WithStock(s.Job.Stock())
		}, ""},
		"test:transplant": {ForTransplants, transplanted, ""},
		"test:transplant, compile": {ForTransplantsCompile, func(t *testing.T, b *kitchen) *State {
			t.Helper()
			return transplanted(t, b).WithStock(b.job.Stock())
		}, ""},
	}
}

// toRemake is the state of a rebuild, whose record has a package that no build here makes.
func toRemake(kind artifact.Kind, of func(*testing.T, *kitchen) *State) func(*testing.T, *kitchen) *State {
	return func(t *testing.T, b *kitchen) *State {
		t.Helper()
		s := of(t, b)
		s.Anew.Dir = t.TempDir()
		known := NewState(s.Job)
		if err := b.Do(t.Context(), Recipe{Source}, known); err != nil {
			t.Fatal(err)
		}
		known.Record.Kind = kind
		s.Record = record.Known(known.toRecord())
		s.Record.Outputs = []artifact.Digest{{Path: "RPMS/none.rpm"}}
		return s
	}
}

// kitchen is a pipeline over an engine that records.
type kitchen struct {
	*Pipeline

	engine *stagetest.Engine
	job    job.Job
	said   *bytes.Buffer
}

func newKitchen(t *testing.T) *kitchen {
	t.Helper()
	p := offline(t)
	b := &kitchen{Pipeline: p, engine: &stagetest.Engine{Answer: stagetest.Packages(t, "../pack/addon/testdata/layout/shared.o")}, said: &bytes.Buffer{}}
	b.engine.Put("", "/lab/version", "6.12.0-verbs\n")
	p.Runner.Engine = func(context.Context) (stage.Engine, error) { return b.engine, nil }
	p.Runner.UI = ui.New(ui.Options{LogDir: filepath.Join(t.TempDir(), "logs"), Err: b.said})
	t.Cleanup(p.Runner.UI.Close)
	p.Interfaces = &specs.Interfaces{} // so that no layout is a wrong one
	given := filepath.Join(t.TempDir(), "rdma-core-56.1.tar.gz")
	write(t, given, releasetest.Tarball(t, withScripts()))
	pr := releasetest.Provider(t, "fly", true, nil)
	write(t, filepath.Join(pr.Dir, "lab", "Kbuild"), "obj-m := fly.o\n")
	b.job = job.Job{
		Target: job.RPM{Distro: releasetest.Distros(t).Default()}, Version: "56.1", Given: given, Provider: pr, Base: job.BaseRegistry,
	}
	return b
}

func (b *kitchen) clone(t *testing.T) string {
	t.Helper()
	return releasetest.Clone(t, withScripts())
}

// withScripts is the small release with what the checks of a provider and of driver.h read.
func withScripts() map[string]string {
	files := releasetest.Files()
	files["buildlib/make_abi_structs.py"] = "# nothing\n"
	files["libibverbs/driver.h"] = "struct verbs_context_ops {\n\tint (*a)(void);\n};\nstruct verbs_device_ops {\n\tconst char *name;\n};\n"
	return files
}

// ended holds an error against the stage that it may come from.
func ended(err error, stageName string) bool {
	if stageName == "" {
		return err == nil
	}
	failed, ok := errors.AsType[*stage.Error](err)
	return ok && failed.Name == stageName
}

// Every recipe runs from its first step to its last: each step finds what it takes. An
// interrupt in a container ends it there, in each kind of container once, whichever recipe
// has it.
func TestEachRecipeRuns(t *testing.T) {
	t.Parallel()
	var seen sync.Map
	for name, tt := range trials() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newKitchen(t)
			if err := b.Do(t.Context(), tt.recipe, tt.state(t, b)); !ended(err, tt.ends) {
				t.Errorf("ended with %v, want an end in stage %q", err, tt.ends)
			}
			runs := b.engine.Runs()
			hermetic(t, runs)
			released(t, b)
			if tt.ends == "" {
				counted(t, b.said.String())
			}
			for i, run := range runs {
				if _, again := seen.LoadOrStore(run.Name+" "+scriptOf(run), true); !again {
					interrupt(t, tt, i+1)
				}
			}
		})
	}
}

// released fails for each volume that the recipe still holds: other runs would wait for it.
func released(t *testing.T, b *kitchen) {
	t.Helper()
	for _, run := range b.engine.Runs() {
		for _, v := range run.Volumes {
			if v.Name == "" {
				continue
			}
			ctx, stop := context.WithTimeout(t.Context(), 5*time.Second)
			unlock, err := b.Cache.Lock(ctx, v.Name, func(string) { t.Errorf("%s is still held", v.Name); stop() })
			if stop(); err == nil {
				unlock()
			}
		}
	}
}

// privileged are the scripts that run as root, and whether with a network: what installs
// packages gets their dependencies from the distro, newer.sh a program. verdict.sh reads what was installed.
// distro-release.sh asks the distro, and is not root; distro-debs.sh downloads packages of it.
var privileged = map[string]bool{
	"verdict.sh": false, "dnf-install.sh": true, "apt-install.sh": true, "lab-install.sh": true, "lab-unpack-debs.sh": true, "newer.sh": true, "distro-release.sh": true,
	"distro-probe.sh": true, "toolchain.sh": true, "distro-debs.sh": true,
}

// hermetic holds what containers may: whatever compiles or reads what a provider brings
// has no network, no capability and an unprivileged user.
func hermetic(t *testing.T, runs []stagetest.Run) {
	t.Helper()
	for _, r := range runs {
		script := scriptOf(r)
		network, root := privileged[script]
		if strings.HasPrefix(script, "lab-") && slices.Equal(r.Devices, []string{"/dev/kvm"}) {
			r.User, r.Devices = "lab", nil // who may open the node is for the engine's machine to say
		}
		if r.Root && !root || r.Network && !network || len(r.Devices) > 0 || !r.Root && r.User != stage.Builder && r.User != "lab" {
			t.Errorf("%s runs as %q with network %t, root %t, devices %q", script, r.User, r.Network, r.Root, r.Devices)
		}
	}
}

// scriptOf is the script that a container runs, below the one that watches its limits.
func scriptOf(r stagetest.Run) string {
	watch := slices.IndexFunc(r.Argv, func(arg string) bool { return path.Base(arg) == "limits.sh" })
	return path.Base(r.Argv[watch+2])
}

var progressLine = regexp.MustCompile(`(?m)^\[(\d+)/(\d+)\]`)

// counted holds the numbers of the progress: each up to the total, and no other.
func counted(t *testing.T, said string) {
	t.Helper()
	seen, total := map[int]bool{}, 0
	for _, m := range progressLine.FindAllStringSubmatch(said, -1) {
		n, _ := strconv.Atoi(m[1])
		seen[n] = true
		total, _ = strconv.Atoi(m[2])
	}
	if len(seen) != total || total == 0 || !seen[1] || !seen[total] {
		t.Errorf("%d stages are shown of %d:\n%s", len(seen), total, said)
	}
}

// interrupt interrupts the nth container of a recipe.
func interrupt(t *testing.T, tt trial, n int) {
	t.Helper()
	b := newKitchen(t)
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	cause := fmt.Errorf("signal %d", n)
	var count atomic.Int64
	answer := b.engine.Answer
	b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
		if count.Add(1) == int64(n) {
			stop(cause)
			return containers.Result{}, cause
		}
		return answer(run)
	}
	if err := b.Do(ctx, tt.recipe, tt.state(t, b)); !errors.Is(err, cause) {
		t.Errorf("interrupted in container %d, it ends with %v", n, err)
	}
	const besides = 3 // verdicts run four at a time
	if more := int(count.Load()) - n; more > besides {
		t.Errorf("interrupted in container %d, it runs %d more", n, more)
	}
	released(t, b)
	if left := outputs(t, b); len(left) > 0 && n == 1 {
		t.Errorf("interrupted in container %d, it leaves %v", n, left)
	}
}

// outputs are the files in dist/.
func outputs(t *testing.T, b *kitchen) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(b.DistDir, func(file string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.Contains(file, ".rpm") {
			files = append(files, file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
