// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/lab"
	"github.com/resnics/verbsmith/mage/internal/page"
	"github.com/resnics/verbsmith/mage/internal/page/pagetest"
	"github.com/resnics/verbsmith/mage/internal/readout"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// ends ends a run of a target as Run does.
func (b *trial) ends(t *testing.T, target string, call func(*App, context.Context) error) error {
	t.Helper()
	b.target, b.results = target, nil
	err := call(b.App, t.Context())
	if err == nil {
		err = b.tryPages(t.Context())
	}
	if err != nil {
		failed := failedRun{dirs: b.dirs, flags: b.flags, target: target, results: b.results, ui: b.ui}
		failed.writePage(t.Context(), err)
	}
	return err
}

// pageText is a page's text, after its structure has been checked.
func pageText(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(pagetest.Check(t, data), "\n")
}

// Every target that ends in dist writes its page there, with what it has made; the same once more if nothing has to be done.
func TestTargetsWritePages(t *testing.T) {
	for _, tt := range []struct {
		target, dir string
		call        func(*App, context.Context) error
		set         func(*trial)
		wants       []string
	}{
		{"rpm", "rocky9/rdma-core-56.1", (*App).RPM, nil, []string{
			"○ 2 packages are built, and not tested yet.", "rdma-core 56.1 with fly, for rocky9", "tiny", "Where the time went", "There was none",
		}},
		{"test:integration", "rocky9/rdma-core-56.1", (*App).TestIntegration, nil, []string{"✓ All 13 verdicts pass.", "ibv_devices lists fly0"}},
		{"rpm:addon", "rocky9/rdma-core-56.1.addon-fly", (*App).RPMAddon, nil, []string{
			"rdma-core-provider-fly for rocky9, built in rdma-core 56.1", "from 56.0, below 57.0",
		}},
		{"test:addon", "rocky9/rdma-core-56.1.addon-fly", (*App).TestAddon, nil, []string{"verdicts pass."}},
		{"deb", "debian-bookworm/rdma-core-56.1", (*App).Deb, func(b *trial) { b.flags.Suite = new("bookworm") }, []string{"with fly, for bookworm", "libfly1"}},
		{"test:deb", "debian-bookworm/rdma-core-56.1", (*App).TestDeb, func(b *trial) { b.flags.Suite = new("bookworm") }, []string{"verdicts pass."}},
		{"deb:addon", "debian-trixie/rdma-core-56.1.addon-fly", (*App).DebAddon, func(b *trial) { b.flags.Suite = new("trixie") }, []string{"for trixie"}},
		{"releases:check", "releases/fly", (*App).ReleasesCheck, func(b *trial) { b.aClone() }, []string{
			"✓ fly passes in the release that was tried.", "34\nv56.1: 1 pass",
		}},
	} {
		t.Run(tt.target, func(t *testing.T) {
			b := newTrial(t)
			if tt.set != nil {
				tt.set(b)
			}
			if err := b.ends(t, tt.target, tt.call); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(b.dirs.dist, tt.dir, pageFile)
			text := pageText(t, file)
			for _, want := range tt.wants {
				if !strings.Contains(text, want) {
					t.Errorf("want %q in\n%s", want, text)
				}
			}
			b.said(t, nil, "report: ")
			if last := lastRun(b.dirs.dist); last.Target != tt.target || last.State != page.Pass {
				t.Errorf("the last run is %+v", last)
			}
			pageText(t, filepath.Join(b.dirs.dist, pageFile))
			first, _ := os.ReadFile(file)
			if strings.Contains(string(first), b.dirs.root) || strings.Contains(string(first), b.dirs.dist) {
				t.Error("the page names the machine's directories")
			}
			b.pipeline.Runner = &stage.Runner{
				CacheDir: b.pipeline.CacheDir, Cache: b.pipeline.Cache, UI: b.pipeline.UI, Log: b.pipeline.Log, Engine: b.pipeline.Engine,
			}
			if err := b.ends(t, tt.target, tt.call); err != nil {
				t.Fatal(err)
			}
			if again, _ := os.ReadFile(file); string(again) != string(first) && !strings.HasPrefix(tt.target, "test:") {
				t.Error("the same result has other bytes")
			}
		})
	}
}

// A run that fails is a page, until the same target succeeds; another one's success leaves it.
func TestFailureIsAPage(t *testing.T) {
	b := newTrial(t)
	made := b.engine.Answer
	b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
		if run.Name != "rpm" {
			return made(run)
		}
		text := "providers/fly/fly.c:1:4: error: no such thing in " + b.dirs.cache + " of http://me:hunter2@proxy/\n"
		_, _ = run.Log.Write([]byte(text))
		return containers.Result{ExitCode: 1, Tail: []string{strings.TrimSpace(text)}}, nil
	}
	if err := b.ends(t, "rpm", (*App).RPM); err == nil {
		t.Fatal("a compile error passes")
	}
	file := filepath.Join(b.dirs.dist, pageFile)
	text := pageText(t, file)
	for _, want := range []string{
		"✗ rpm failed, in stage rpm: a mistake in line 1 of ", "no such thing in CACHE of http://***@proxy/", "1// SPDX-License-Identifier", "report.log", "exit code",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s", want, text)
		}
	}
	log, err := os.ReadFile(filepath.Join(b.dirs.dist, pageLog))
	if err != nil || strings.Contains(string(log), "hunter2") || strings.Contains(string(log), b.dirs.cache) || !strings.Contains(string(log), "no such thing") {
		t.Errorf("%v, the log is\n%s", err, log)
	}
	if !strings.Contains(b.err.String(), "report: ") {
		t.Errorf("where the page is, is not said:\n%s", b.err.String())
	}
	b.engine.Answer = made
	b.flags.Suite = new("bookworm")
	if err := b.ends(t, "deb", (*App).Deb); err != nil {
		t.Fatal(err)
	}
	if again := pageText(t, file); again != text {
		t.Errorf("another target's success replaces the page:\n%s", again)
	}
	if err := b.ends(t, "rpm", (*App).RPM); err != nil {
		t.Fatal(err)
	}
	if last := lastRun(b.dirs.dist); last.Target != "rpm" || last.State != page.Pass {
		t.Errorf("the last run is %+v", last)
	}
	if _, err := os.Stat(filepath.Join(b.dirs.dist, pageLog)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the log stays: %v", err)
	}
}

// A verdict that fails is the first thing on both pages, with the packages it is about.
func TestFailedVerdictIsAPage(t *testing.T) {
	b := newTrial(t)
	made := b.engine.Answer
	b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
		if len(run.Argv) > 0 && run.Argv[len(run.Argv)-1] == "loads" {
			_, _ = run.Log.Write([]byte("evidence: undefined symbol: fly_open\n"))
			return containers.Result{ExitCode: 1, Tail: []string{"undefined symbol: fly_open"}}, nil
		}
		return made(run)
	}
	if err := b.ends(t, "test:integration", (*App).TestIntegration); err == nil {
		t.Fatal("a module that does not load passes")
	}
	for file, want := range map[string]string{
		pageFile: "✗ test:integration failed", "rocky9/rdma-core-56.1/" + pageFile: "✗ 1 of 13 results fails. The first: “the module loads with no unresolved symbol”.",
	} {
		lines := strings.Split(pageText(t, filepath.Join(b.dirs.dist, file)), "\n")
		if !strings.HasPrefix(lines[1], want) || !strings.Contains(strings.Join(lines[:20], "\n"), "undefined symbol: fly_open") {
			t.Errorf("%s: got %q", file, lines[:20])
		}
	}
}

// The kernel lab's page has each case beside the stock device, with the ratios of what was measured.
func TestKernelPage(t *testing.T) {
	row := lab.Row{
		Case:   lab.Case{Name: "rate", Title: "rate"},
		Result: lab.Record{Device: "fly0", State: lab.Pass, Values: []float64{2, 4}},
		Others: []lab.Record{{Device: "rxe0", State: lab.Pass, Values: []float64{1, 4}}},
	}
	got := kernelResult(row)
	for name, want := range map[string]string{readout.FactDevice: "fly0 pass", readout.FactStock: "rxe0 pass", readout.FactRatios: "2.0000 1.0000"} {
		if got.Fact(name) != want {
			t.Errorf("%s: got %q, want %q", name, got.Fact(name), want)
		}
	}
	row.Others = nil
	if got := kernelResult(row); len(got.Facts) != 1 {
		t.Errorf("alone: %+v", got.Facts)
	}
}

// Without arguments the last page is shown, with some those of the directories are made again.
func TestShowReport(t *testing.T) {
	b := newTrial(t)
	if err := b.Report(t.Context(), ShowReport{}); !errors.Is(err, errNoPage) {
		t.Errorf("without a page: %v", err)
	}
	if err := b.Report(t.Context(), ShowReport{Dist: new("")}); err == nil {
		t.Error("an empty -dist is taken")
	}
	if err := b.ends(t, "rpm", (*App).RPM); err != nil {
		t.Fatal(err)
	}
	b.said(t, b.Report(t.Context(), ShowReport{}), "rdma-core 56.1 with fly, for rocky9: 2 packages are built, and not tested yet.\n", "dist/report.html\n")
	dir := filepath.Join(b.dirs.dist, "rocky9", "rdma-core-56.1")
	if err := os.Remove(filepath.Join(dir, pageFile)); err != nil {
		t.Fatal(err)
	}
	b.said(t, b.Report(t.Context(), ShowReport{Dist: &dir}), "rdma-core-56.1/report.html\n")
	pageText(t, filepath.Join(dir, pageFile))
	b.flags.Suite = new("bookworm")
	if err := b.ends(t, "deb", (*App).Deb); err != nil {
		t.Fatal(err)
	}
	b.said(t, b.Report(t.Context(), ShowReport{Dist: &b.dirs.dist}), "verbsmith: 2 reports\n", "reports.html\n")
	if text := pageText(t, filepath.Join(b.dirs.dist, pagesFile)); !strings.Contains(text, "0 of 2 directories pass, none fails, the others are not tested.") {
		t.Errorf("got\n%s", text)
	}
	elsewhere := t.TempDir()
	if err := os.CopyFS(elsewhere, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	b.said(t, b.Report(t.Context(), ShowReport{Dist: &elsewhere}), "reports.html\n")
	empty := t.TempDir()
	if err := b.Report(t.Context(), ShowReport{Dist: &empty}); err == nil || !strings.Contains(err.Error(), "no manifest.json") {
		t.Errorf("of an empty directory: %v", err)
	}
}

// The file is opened with what the machine has.
func TestOpenReport(t *testing.T) {
	b := newTrial(t)
	if err := b.ends(t, "rpm", (*App).RPM); err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	t.Setenv("PATH", bin)
	yes := true
	if err := b.Report(t.Context(), ShowReport{Open: &yes}); !errors.Is(err, errNoOpener) {
		t.Errorf("got %v", err)
	}
	opened := filepath.Join(bin, "opened")
	putFile(t, filepath.Join(bin, "xdg-open"), "#!/bin/sh\necho \"$1\" >"+opened+"\n")
	if err := os.Chmod(filepath.Join(bin, "xdg-open"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := b.Report(t.Context(), ShowReport{Open: &yes}); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(opened); err != nil || strings.TrimSpace(string(got)) != filepath.Join(b.dirs.dist, pageFile) {
		t.Errorf("opened %q, %v", got, err)
	}
}

// A target that ends nowhere writes no page, and a page that cannot be written is no second error.
func TestNoPage(t *testing.T) {
	b := newTrial(t)
	failed := failedRun{dirs: b.dirs, target: "doctor", ui: b.ui}
	failed.writePage(t.Context(), errors.New("x"))
	if _, err := os.Stat(b.dirs.dist); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a page of doctor: %v", err)
	}
	failed.target = "rpm"
	failed.writePage(t.Context(), errors.New("x"))
	if _, err := os.Stat(b.dirs.dist); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a page of a run without a stage: %v", err)
	}
	b.ui.Stage("source", 1, 1)
	putFile(t, b.dirs.dist, "a file")
	failed.writePage(t.Context(), errors.New("x"))
	if !strings.Contains(b.err.String(), "warning: there is no report") {
		t.Errorf("got %q", b.err.String())
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out := ui.New(ui.Options{Err: &b.err})
	if err := finish(ctx, failedRun{ui: out}, errors.New("early")); err == nil || !strings.Contains(b.err.String(), "early") {
		t.Errorf("got %v", err)
	}
}

// A directory is replaced where a path begins with it, and nowhere else.
func TestReplacePaths(t *testing.T) {
	pairs := []place{{"/root/repo/", ""}, {"/root/repo", "REPOSITORY"}, {"/root", "HOME"}}
	for text, want := range map[string]string{
		"/root": "HOME", "in /root/repo/a.c:3, \"/root/.cache\"": "in a.c:3, \"HOME/.cache\"", "of /root/repo": "of REPOSITORY", "file:///root/x": "file://HOME/x",
		"/rootfs /etc/rootfs chroot/root-dir /root2/x x/root": "/rootfs /etc/rootfs chroot/root-dir /root2/x x/root", "": "", "/": "/", "a//root b": "a/HOME b",
	} {
		if got := replacePaths(text, pairs); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// A target's name is that of its function.
func TestCallingTarget(t *testing.T) {
	if got := namedLikeATarget(); got != "testcallingtarget" {
		t.Errorf("got %q", got)
	}
}

func namedLikeATarget() string { return callingTarget() }
