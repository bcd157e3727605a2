// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/patchset"
	"github.com/resnics/verbsmith/mage/internal/releasetest"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

func fly(t *testing.T) *provider.Provider { t.Helper(); return named(t, "fly") }

// named is a provider without a word of C.
func named(t *testing.T, name string) *provider.Provider {
	t.Helper()
	return releasetest.Provider(t, name, false, func(texts map[string]string) { texts[name+".c"] = "int " + name + ";\n" })
}

// bench is a walker over an engine that records; the stages of other families are
// functions that leave the least.
type bench struct {
	*Walker

	engine *stagetest.Engine
	job    job.Job
	tools  artifact.Toolchain
	fails  map[string]error // of a stage of another family, by its name
	judged error            // what Judge ends with

	mu     sync.Mutex
	called []string // "stage version"
	source job.Job  // the last that Source got
	builds []artifact.ProviderBuild
	header string // the edited verbs.h, "" as in the release
	// together counts the builds that were judged in one container, in order.
	together []int
	// answer is the end of a release's own container, and status that of its command in one for
	// several.
	answer func(name, release string) (containers.Result, error)
	status func(name, release string) string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{engine: &stagetest.Engine{}, fails: map[string]error{}, tools: artifact.Toolchain{ID: "sha256:tools"}}
	b.job = job.Job{Provider: fly(t), Target: job.RPM{Distro: releasetest.Distros(t).Default()}}
	b.Walker = &Walker{together: 1, Runner: stagetest.NewRunner(t, b.engine), Root: t.TempDir(), Releases: &specs.Releases{}}
	b.Stages = Stages{
		Source: func(_ context.Context, j job.Job) (artifact.Source, error) {
			src := artifact.Source{Tree: filepath.Join(t.TempDir(), "rdma-core-"+j.Version), Version: j.Version, Epoch: time.Unix(1700000000, 0)}
			releasetest.Write(t, src.Tree, releasetest.Files())
			err := b.call("source", j.Version)
			b.source = j
			return src, err
		},
		Integrate: func(_ context.Context, j job.Job, src artifact.Source) (artifact.Tree, error) {
			dir := filepath.Join(t.TempDir(), filepath.Base(src.Tree))
			if err := os.CopyFS(dir, os.DirFS(src.Tree)); err != nil {
				return artifact.Tree{}, err
			}
			files := map[string]string{}
			for _, c := range j.Provider.CopyPlan() {
				files[c.To] = string(c.From.Data())
			}
			if b.header != "" {
				files[provider.VerbsHeader] = b.header
			}
			releasetest.Write(t, dir, files)
			return artifact.Tree{
				Dir: dir, Digest: "tree of " + src.Version, Source: src,
				Result: provider.Result{PrivateABI: 34, DriverID: 3, EnumConstant: "RDMA_DRIVER_FLY"},
			}, b.call("integrate", src.Version)
		},
		Patch: func(_ context.Context, j job.Job, tree artifact.Tree) (artifact.Patch, error) {
			file := filepath.Join(t.TempDir(), j.PatchName())
			return artifact.Patch{File: file, Name: j.PatchName()}, errors.Join(os.WriteFile(file, []byte("patch\n"), 0o600), b.call("patch", tree.Source.Version))
		},
		ProvePatch: func(_ context.Context, tree artifact.Tree, _ artifact.Patch) ([]patchset.Proof, error) {
			return nil, b.call("prove", tree.Source.Version)
		},
		Spec: func(_ context.Context, _ job.Job, src artifact.Source) (artifact.Spec, error) {
			file := filepath.Join(t.TempDir(), artifact.SpecFile)
			return artifact.Spec{File: file}, errors.Join(os.WriteFile(file, []byte("Name: x\n"), 0o600), b.call("spec", src.Version))
		},
		Judge: func(_ context.Context, _ *ui.Stage, build artifact.ProviderBuild, verdicts []string) (string, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.builds = append(b.builds, build)
			return strings.Join(verdicts, " ") + " seen", b.judged
		},
		JudgeTogether: func(_ context.Context, _ *ui.Stage, builds []artifact.ProviderBuild, _ string) ([]bool, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.together = append(b.together, len(builds))
			passed := make([]bool, len(builds))
			for i := range passed {
				passed[i] = b.judged == nil
			}
			return passed, nil
		},
		PlaceFolder: func(_ context.Context, folder string, fill func(string) error) error {
			return errors.Join(os.RemoveAll(folder), os.MkdirAll(folder, 0o755), fill(folder))
		},
	}
	b.engine.Answer = b.run
	b.Over = func(runner *stage.Runner, _ *specs.Sums) *Walker {
		other := *b.Walker
		other.Runner = runner
		return &other
	}
	return b
}

// run plays the scripts of a walk.
func (b *bench) run(run stagetest.Run) (containers.Result, error) {
	releases := rowsOf(run)
	var text strings.Builder
	for _, release := range releases {
		dir := run.Outputs[0].Dir
		if len(releases) > 1 || run.Argv[3] == stage.ScriptDir+"/rows.sh" {
			dir = filepath.Join(dir, release)
			status := "0"
			if b.status != nil {
				status = b.status(run.Name, release)
			}
			if status != "" {
				fmt.Fprintf(&text, "%s %s\n", release, status)
			}
		} else if b.answer != nil {
			if result, err := b.answer(run.Name, release); err != nil || result.ExitCode != 0 {
				return result, err
			}
		}
		if run.Name == "base" {
			if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, baseFile), []byte("base of "+release), 0o600)); err != nil {
				return containers.Result{}, err
			}
		}
	}
	if text.Len() == 0 {
		return containers.Result{}, nil
	}
	return containers.Result{}, os.WriteFile(filepath.Join(run.Outputs[0].Dir, ".status"), []byte(text.String()), 0o600)
}

// rowsOf are the releases that a container is for.
func rowsOf(run stagetest.Run) []string {
	if i := slices.Index(run.Argv, stage.RowsOut); i >= 0 {
		return run.Argv[i+1:]
	}
	last := run.Argv[len(run.Argv)-1]
	if strings.HasPrefix(last, stage.RowsOut) {
		return []string{filepath.Base(last)}
	}
	return nil
}

// containersOf lists the containers, as in "compile v56.1 v57.0".
func (b *bench) containersOf() []string {
	var out []string
	for _, run := range b.engine.Runs() {
		out = append(out, strings.Join(append([]string{run.Name}, rowsOf(run)...), " "))
	}
	return out
}

func (b *bench) call(name, version string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.called = append(b.called, name+" "+version)
	if err := b.fails[name+" "+version]; err != nil {
		return err
	}
	return b.fails[name]
}

// list walks over a clone that has one tree as three releases.
func (b *bench) list(t *testing.T, selection string) *Releases {
	t.Helper()
	clone := releasetest.Clone(t, releasetest.Files())
	for _, tag := range []string{"v33.0", "v57.0"} {
		if out, err := exec.CommandContext(t.Context(), "git", "-C", clone, "tag", tag).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	r, err := b.ListReleases(t.Context(), clone, selection)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// edited is list, with the edits made.
func (b *bench) edited(t *testing.T, selection string) *Releases {
	t.Helper()
	r := b.list(t, selection)
	if err := b.CheckEdits(t.Context(), b.job, r); err != nil || r.Err() != nil {
		t.Fatal(err, r.Err())
	}
	return r
}

// states are the rows' answers, as in "v56.1 pass - - -".
func states(r *Releases) []string {
	out := make([]string, 0, len(r.Rows))
	for _, row := range r.Rows {
		out = append(out, strings.TrimSpace(fmt.Sprintln(row.Release.Name, row.Patch.State, row.Spec.State, row.Compile.State, row.Devices.State)))
	}
	return out
}

func wantStates(t *testing.T, r *Releases, want ...string) {
	t.Helper()
	if got := states(r); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s\n%v", strings.Join(got, "\n"), strings.Join(want, "\n"), r.Err())
	}
}

func TestCheckEdits(t *testing.T) {
	b := newBench(t)
	b.fails["patch 33.0"], b.fails["prove 57.0"] = errors.New("no place"), errors.New("git refuses it")
	r := b.list(t, "")
	for range 2 { // what failed is tried again, and fails again
		if err := b.CheckEdits(t.Context(), b.job, r); err != nil {
			t.Fatal(err)
		}
		wantStates(t, r, "v33.0 not supported", "v56.1 pass", "v57.0 FAIL")
	}
	if n := count(b.called, "spec 56.1"); n != 1 {
		t.Errorf("v56.1 is edited %d times", n)
	}
	if n := count(b.called, "prove 57.0"); n != 2 {
		t.Errorf("v57.0 is tried %d times", n)
	}
	row := r.Rows[1]
	if row.edit.patch.Digest == "" || row.edit.spec.Digest == "" || row.edit.patch.Name != b.job.PatchName() {
		t.Errorf("the edit is %+v", row.edit)
	}
	if row.PrivateABI != 34 || row.DriverID != 3 || row.Constant != "RDMA_DRIVER_FLY" {
		t.Errorf("got %+v", row)
	}
	for file, want := range map[string]string{row.edit.patch.File: "patch\n", row.edit.spec.File: "Name: x\n"} {
		if data, err := os.ReadFile(file); string(data) != want {
			t.Errorf("%s: %q, %v", file, data, err)
		}
	}
	if err := r.Err(); err == nil || err.Error() != "1 release failed\nv57.0: git refuses it" {
		t.Errorf("got %v", err)
	}
}

func count(all []string, one string) int {
	n := 0
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

func TestSkippedIsNotTried(t *testing.T) {
	b := newBench(t)
	r := b.list(t, "v56.1")
	r.Rows[0] = newRow(Release{Skipped: "a release candidate"})
	if err := b.CheckEdits(t.Context(), b.job, r); err != nil || len(b.called) != 0 || r.Rows[0].Patch.State != report.Skipped || r.Err() != nil {
		t.Errorf("got %v, %+v after %v", err, r.Rows[0].Patch, b.called)
	}
}

// What the cache has lost says nothing of a release: it ends the walk.
func TestDamageEndsTheWalk(t *testing.T) {
	b := newBench(t)
	b.fails["integrate 56.1"] = &stagecache.DamageError{Stage: "integrate", File: "README"}
	if err := b.CheckEdits(t.Context(), b.job, b.list(t, "")); !errors.As(err, new(*stagecache.DamageError)) {
		t.Errorf("got %v", err)
	}
}

func TestCheckSpecs(t *testing.T) {
	b := newBench(t)
	r := b.edited(t, "v56.1,v57.0")
	r.Rows[1].Patch.State = report.Fail
	b.engine.Answer = func(stagetest.Run) (containers.Result, error) {
		return containers.Result{}, &containers.RunError{Status: 1, Lines: []string{"error: line 7"}}
	}
	if err := b.CheckSpecs(t.Context(), b.job, b.tools, []string{"el8", "fc44"}, r); err != nil {
		t.Fatal(err)
	}
	wantStates(t, r, "v56.1 pass FAIL", "v57.0 FAIL -")
	if got := r.Rows[0].Why(); got != "error: line 7" {
		t.Errorf("got %q", got)
	}
	if got := r.Rows[0].LogPath(); !strings.HasSuffix(got, "/v56.1/01-rpmspec.log") {
		t.Errorf("the log is %q, want one of the row's own", got)
	}
	b.engine.Answer = nil
	for range 2 {
		if err := b.CheckSpecs(t.Context(), b.job, b.tools, []string{"el8", "fc44"}, r); err != nil {
			t.Fatal(err)
		}
		wantStates(t, r, "v56.1 pass pass", "v57.0 FAIL -")
	}
	runs := b.engine.Runs()
	if len(runs) != 2 {
		t.Fatalf("%d runs: a pass is kept, a failure is not", len(runs))
	}
	run := runs[1]
	if run.Image != "sha256:tools" || run.User != stage.Builder || run.Network || run.Root || !slices.Contains(run.Argv, "fly") || !slices.Contains(run.Argv, "fc44") {
		t.Errorf("got %+v", run.RunSpec)
	}
	for file, want := range map[string]string{"/SPECS/" + artifact.SpecFile: "Name: x\n", "/SOURCES/" + b.job.PatchName(): "patch\n"} {
		if got := run.Files[stage.Topdir+"/v56.1"+file]; got.Data != want || got.Owner != stage.BuilderUID {
			t.Errorf("%s: %+v", file, got)
		}
	}
	if err := b.CheckSpecs(t.Context(), b.job, b.tools, []string{"el10"}, r); err != nil || len(b.engine.Runs()) != 3 {
		t.Errorf("other distros: %v, %d runs", err, len(b.engine.Runs()))
	}
	same, other := r.Rows[0].edit, artifact.Patch{Name: b.job.PatchName(), File: filepath.Join(t.TempDir(), "x")}
	releasetest.Write(t, filepath.Dir(other.File), map[string]string{"x": "another\n"})
	for _, edit := range []releaseEdit{{patch: other, spec: same.spec}, same} {
		r.Rows[0].edit = edit
		if err := b.CheckSpecs(t.Context(), b.job, b.tools, []string{"el10"}, r); err != nil || len(b.engine.Runs()) != 4 {
			t.Errorf("another patch, and the first again: %v, %d runs", err, len(b.engine.Runs()))
		}
	}
}

func TestToolchainSpec(t *testing.T) {
	b := newBench(t)
	var got job.Job
	var src artifact.Source
	b.Spec = func(_ context.Context, j job.Job, s artifact.Source) (artifact.Spec, error) {
		got, src = j, s
		_, err := os.Stat(filepath.Join(s.Tree, filepath.FromSlash(artifact.ReleaseSpec)))
		return artifact.Spec{}, err
	}
	if _, err := b.ToolchainSpec(t.Context(), b.job, b.list(t, "v33.0")); err != nil {
		t.Fatal(err)
	}
	if got.Provider != nil || src.Version != "57.0" || src.Tag != "v57.0" {
		t.Errorf("got the spec of %+v for %+v, want upstream's newest", src, got)
	}
}

func TestDriverHistory(t *testing.T) {
	files := releasetest.Files()
	files[driverHeader] = "struct verbs_context_ops {\n\tint (*a)(void);\n};\n"
	b := newBench(t)
	history, err := b.DriverHistory(t.Context(), releasetest.Clone(t, files))
	if err != nil || history.Oldest != "56.1" || len(history.Items) == 0 {
		t.Errorf("got %+v, %v", history, err)
	}
	if _, err := b.DriverHistory(t.Context(), releasetest.Clone(t, releasetest.Files())); err == nil || !strings.Contains(err.Error(), "v56.1 of") {
		t.Errorf("without %s: %v", driverHeader, err)
	}
	files[driverHeader] = "#include <infiniband/driver_ops.h>\nstruct verbs_context_ops;\n"
	_, err = b.DriverHistory(t.Context(), releasetest.Clone(t, files))
	if place, ok := errors.AsType[*provider.PlaceError](err); !ok || place.File != driverHeader {
		t.Errorf("one that includes another: %v", err)
	}
}
