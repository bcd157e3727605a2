// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/measure"
	"github.com/resnics/verbsmith/specs"
)

func TestBenchRows(t *testing.T) {
	rows, err := benchRows("rpm-edit,deb-cold")
	var names []string
	for _, r := range rows {
		names = append(names, r.Name)
	}
	if want := []string{measure.PlainRPM, "rpm-edit", measure.PlainDeb, "deb-cold"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("got %q, %v, want them with what they are compared with: %q", names, err, want)
	}
	if rows, err := benchRows(""); err != nil || len(rows) != len(measure.Rows()) {
		t.Errorf("got %d rows, %v", len(rows), err)
	}
	if _, err := benchRows("rpm-edit,none"); !errors.As(err, new(*specs.UnknownError)) {
		t.Errorf("got %v", err)
	}
}

// The plain jobs run what a person would, on our inputs, in our toolchain, without ccache.
func TestBenchRunsThePlainJobs(t *testing.T) {
	trial := newTrial(t)
	trial.flags.Suite = new("bookworm")
	b := &bencher{App: trial.App, dir: t.TempDir()}
	j, err := b.rpmJob(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	bench := &measure.Bench{Others: map[string]func(context.Context) (measure.Use, error){}}
	none := func(func(measure.Row) bool) bool { return false }
	if err := errors.Join(b.prepareRPM(t.Context(), j, bench, none), b.prepareDeb(t.Context(), bench)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{
		measure.PlainRPM: {"rpmbuild -ba ", "/SOURCES/rdma-core-fly.patch"}, measure.PlainDeb: {"plain-deb.sh 56.1 ", "/in/rdma-core_56.1.orig.tar.gz"},
	} {
		if _, err := bench.Others[name](t.Context()); err != nil {
			t.Fatal(err)
		}
		runs := trial.engine.Runs()
		run := runs[len(runs)-1]
		has := false
		for file := range run.Files {
			has = has || strings.HasSuffix(file, want[1])
		}
		if !strings.Contains(strings.Join(run.Argv, " "), want[0]) || !has || run.Env["CCACHE_DISABLE"] != "1" || run.Network || len(run.Outputs) > 0 {
			t.Errorf("%s ran %q in %+v", name, run.Argv, run.RunSpec)
		}
	}
	if got := strings.Join(bench.RPM, " "); !strings.HasPrefix(got, "-distro=rocky9 -rdma=56.1 -source=/") || !strings.HasSuffix(got, "-base=registry") {
		t.Errorf("the flags are %s", got)
	}
}

// A command is timed with its memory; one that fails names its log, which has its output.
func TestBenchCommand(t *testing.T) {
	b := &bencher{App: newTrial(t).App}
	use, err := b.command("job", exec.CommandContext(t.Context(), "/bin/sh", "-c", "echo said"))
	if err != nil || use.Time <= 0 || use.Memory < 1<<16 {
		t.Errorf("got %+v, %v", use, err)
	}
	_, err = b.command("job", exec.CommandContext(t.Context(), "/bin/sh", "-c", "echo why; exit 3"))
	if err == nil || !strings.Contains(err.Error(), "exit status 3, see ") {
		t.Fatalf("got %v", err)
	}
	_, log, _ := strings.Cut(err.Error(), "see ")
	if text, err := os.ReadFile(log); err != nil || !strings.Contains(string(text), "why") {
		t.Errorf("the log has %q, %v", text, err)
	}
}

// The page in the repository has the marks that -write needs.
func TestBenchFillsThePage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("../../..", performancePage))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(file, page, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := fillPage(file, measure.Report{Results: []measure.Result{{Row: measure.Row{Title: "a job of this test"}}}}); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), "| a job of this test |") {
		t.Errorf("got %s, %v", text, err)
	}
	if err := fillPage(filepath.Join(t.TempDir(), "none"), measure.Report{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
