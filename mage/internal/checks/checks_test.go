// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/report"
)

// newTree writes files, given as name and text, into a fresh directory.
func newTree(t *testing.T, files map[string]string) tree {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		full := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return tree{root: root}
}

// scripted is a machine with the given tools, on which every command ends as told. The commands are recorded.
type scripted struct {
	machine

	commands []string
}

func newScripted(tools []string, outs ...output) *scripted {
	s := &scripted{}
	s.look = func(tool string) bool { return slices.Contains(tools, tool) }
	s.run = func(_ context.Context, _ string, argv ...string) (output, error) {
		s.commands = append(s.commands, strings.Join(argv, " "))
		out := outs[0]
		outs = outs[min(1, len(outs)-1):]
		return out, nil
	}
	return s
}

func wantResult(t *testing.T, got report.Result, status report.State, evidence string) {
	t.Helper()
	if got.State != status || got.Evidence != evidence {
		t.Errorf("got %s, %q\nwant %s, %q\noutput:\n%s", got.State, got.Evidence, status, evidence, got.Output)
	}
}

const licensed = "// SPDX-License-Identifier: Apache-2.0\n\n"

func TestSourceChecks(t *testing.T) {
	const c, cmake = "provider/rib/rib.c", "provider/rib/CMakeLists.txt"
	const dual = "/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */\n"
	tests := []struct {
		name     string
		check    func(tree) report.Result
		files    map[string]string
		status   report.State
		evidence string
	}{
		{"formatted", gofmtOf, map[string]string{"a.go": "package a\n"}, report.Pass, "1 Go files"},
		{
			"not formatted", gofmtOf,
			map[string]string{"a.go": "package a\n", "b/c d.go": "package  b\n"},
			report.Fail, "1 of 2: b/c d.go: not formatted; run gofmt -w",
		},
		{
			"not even Go", gofmtOf,
			map[string]string{"a.go": "package a\n\nfunc {\n"},
			report.Fail, "1 of 1: a.go: 3:6: expected 'IDENT', found '{'",
		},
		{
			"what is not ours is left alone", gofmtOf,
			map[string]string{
				"a.go": "package a\n", ".cache/x.go": "?", "dist/y.go": "?", "a/testdata/z.go": "?", "a.txt": "?",
			},
			report.Pass, "1 Go files",
		},
		{"no Go at all", gofmtOf, nil, report.Fail, "no Go files found to check"},

		{
			"licensed", licencesOf,
			map[string]string{"a.go": licensed + "package a\n", c: dual, cmake: "# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB\n"},
			report.Pass, "3 files",
		},
		{
			"Go without", licencesOf,
			map[string]string{"a.go": "package a\n"},
			report.Fail, `1 of 1: a.go:1: want a line that matches ^// SPDX-License-Identifier: Apache-2\.0$`,
		},
		{
			"Go with it in the wrong place", licencesOf,
			map[string]string{"a.go": "package a\n" + licensed},
			report.Fail, `1 of 1: a.go:1: want a line that matches ^// SPDX-License-Identifier: Apache-2\.0$`,
		},
		{
			"C with one licence only", licencesOf,
			map[string]string{c: "// SPDX-License-Identifier: GPL-2.0\n", cmake: dual},
			report.Fail, "1 of 2: provider/rib/rib.c:1: want a line that matches " + providerLicence.String(),
		},
		{
			"a kernel fixture", licencesOf,
			map[string]string{"provider/rib/lab/x.c": "// SPDX-License-Identifier: GPL-2.0\n", "provider/rib/lab/Kbuild": dual},
			report.Fail, "1 of 2: provider/rib/lab/Kbuild:1: want a line that matches " + kernelLicence.String(),
		},
		{
			"C of the tool", licencesOf,
			map[string]string{"mage/x.c": licensed, "mage/x.h": dual},
			report.Fail, "1 of 2: mage/x.h:1: want a line that matches " + toolLicence.String(),
		},
		{
			"CMake without", licencesOf,
			map[string]string{cmake: "rdma_provider(rib rib.c)\n"},
			report.Fail, "1 of 1: provider/rib/CMakeLists.txt:1: want a line that matches " + providerLicence.String(),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wantResult(t, tt.check(newTree(t, tt.files)), tt.status, tt.evidence)
		})
	}
}

func gofmtOf(t tree) report.Result    { return t.gofmt(context.Background()) }
func licencesOf(t tree) report.Result { return t.licences(context.Background()) }

func TestShellcheck(t *testing.T) {
	files := map[string]string{
		"scripts/a b.sh":        "#!/bin/sh\n",
		".ci/run":               "#!/usr/bin/env bash\n",
		"containers/x/entry":    "#!/usr/bin/python3\n",
		"containers/x/setup.sh": "echo\n",
		"scripts/doc.go":        licensed,
		"run":                   "#!/bin/sh\n",
	}
	tr := newTree(t, files)
	m := newScripted([]string{"shellcheck"}, output{})
	wantResult(t, tr.shellcheck(t.Context(), m.machine), report.Pass, "3 scripts")
	want := "shellcheck --external-sources --format=gcc ./.ci/run ./containers/x/setup.sh ./scripts/a b.sh"
	if len(m.commands) != 1 || m.commands[0] != want {
		t.Errorf("ran %q", m.commands)
	}

	m = newScripted([]string{"shellcheck"}, output{"./.ci/run:1:2: note: quote it [SC2086]\n", 1})
	wantResult(t, tr.shellcheck(t.Context(), m.machine), report.Fail, "./.ci/run:1:2: note: quote it [SC2086]")
	m = newScripted([]string{"shellcheck"}, output{"", 4})
	wantResult(t, tr.shellcheck(t.Context(), m.machine), report.Fail, "shellcheck ended with 4")
	wantResult(t, newTree(t, nil).shellcheck(t.Context(), m.machine), report.Fail, "no scripts found to check")
}

func TestWorkflows(t *testing.T) {
	files := map[string]string{
		".github/workflows/ci.yml": "", ".github/dependabot.yml": "",
		"mage/internal/ci/testdata/all.github.yml": "", "mage/internal/ci/testdata/all.gitlab.yml": "",
	}
	tr := newTree(t, files)
	m := newScripted([]string{"shellcheck"}, output{})
	wantResult(t, tr.workflows(t.Context(), m.machine), report.Pass, "2 workflows")
	want := "go run " + actionlint + " -no-color -oneline -pyflakes= .github/workflows/ci.yml mage/internal/ci/testdata/all.github.yml"
	if len(m.commands) != 1 || m.commands[0] != want {
		t.Errorf("ran %q", m.commands)
	}
	const found = `.github/workflows/ci.yml:3:1: unexpected key "job" [syntax-check]`
	m = newScripted([]string{"shellcheck"}, output{"go: downloading x v1\n" + found + "\nexit status 1\n", 1})
	wantResult(t, tr.workflows(t.Context(), m.machine), report.Fail, found)
	// Without shellcheck, actionlint does not look at commands and says nothing.
	m = newScripted(nil, output{})
	wantResult(t, tr.workflows(t.Context(), m.machine), report.Fail,
		"shellcheck is missing: install it from your distribution (Debian: apt-get install shellcheck)")
	wantResult(t, newTree(t, nil).workflows(t.Context(), m.machine), report.Fail, "no workflows found to check")
}

func TestClangFormat(t *testing.T) {
	files := map[string]string{"provider/rib/rib.c": "int x;\n", "provider/rib/rib.h": ""}
	m := newScripted([]string{"clang-format"}, output{})
	wantResult(t, newTree(t, files).clangFormat(t.Context(), m.machine), report.Fail,
		"provider/rib/rib.c: no .clang-format in its directory or above")
	files["provider/.clang-format"] = "BasedOnStyle: LLVM\n"
	files["other/x.c"] = "int   x;"
	wantResult(t, newTree(t, files).clangFormat(t.Context(), m.machine), report.Fail,
		"other/x.c: no .clang-format in its directory or above")
	delete(files, "other/x.c")
	wantResult(t, newTree(t, files).clangFormat(t.Context(), m.machine), report.Pass, "2 C files")
	want := "clang-format --style=file --fallback-style=none --dry-run -Werror ./provider/rib/rib.c ./provider/rib/rib.h"
	if len(m.commands) != 1 || m.commands[0] != want {
		t.Errorf("ran %q", m.commands)
	}
	m = newScripted([]string{"clang-format"}, output{"./provider/rib/rib.c:1:4: error: code should be clang-formatted\n", 1})
	wantResult(t, newTree(t, files).clangFormat(t.Context(), m.machine), report.Fail,
		"./provider/rib/rib.c:1:4: error: code should be clang-formatted")
}

func TestMissingTool(t *testing.T) {
	tr := newTree(t, map[string]string{"scripts/a.sh": ""})
	m := newScripted(nil, output{})
	wantResult(t, tr.shellcheck(t.Context(), m.machine), report.Fail,
		"shellcheck is missing: install it from your distribution (Debian: apt-get install shellcheck)")

	m.install = func(context.Context, string) error { return errors.New("not root") }
	wantResult(t, tr.shellcheck(t.Context(), m.machine), report.Fail,
		"shellcheck is missing and could not be installed: not root")

	m.install = func(context.Context, string) error { return nil }
	got := tr.shellcheck(t.Context(), m.machine)
	if got.State != report.Fail {
		t.Errorf("installed nothing: %+v", got)
	}

	installed := ""
	m.install = func(_ context.Context, pkg string) error {
		installed = pkg
		m.look = func(tool string) bool { return tool == pkg }
		return nil
	}
	m.look = func(tool string) bool { return tool == installed }
	wantResult(t, tr.shellcheck(t.Context(), m.machine), report.Pass, "1 scripts")
	if len(m.commands) != 1 {
		t.Errorf("ran %q", m.commands)
	}
}

func TestVulnerabilities(t *testing.T) {
	tests := []struct {
		name     string
		out      output
		status   report.State
		evidence string
	}{
		{"none", output{"No vulnerabilities found.\n", 0}, report.Pass, "No vulnerabilities found."},
		{
			"found",
			output{"=== Symbol Results ===\n\nVulnerability #1: GO-1\n\nYour code is affected by 1 vulnerability from 1 module.\nexit status 3\n", 1},
			report.Fail, "Your code is affected by 1 vulnerability from 1 module.",
		},
		{
			"a finding that speaks of the network is still a finding",
			output{"Vulnerability #1: connection refused\nexit status 3\n", 1},
			report.Fail, "Vulnerability #1: connection refused",
		},
		{
			"no database",
			output{"govulncheck: fetching vulnerabilities: Get \"https://db\": dial tcp: lookup db: no such host\nexit status 1\n", 1},
			report.Unavailable, "govulncheck: fetching vulnerabilities: Get \"https://db\": dial tcp: lookup db: no such host",
		},
		{
			"another trouble",
			output{"go: downloading x v1\n# m/a\ngovulncheck: loading packages: a.go:1:1: syntax error\nexit status 1\n", 1},
			report.Fail, "govulncheck: loading packages: a.go:1:1: syntax error",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newScripted(nil, tt.out)
			wantResult(t, m.vulnerabilities(t.Context(), ".", ""), tt.status, tt.evidence)
		})
	}
}

func TestLint(t *testing.T) {
	m := newScripted(nil, output{"golangci-lint has version 2\n", 0}, output{"0 issues.\n", 0})
	wantResult(t, m.lint(t.Context(), "."), report.Pass, "0 issues.")
	if m.commands[1] != "go run "+golangciLint+" run --color=never --allow-parallel-runners ./..." {
		t.Errorf("ran %q", m.commands)
	}
	m = newScripted(nil, output{}, output{"a.go:1:1: bad (x)\n1 issues:\n* x: 1\nexit status 1\n", 1})
	wantResult(t, m.lint(t.Context(), "."), report.Fail, "1 issues, first: a.go:1:1: bad (x)")
	m = newScripted(nil, output{}, output{"Error: can't load config: x\nexit status 3\n", 1})
	wantResult(t, m.lint(t.Context(), "."), report.Fail, "Error: can't load config: x")
	m = newScripted(nil, output{"go: x@v2: dial tcp: no such host\n", 1})
	wantResult(t, m.lint(t.Context(), "."), report.Fail, "golangci-lint is not available: go: x@v2: dial tcp: no such host")
}

// TestGoCommands runs the real go on tiny modules that need no other module.
func TestGoCommands(t *testing.T) {
	m := machine{run: runCommand, look: lookPath}
	good := newTree(t, map[string]string{"go.mod": "module m\n\ngo 1.26\n", "a.go": "package a\n"})
	for _, argv := range [][]string{{"vet", "./..."}, {"mod", "tidy", "-diff"}, {"mod", "verify"}} {
		if got := m.goCommand(t.Context(), good.root, argv...); got.State != report.Pass {
			t.Errorf("%v: %+v", argv, got)
		}
	}
	bad := newTree(t, map[string]string{
		"go.mod": "module m\n\ngo 1.26\n",
		"go.sum": "example.com/unused v1.0.0 h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
		"a.go":   "package a\n\nimport \"fmt\"\n\nfunc f() { fmt.Printf(\"%d\", \"x\") }\n",
	})
	for _, argv := range [][]string{{"vet", "./..."}, {"mod", "tidy", "-diff"}} {
		if got := m.goCommand(t.Context(), bad.root, argv...); got.State != report.Fail || got.Output == "" {
			t.Errorf("%v: %+v", argv, got)
		}
	}
	none := newTree(t, nil)
	if got := m.goCommand(t.Context(), none.root, "mod", "verify"); got.State != report.Fail {
		t.Errorf("no module: %+v", got)
	}
}

func TestRunCommand(t *testing.T) {
	if _, err := runCommand(t.Context(), ".", "no-such-program"); err == nil {
		t.Error("no error for a program that is not there")
	}
	out, err := runCommand(t.Context(), ".", "sh", "-c", "echo a; echo b >&2; exit 7")
	if err != nil || out.code != 7 || out.text != "a\nb\n" {
		t.Errorf("got %+v, %v", out, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := runCommand(ctx, ".", "sleep", "1000"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestRun(t *testing.T) {
	check := func(name string, status report.State) Check {
		return Check{name, func(context.Context) report.Result { return report.Result{State: status, Evidence: "e"} }}
	}
	var seen []string
	show := func(r report.Result) { seen = append(seen, fmt.Sprint(r.Name, "=", r.State)) }
	if err := Run(t.Context(), []Check{check("a", report.Pass), check("b", report.Unavailable)}, show); err != nil {
		t.Error(err)
	}
	seen = nil
	err := Run(t.Context(), []Check{check("a", report.Fail), check("b", report.Pass), check("c", report.Fail)}, show)
	failed, ok := errors.AsType[*FailedError](err)
	if !ok || failed.Error() != "2 of 3 checks failed: a, c" {
		t.Errorf("got %v", err)
	}
	if got := strings.Join(seen, " "); got != "a=FAIL b=pass c=FAIL" {
		t.Errorf("reported %s", got)
	}
}

func TestRunStopsWhenInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var got []report.Result
	err := Run(ctx, []Check{
		{"a", func(context.Context) report.Result { cancel(); return passed("all well") }},
		{"b", func(context.Context) report.Result { t.Error("b has run"); return report.Result{} }},
	}, func(r report.Result) { got = append(got, r) })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if len(got) != 1 || got[0].State != report.Fail {
		t.Errorf("an interrupted check has not failed: %+v", got)
	}
}

func TestAllNamesAreDistinct(t *testing.T) {
	var names []string
	for _, c := range All(t.TempDir(), Options{}) {
		if slices.Contains(names, c.Name) || c.Name == "" {
			t.Errorf("name %q", c.Name)
		}
		names = append(names, c.Name)
	}
	want := "gofmt, licence lines, shellcheck, actionlint, clang-format, go mod verify, go mod tidy, go vet, golangci-lint, govulncheck"
	if got := strings.Join(names, ", "); got != want {
		t.Errorf("checks: %s", got)
	}
}
