// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/releasetest"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/specs"
)

// flyStranger is a stranger in a clone of its own, whose only commit is the tag v56.1: rdma-core
// below core/, with fly in it, and a header elsewhere.
func flyStranger(t *testing.T, b *bench) (StrangerSetup, specs.Stranger) {
	t.Helper()
	source := releasetest.Clone(t, releasetest.Files())
	files := map[string]string{"core/providers/fly/fly.c": "int fly;\n", "core/providers/fly/CMakeLists.txt": "rdma_provider(fly\n  fly.c\n)\n", "headers/fly-abi.h": "/* fly */\n"}
	for name, text := range releasetest.Files() {
		files["core/"+name] = text
	}
	files["core/CMakeLists.txt"] += "add_subdirectory(providers/fly)\n"
	clone := releasetest.Clone(t, files)
	clones := t.TempDir()
	if err := os.Mkdir(filepath.Join(clones, "ann+flies"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(clone, filepath.Join(clones, "ann+flies", "repo")); err != nil {
		t.Fatal(err)
	}
	releasetest.Write(t, b.Root, map[string]string{
		strangerManifests + "/fly/provider.yaml": "name: fly\ndescription: Fly\nmaintainer: {name: Ann, email: ann@host.example}\nabiHeader: fly-abi.h\n" +
			"driverID: {policy: none}\ncmake: {coherentDMA: true}\ndevice: {name: fly0}\n",
	})
	return StrangerSetup{All: &specs.Strangers{}, Clones: clones, Source: source, Folders: t.TempDir(), Whole: true}, specs.Stranger{
		Name: "fly", Repository: "ann/flies", Ref: "refs/heads/work", Commit: head(t, filepath.Join(clones, "ann+flies", "repo")),
		Path: "core/providers/fly", Files: map[string]string{"fly-abi.h": "headers/fly-abi.h"},
		Compare: &specs.StrangerChange{Before: "v56.1", Tree: "core"},
	}
}

func head(t *testing.T, clone string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", "-C", clone, "rev-parse", "HEAD").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func TestStranger(t *testing.T) {
	b := newBench(t)
	setup, one := flyStranger(t, b)
	setup.Compile = &b.tools
	row, err := b.TakeStranger(t.Context(), setup, one)
	if err != nil || row.Fault != nil {
		t.Fatal(err, row)
	}
	defer row.Close()
	for _, name := range []string{"provider.yaml", "fly.c", "fly-abi.h"} {
		if _, err := os.Stat(filepath.Join(row.Folder, name)); err != nil {
			t.Error(err)
		}
	}
	listed, err := b.ListReleases(t.Context(), setup.Source, "")
	if err != nil {
		t.Fatal(err)
	}
	defer listed.Close()
	if err := b.Stranger(t.Context(), b.job, setup, listed, row); err != nil {
		t.Fatal(err)
	}
	if got := row.Outcomes(); len(got) != 1 || got[0] != (Outcome{From: "v56.1", To: "v56.1", Count: 1}) || got[0].State("compile") != "compile pass" {
		t.Errorf("got %+v", got)
	}
	// The vendor's line is missing, because the test's edits only copy files: with no reason.
	if got := row.Unexplained(); !slices.ContainsFunc(got, func(s string) bool {
		return strings.HasPrefix(s, "fly: CMakeLists.txt:") && strings.Contains(s, `missing without a reason: "add_subdirectory(providers/fly)"`)
	}) {
		t.Errorf("got %q", got)
	}
	text := string(StrangerReport([]*StrangerRow{row}, "compile"))
	for _, want := range []string{
		"| fly | v56.1 | compile pass |  |", "What ann/flies changed from v56.1 to " + one.Commit, "| CMakeLists.txt | +1 -0 | +0 -0 | 1 missing |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the report:\n%s", want, text)
		}
	}
	if strings.Contains(text, "providers/fly/fly.c") {
		t.Errorf("the provider's own files are compared:\n%s", text)
	}
}

func TestStrangerOfAnOlderRelease(t *testing.T) {
	b := newBench(t)
	setup, one := flyStranger(t, b)
	one.Compare = &specs.StrangerChange{Before: one.Commit, After: one.Commit, Host: "v56.1", Tree: "core"}
	row, err := b.TakeStranger(t.Context(), setup, one)
	if err != nil {
		t.Fatal(err)
	}
	defer row.Close()
	row.compare(t.Context(), b.Walker, b.job, setup)
	// Nothing was changed from one to the other, so all that is added is verbsmith's.
	if len(row.Compared.Files) == 0 || row.Compared.Theirs != nil || row.Compared.Edit.State != report.Pass {
		t.Errorf("got %+v", row.Compared)
	}
	for _, f := range row.Compared.Files {
		if f.Theirs.Added+f.Theirs.Removed+f.Ours.Removed > 0 {
			t.Errorf("got %+v", f)
		}
	}
}

func TestStrangerThatCannotBeTaken(t *testing.T) {
	b := newBench(t)
	setup, one := flyStranger(t, b)
	take := func(change func(*StrangerSetup, *specs.Stranger)) error {
		g, s := setup, one
		change(&g, &s)
		row, err := b.TakeStranger(t.Context(), g, s)
		if err == nil {
			row.Close()
			return row.Fault
		}
		return err
	}
	err := take(func(_ *StrangerSetup, s *specs.Stranger) { s.Commit = strings.Repeat("0", 40) })
	missing, ok := errors.AsType[*NoCloneError](err)
	if !ok || len(missing.Looked) != 2 || !strings.Contains(missing.Advice(), "fetch https://github.com/ann/flies +refs/heads/work:refs/heads/work") {
		t.Errorf("another commit: %v", err)
	}
	err = take(func(g *StrangerSetup, s *specs.Stranger) { g.Clones, s.Repository = "", upstreamRepository })
	if missing, ok := errors.AsType[*NoCloneError](err); !ok || !slices.Equal(missing.Looked, []string{setup.Source}) {
		t.Errorf("rdma-core's own is looked for in -source: %v", err)
	}
	if err := take(func(_ *StrangerSetup, s *specs.Stranger) { s.Path = "core/providers/moth" }); !errors.Is(err, errNoFiles) {
		t.Errorf("no directory: %v", err)
	}
	if err := take(func(_ *StrangerSetup, s *specs.Stranger) { s.Files = map[string]string{"x.h": "headers/x.h"} }); !errors.Is(err, errNoFiles) {
		t.Errorf("no header: %v", err)
	}
	releasetest.Write(t, b.Root, map[string]string{strangerManifests + "/fly/fly.c": "int other;\n"})
	if err := take(func(*StrangerSetup, *specs.Stranger) {}); !errors.Is(err, errInBoth) {
		t.Errorf("a file in both: %v", err)
	}
}

func TestOutcomes(t *testing.T) {
	folder := filepath.FromSlash("/dist/strangers/fly")
	result := func(state report.State, evidence string) report.Result {
		return report.Result{State: state, Evidence: evidence}
	}
	row := &StrangerRow{Stranger: specs.Stranger{Name: "fly"}, Provider: fly(t), Folder: folder, Releases: &Releases{}}
	add := func(name string, patch, compile report.Result) {
		row.Releases.Rows = append(row.Releases.Rows, &Row{Release: Release{Ref: upstream.Ref{Name: name}}, Patch: patch, Compile: compile})
	}
	pass, none := result(report.Pass, ""), report.Result{}
	add("v34.0", result(report.Skipped, "has the same provider already"), none)
	add("v35.0", pass, pass)
	add("v36.0", pass, pass)
	add("v37.0", pass, result(report.Fail, "providers/fly/fly.c:9:4: error: no"))
	add("v38.0", result(report.Fail, "integrate: "+filepath.Join(folder, "fly.c")+":3: no"), none)
	add("v39.0", result(report.Fail, "integrate: CMakeLists.txt:3: no place"), none)
	add("v40.0", pass, result(report.Fail, "Killed"))
	want := []string{
		"v34.0 not tried has the same provider already", "v35.0 to v36.0 (2) compile pass ", "v37.0 own fault providers/fly/fly.c:9:4: error: no",
		"v38.0 own fault integrate: fly/fly.c:3: no", "v39.0 FAIL integrate: CMakeLists.txt:3: no place", "v40.0 FAIL Killed",
	}
	var got []string
	for _, o := range row.Outcomes() {
		got = append(got, o.Releases()+" "+o.State("compile")+" "+o.Why)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	bad := &StrangerRow{Stranger: row.Stranger, Folder: folder, Fault: errors.New(filepath.Join(folder, "CMakeLists.txt") + ":1: no\nand\nmore")}
	if o := bad.Outcomes(); len(o) != 1 || !o[0].Own || o[0].Releases() != "all" || o[0].Why != "fly/CMakeLists.txt:1: no (and 2 more)" {
		t.Errorf("got %+v", o)
	}
}

func TestADeviceThatNeedsALibrary(t *testing.T) {
	b := newBench(t)
	b.job.Provider = releasetest.Provider(t, "fly", false, func(texts map[string]string) {
		texts["fly.c"] = "void *fly(void)\n{\n\treturn dlopen(\"libwing.so\", 2);\n}\n"
	})
	b.judged = &report.FailedError{Failed: []report.Result{{Title: "listed", Evidence: "nothing"}}}
	r := b.edited(t, "v56.1")
	if err := b.CheckBuilds(t.Context(), b.job, b.tools, r); err != nil {
		t.Fatal(err)
	}
	row := &StrangerRow{Stranger: specs.Stranger{Name: "fly"}, Folder: b.job.Provider.Dir, Releases: r}
	o := row.Outcomes()
	if len(o) != 1 || !o[0].Own || !strings.HasPrefix(o[0].Why, "fly/fly.c:3:9: want a library that is linked") || !strings.Contains(o[0].Why, `dlopen("libwing.so")`) {
		t.Errorf("got %+v", o)
	}
}
