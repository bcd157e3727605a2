// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/lab"
	"github.com/resnics/verbsmith/mage/internal/releasetest"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/mage/internal/walk"
	"github.com/resnics/verbsmith/specs"
)

// said fails for each text that the target has not shown.
func (b *trial) said(t *testing.T, err error, wants ...string) {
	t.Helper()
	if err != nil {
		t.Errorf("%v\n%s", err, b.err.String())
	}
	for _, want := range wants {
		if !strings.Contains(b.out.String(), want) {
			t.Errorf("want %q in\n%s", want, b.out.String())
		}
	}
}

// aClone makes the release's clone the source, without a ref.
func (b *trial) aClone() {
	clone, _, _ := strings.Cut(*b.flags.Source, "@")
	b.flags.Source = &clone
}

func TestReleasesCheckShowsRows(t *testing.T) {
	for depth, want := range map[string]string{
		depthEdit: "| v56.1   | 34          | 3         | pass  |", depthSpec: "| pass | ", depthCompile: "| pass     | pass        |",
	} {
		b := newTrial(t)
		b.aClone()
		b.flags.Depth, b.flags.RDMA = &depth, new("v56.1")
		b.said(t, b.ReleasesCheck(t.Context()), "fly in the releases of ", want, "1 release: 1 pass, 0 not supported, 0 failed")
	}
}

func TestReleasesAPIWrites(t *testing.T) {
	b := newTrial(t)
	b.aClone()
	root := b.dirs.root
	b.dirs.root = t.TempDir()
	for _, name := range []string{"docs", "mage/internal/driverapi"} {
		if err := os.MkdirAll(filepath.Join(b.dirs.root, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	b.said(t, b.ReleasesAPI(t.Context()), "docs/other-releases.md: ", "api.json: ", "v56.1")
	b.dirs.root = root
	b.flags.Source = nil
	if err := b.ReleasesAPI(t.Context()); !errors.Is(err, errNoClone) {
		t.Errorf("without a clone: %v", err)
	}
}

// Each interface of which the clone has a release gets its add-on; what has none is told.
func TestEveryAddon(t *testing.T) {
	b := newTrial(t)
	b.aClone()
	b.releases.Releases = []specs.Release{{Version: "56.1", Tag: "v56.1"}, {Version: "60.0", Tag: "v60.0"}}
	b.pipeline.Interfaces = &specs.Interfaces{List: []specs.Interface{
		{PrivateABI: 65, From: "56.0", Below: "57.0", Layout: "0"}, {PrivateABI: 66, From: "60.0", Below: "61.0", Layout: "0"},
	}}
	b.said(t, b.RPMAddon(t.Context()), "rdma-core-provider-fly for rocky9", "no add-on for 60.0 to below 61.0, private ABI 66")
	b.releases.Releases = b.releases.Releases[1:]
	if err := b.RPMAddon(t.Context()); !errors.Is(err, errNoAddon) {
		t.Errorf("of no release: %v", err)
	}
}

// lintian's errors that upstream's own packages do not have fail; the others are told.
func TestLintianIsJudged(t *testing.T) {
	for _, tt := range []struct {
		ours, stock string
		fails       bool
	}{
		{"E: libfly1: bad-name x\n", "", true},
		{"E: libfly1: bad-name x\n", "E: libfly1: bad-name x\n", false},
		{"W: libfly1: odd-name x\n", "", false},
	} {
		b := newTrial(t)
		b.flags.Suite = new("bookworm")
		made, says := b.engine.Answer, []string{tt.ours, tt.stock}
		b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
			result, err := made(run)
			if run.Name == "lintian" {
				putFile(t, filepath.Join(run.Outputs[0].Dir, "lintian.txt"), says[0])
				says = says[1:]
			}
			return result, err
		}
		err := b.Deb(t.Context())
		if (err != nil) != tt.fails || tt.fails && !strings.Contains(err.Error(), "bad-name") {
			t.Errorf("%q against %q: %v", tt.ours, tt.stock, err)
		}
		if !tt.fails && tt.stock != "" {
			b.said(t, nil, "also in upstream's own packages: E: libfly1: bad-name x", "lintian: 1 error")
		}
	}
}

// The kernel lab shows each case beside the stock provider's result.
func TestKernelShowsCases(t *testing.T) {
	for _, tt := range []struct {
		state lab.State
		ends  bool
		want  string
	}{{lab.Pass, true, "1 passed, 0 failed"}, {lab.Fail, true, "0 passed, 1 failed"}, {lab.Pass, false, "passed, "}} {
		b := newTrial(t)
		b.flags.Cases = new("claimed")
		made := b.engine.Answer
		b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
			if run.Stdout == nil {
				return made(run)
			}
			for _, device := range lab.Devices("fly", 3) {
				state := tt.state
				if device.Name != "fly0" {
					state = lab.Pass
				}
				_ = lab.Record{Kind: lab.KindStart, Case: "claimed", Device: device.Name, Limit: 9}.Write(run.Stdout)
				_ = lab.Record{Kind: lab.KindCase, Case: "claimed", Device: device.Name, State: state, Evidence: "so it is"}.Write(run.Stdout)
			}
			if tt.ends {
				_ = lab.Record{Kind: lab.KindEnd}.Write(run.Stdout)
			}
			return containers.Result{}, nil
		}
		err := b.TestKernel(t.Context())
		if (err != nil) != (tt.state == lab.Fail || !tt.ends) {
			t.Errorf("%s: %v", tt.state, err)
		}
		b.said(t, nil, tt.want, "junit-kernel.xml", "| claimed ")
	}
}

func TestTransplantsAreShown(t *testing.T) {
	b := newTrial(t)
	pass, fail := report.Result{State: report.Pass}, report.Result{State: report.Fail, Evidence: "no place"}
	good := &walk.TransplantRow{
		Transplant: specs.Transplant{Name: "ant", Host: "v42.0", Without: []string{"ant"}}, DriverID: 3,
		Edit: pass, Patch: pass, Compile: pass, Devices: pass, Ours: []byte("ours"), Theirs: []byte("theirs"),
	}
	bad := &walk.TransplantRow{Transplant: specs.Transplant{Name: "bee", Host: "v43.0"}, Edit: fail, Patch: fail, Compile: pass, Devices: pass}
	b.said(t, b.showTransplants(t.Context(), []*walk.TransplantRow{good}), "| ant ", "v42.0 without it", "REPORT.md")
	for _, name := range []string{"REPORT.md", "ant.verbsmith.patch", "ant.upstream.patch"} {
		if _, err := os.Stat(filepath.Join(b.dirs.dist, transplantsFolder, name)); err != nil {
			t.Error(err)
		}
	}
	err := b.showTransplants(t.Context(), []*walk.TransplantRow{good, bad})
	if err == nil || !strings.Contains(err.Error(), "bee: ") || strings.Contains(err.Error(), "ant: ") {
		t.Errorf("got %v", err)
	}
}

func TestTransplantFlags(t *testing.T) {
	chosen, err := opened(t, Flags{Source: new("/clone"), Depth: new(depthCompile)}).transplantsJob()
	if err != nil || len(chosen.chosen) == 0 || chosen.depth != depthCompile {
		t.Errorf("got %+v, %v", chosen, err)
	}
	a := opened(t, Flags{Provider: new("none-such")})
	if _, err := a.transplantsJob(); err == nil {
		t.Error("an unknown transplant is taken")
	}
	if err := opened(t, Flags{}).TestTransplant(t.Context()); !errors.Is(err, errNothingGiven) {
		t.Errorf("without a clone: %v", err)
	}
	if j, err := opened(t, Flags{}).defaultRelease(chosen.job); err != nil || j.Given != "" || j.Version == "" || j.Release == nil {
		t.Errorf("the default release: %+v, %v", j, err)
	}
}

func TestStrangersAreShown(t *testing.T) {
	b := newTrial(t)
	row := func(name, evidence string) *walk.StrangerRow {
		r := &walk.Row{Release: walk.Release{Ref: upstream.Ref{Name: "v42.0"}}, Patch: report.Result{State: report.Pass}}
		if evidence != "" {
			r.Patch = report.Result{State: report.Fail, Evidence: evidence}
		}
		return &walk.StrangerRow{Stranger: specs.Stranger{Name: name}, Folder: "/d/" + name, Releases: &walk.Releases{Rows: []*walk.Row{r}}}
	}
	good, own := row("ant", ""), row("bee", "/d/bee/bee.c:1: no")
	b.said(t, b.showStrangers(t.Context(), []*walk.StrangerRow{good, own}, depthEdit), "| ant ", "edit pass", "own fault", "bee/bee.c:1: no", "REPORT.md")
	err := b.showStrangers(t.Context(), []*walk.StrangerRow{good, own, row("moth", "no place")}, depthEdit)
	if err == nil || !strings.Contains(err.Error(), "1 faults are not the strangers' own\nmoth: v42.0: no place") || strings.Contains(err.Error(), "bee") {
		t.Errorf("got %v", err)
	}
}

func TestStrangersFlags(t *testing.T) {
	got, err := opened(t, Flags{Source: new("/clone"), Clones: new("/clones"), Provider: new("hbl, nes")}).strangersJob()
	if err != nil || len(got.chosen) != 2 || got.depth != depthCompile || got.setup.Clones != "/clones" || !got.setup.Whole {
		t.Errorf("got %+v, %v", got, err)
	}
	got, err = opened(t, Flags{Source: new("/clone"), RDMA: new("v34.0"), Depth: new(depthEdit)}).strangersJob()
	if err != nil || len(got.chosen) != len(got.setup.All.Strangers) || got.setup.Whole || got.depth != depthEdit {
		t.Errorf("got %+v, %v", got, err)
	}
	_, err = opened(t, Flags{Distro: new("x"), Base: new("x"), Depth: new(depthSpec), Provider: new("x")}).strangersJob()
	if n := len(unwrap(err)); n != 5 || !errors.Is(err, errNoClone) {
		t.Errorf("%d mistakes: %v", n, err)
	}
}

func TestProviderNewShowsWhatToDoNext(t *testing.T) {
	b := newTrial(t)
	dir := filepath.Join(t.TempDir(), "a b", "moth")
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	want := NewProvider{Name: "moth", Dir: &dir, Maintainer: new("A <a@b.example>")}
	b.said(t, b.ProviderNew(t.Context(), want), "| provider.yaml", "RDMA_DRIVER_MOTH", "build -provider='"+dir+"'")
	err := b.ProviderNew(t.Context(), want)
	if advice, ok := errors.AsType[*stage.AdviceError](err); !ok || advice.What == "" {
		t.Errorf("a second time: %v", err)
	}
	want.Maintainer = new("nobody")
	if err := b.ProviderNew(t.Context(), want); err == nil || !strings.Contains(err.Error(), "-maintainer: want NAME <ADDRESS>") {
		t.Errorf("got %v", err)
	}
}

// Without an engine doctor says so, and looks at the rest all the same.
func TestDoctorWithoutAnEngine(t *testing.T) {
	t.Setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
	b := newTrial(t)
	b.releases.Default, b.releases.Releases = "56.1", []specs.Release{{Version: "56.1"}}
	err := b.Doctor(t.Context())
	if !errors.Is(err, errUnfit) {
		t.Errorf("got %v", err)
	}
	b.said(t, nil, "| container engine", "MISSING", "| Go ", "| git ", "| disk for the cache")
}

// The parts of test:all run in order, up to the first that fails.
func TestStepsEndAtTheFirstFailure(t *testing.T) {
	b := newTrial(t)
	broken := errors.New("broken")
	var ran []string
	part := func(name string, err error) step {
		return step{name, func(context.Context, io.Writer) error { ran = append(ran, name); return err }}
	}
	err := b.steps(t.Context(), "test:all", []step{part("a", nil), part("b", broken), part("c", nil)})
	if !errors.Is(err, broken) || strings.Join(ran, "") != "ab" || !strings.HasPrefix(err.Error(), "b: ") {
		t.Errorf("ran %q: %v", ran, err)
	}
	b.said(t, nil, "== a", "| a    | pass", "| b    | FAIL")
}

// Lanes run side by side. A failure ends all of them, and the output of the second is whole.
func TestLanes(t *testing.T) {
	b := newTrial(t)
	broken := errors.New("broken")
	half, ended := make(chan struct{}), make(chan struct{})
	err := b.steps(t.Context(), "test:all", []step{
		{"front", func(_ context.Context, out io.Writer) error {
			<-half
			_, err := io.WriteString(out, "front speaks\n")
			return err
		}},
		{"waiting", func(ctx context.Context, _ io.Writer) error {
			close(ended)
			<-ctx.Done()
			return ctx.Err()
		}},
	}, []step{
		{"side", func(_ context.Context, out io.Writer) error {
			_, err := io.WriteString(out, "half ")
			close(half)
			<-ended
			_, rest := io.WriteString(out, "and half\n")
			return errors.Join(err, rest, broken)
		}},
		{"never", func(context.Context, io.Writer) error { t.Error("a part after a failure ran"); return nil }},
	})
	if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "side: ") {
		t.Errorf("got %v", err)
	}
	b.said(t, nil, "front speaks", "== side, ran beside others\nhalf and half\n", "| front   | pass", "| waiting | stopped", "| side    | FAIL")
}

// Each refusal on the way is an answer, and what cannot be asked then is skipped.
func TestProviderCheckSaysHowFar(t *testing.T) {
	refuse := func(name string, said ...string) func(*trial) {
		return func(b *trial) {
			made := b.engine.Answer
			b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
				if run.Name != name && run.Argv[len(run.Argv)-1] != name {
					return made(run)
				}
				return containers.Result{ExitCode: 1, Tail: said}, nil
			}
		}
	}
	provider := func(change func(dir string)) func(*trial) {
		return func(b *trial) { change(*b.flags.Provider) }
	}
	for _, tt := range []struct {
		name  string
		set   func(*trial)
		wants []string
	}{
		{"it does not compile", refuse("compile", "fly.c:1:1: error: no"), []string{"| compiles      | FAIL", "| ibv_devices   | -"}},
		{"it is not discovered", refuse("listed", "nothing"), []string{"| ibv_devices   | FAIL"}},
		{"it is no provider", provider(func(dir string) { putFile(t, filepath.Join(dir, "provider.yaml"), "name: 1\n") }), []string{
			"| manifest      | FAIL", "| release       | -",
		}},
		{"the release has it already", func(b *trial) { b.flags.Provider = &releasetest.Provider(t, "ant", true, nil).Dir }, []string{
			"| release       | FAIL", "| compiles      | -", "| ibv_devices   | -",
		}},
		{"the release has no such call", provider(func(dir string) {
			putFile(t, filepath.Join(dir, "fly.c"), "/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */\n#include <infiniband/none.h>\n")
		}), []string{"FAIL"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newTrial(t)
			tt.set(b)
			err := b.ProviderCheck(t.Context())
			if _, ok := errors.AsType[*FailedChecksError](err); !ok {
				t.Errorf("got %v", err)
			}
			b.said(t, nil, tt.wants...)
		})
	}
}

// What go test is asked, with a go that only says what it is told.
func TestPartsCallGoTest(t *testing.T) {
	b := newTrial(t)
	bin := t.TempDir()
	putFile(t, filepath.Join(bin, "go"), "#!/bin/sh\necho \"go $*\"\ncase $* in *-list*) printf 'FuzzA\\nok  \\tp\\t1s\\n';; esac\n")
	if err := os.Chmod(filepath.Join(bin, "go"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	for _, part := range []func(context.Context, io.Writer) error{shows(b.TestUnit), b.scripts("TestEngine", "9m"), b.fuzz} {
		if err := part(t.Context(), &b.out); err != nil {
			t.Error(err)
		}
	}
	b.said(t, nil, "go test -race ./...", "-run ^TestEngine$ -count=1 -timeout=9m", "-fuzz ^FuzzA$ -fuzztime 30s")
}

// An interrupt ends what go test runs, too.
func TestInterruptedGoTest(t *testing.T) {
	b := newTrial(t)
	bin := t.TempDir()
	started := filepath.Join(bin, "started")
	putFile(t, filepath.Join(bin, "go"), "#!/bin/sh\nsh -c 'echo $$ >"+started+".new; mv "+started+".new "+started+"; exec sleep 1000'\n")
	if err := os.Chmod(filepath.Join(bin, "go"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.TestUnit(ctx) }()
	var child int
	for child == 0 {
		if data, err := os.ReadFile(started); err == nil {
			child, _ = strconv.Atoi(strings.TrimSpace(string(data)))
		}
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-ended; err == nil {
		t.Error("an interrupted test passes")
	}
	for range 1000 {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", child))
		if err != nil || bytes.Contains(stat, []byte(") Z ")) {
			return
		}
		time.Sleep(10 * time.Millisecond) // the kernel ends it soon after the signal
	}
	t.Error("what the test ran is still running")
}

// Without an engine clean removes what is on this machine, and says that the rest stays.
func TestCleanWithoutAnEngine(t *testing.T) {
	t.Setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
	dir := t.TempDir()
	cache := filepath.Join(dir, "cache")
	t.Setenv(cacheVariable, cache)
	t.Setenv(distVariable, filepath.Join(dir, "dist"))
	a, err := open(t.Context(), Flags{})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.close(nil); err != nil {
		t.Fatal(err)
	}
	putFile(t, filepath.Join(cache, "downloads", "rdma-core.sum"), "")
	if err := Clean(t.Context(), false); err == nil {
		t.Error("an engine that does not answer is no error")
	}
	if _, err := os.Stat(filepath.Join(cache, "downloads", "rdma-core.sum")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the cache stays: %v", err)
	}
}

// The suite's own results are told, those that it skips by itself too.
func TestSuiteIsShown(t *testing.T) {
	b := newTrial(t)
	b.showSuite(&lab.Comparison{})
	if b.out.Len() > 0 {
		t.Errorf("a suite that did not run says %q", b.out.String())
	}
	b.showSuite(&lab.Comparison{Ran: 3, Skipped: []string{"a"}, Failing: []string{"b"}, Worse: []string{"c"}})
	b.said(t, nil, ": a\n", ": b\n", ": c\n")
}

func TestToolchainThatIsThere(t *testing.T) {
	b := newTrial(t)
	if err := b.ToolchainBuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.out.Reset()
	b.said(t, b.ToolchainList(t.Context()), "| ready ")
}
