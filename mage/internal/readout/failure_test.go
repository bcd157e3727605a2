// SPDX-License-Identifier: Apache-2.0

package readout_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/lab"
	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/mage/internal/page"
	"github.com/resnics/verbsmith/mage/internal/page/pagetest"
	"github.com/resnics/verbsmith/mage/internal/patchset"
	"github.com/resnics/verbsmith/mage/internal/readout"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
	"github.com/resnics/verbsmith/specs/edit"
)

// firstScreen is how many lines of text a reader sees without scrolling.
const firstScreen = 40

// shown is a page about a failed run, as lines.
func shown(t *testing.T, target string, err error, source func(string) []byte) []string {
	t.Helper()
	u := ui.New(ui.Options{})
	defer u.Close()
	part := readout.Failed(readout.Run{Target: target, Failures: u.Failures(err), Source: source, Log: "report.log"})
	data, err := page.HTML(page.Page{Title: part.Verdict, About: page.About{Target: target, State: part.State}, Parts: []page.Part{part}}, strings.Clone)
	if err != nil {
		t.Fatal(err)
	}
	return pagetest.Check(t, data)
}

// built is the error of a stage whose container has printed text.
func built(t *testing.T, name, text string) error {
	t.Helper()
	log := filepath.Join(t.TempDir(), "05-"+name+".log")
	if err := os.WriteFile(log, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return &stage.Error{Name: name, Log: log, Err: &containers.RunError{
		Name: name, Image: "verbsmith/toolchain", Command: []string{"/builder/rpm-build.sh"}, Status: 1, Lines: lines[max(len(lines)-20, 0):], Log: log,
	}}
}

// failed is the error of a verdict.
func failed(name, title, evidence, output string) error {
	return &stage.Error{Name: "prove", Err: &report.FailedError{Failed: []report.Result{
		{Name: name, Title: title, State: report.Fail, Evidence: evidence, Output: output},
	}}}
}

// brokenManifest is the error about a provider's manifest with a wrong line, and its directory.
func brokenManifest(t *testing.T) (string, error) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "fly")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "provider", "rib", provider.ManifestName))
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("constant: RDMA_DRIVER_RIB"), []byte("constant: rib id"), 1)
	if err := os.WriteFile(filepath.Join(dir, provider.ManifestName), text, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = provider.Load(t.Context(), dir)
	if err == nil {
		t.Fatal("a broken manifest is loaded")
	}
	return dir, err
}

// A reader of the first screen knows the cause, whatever has failed.
func TestCauseIsOnTheFirstScreen(t *testing.T) {
	_, manifest := brokenManifest(t)
	noise := strings.Repeat("[1/90] Building C object x.o\n/usr/bin/cc -c a.c\n", 200)
	for _, tt := range []struct {
		name, target string
		err          error
		wants        []string // the first is in the heading
	}{
		{
			"a compile error", "rpm", built(t, "rpm", noise+"providers/fly/fly.c:120:9: error: 'foo' undeclared (first use in this function)\n"+
				"  120 |         foo = 1;\n      |         ^~~\nninja: build stopped: subcommand failed.\n"),
			[]string{"'foo' undeclared", "line 120 of providers/fly/fly.c", "foo = 1;", "mend the line", "exit code", "report.log"},
		},
		{
			"a compile error that another release's driver.h explains", "rpm", built(t, "rpm",
				"providers/fly/fly.c:12:2: error: too few arguments to function 'ibv_cmd_create_qp_ex2'\n   12 |  ibv_cmd_create_qp_ex2(a);\n"),
			[]string{"too few arguments", "line 12 of providers/fly/fly.c", "ibv_cmd_create_qp_ex2 has"},
		},
		{
			"a symbol that no object has", "rpm", built(t, "rpm", noise+"/usr/bin/ld: providers/fly/fly.c:44: undefined reference to `fly_open'\ncollect2: error: ld returned 1\n"),
			[]string{"a symbol is unresolved in line 44 of providers/fly/fly.c", "fly_open"},
		},
		{
			"missing BuildRequires", "rpm", built(t, "toolchain", "error: Failed build dependencies:\n\tlibfly-devel >= 2 is needed by rdma-core-56.1-1.x86_64\n"),
			[]string{"a package that the build needs is missing", "libfly-devel >= 2 is needed by"},
		},
		{
			"a package that no repository has", "rpm", built(t, "toolchain", " Problem: nothing provides libfly needed by fly-1\n"),
			[]string{"a package that the build needs is missing", "nothing provides libfly"},
		},
		{"a wrong sum", "rpm", &stage.Error{Name: "source", Err: &upstream.SumError{
			Version: "56.1", File: "rdma-core-56.1.tar.gz", Got: "bad0", Want: []upstream.Candidate{{Origin: "release-asset", SHA256: "900d"}},
		}}, []string{"is not the known one: its SHA-256 differs", "got bad0", "want 900d (release-asset)"}},
		{
			"an unresolved symbol", "test:integration", failed("loads", "the module loads with no unresolved symbol", "undefined symbol: fly_open", "LD_BIND_NOW=1\nundefined symbol: fly_open"),
			[]string{"a symbol that it needs is unresolved (undefined symbol: fly_open)", "LD_BIND_NOW=1"},
		},
		{
			"a foreign ABI", "test:integration", failed("foreign-abi", "a foreign kernel ABI is refused", "fly0 is listed with the kernel ABI 9999", "device\nfly0"),
			[]string{"the provider accepts a kernel ABI that it was not made for", "kernel ABI 9999"},
		},
		{
			"another private ABI", "test:addon", failed("private-abi", "provider and libibverbs have the same private ABI", "59 and 34", ""),
			[]string{"another private ABI than that of libibverbs", "59 and 34"},
		},
		{
			"packages that cannot be installed", "test:deb", failed("install", "apt installs the packages, dependencies resolved", "libnl is missing", "E: unmet"),
			[]string{"the packages cannot be installed", "libnl is missing", "E: unmet"},
		},
		{
			"a full disk", "deb", &stage.Error{Name: "source", Err: &stagecache.SpaceError{Dir: "/cache", Stage: "source", Err: syscall.ENOSPC}},
			[]string{"a disk is full: that of the cache, /cache", "free some"},
		},
		{
			"the engine's full disk", "rpm", built(t, "rpm", noise+"a.c:1:1: error: x\n/tmp/cc1.s: No space left on device\n"),
			[]string{"a disk is full: the engine's", "free space on the engine's disk"},
		},
		{
			"an interrupt", "rpm", fmt.Errorf("stopped: interrupt: %w", &stage.Error{Name: "rpm", Err: context.Canceled}),
			[]string{"was stopped, in stage rpm", "ended before it was done (stopped: interrupt", "run it again"},
		},
		{"a guest's panic", "test:kernel", &stage.Error{Name: "boot", Err: &lab.GuestError{Outcome: lab.Outcome{
			Running: lab.Record{Case: "rc-pingpong", Device: "fly0"}, Trouble: []string{"Kernel panic - not syncing: Fatal exception"}, Tail: []string{"RIP: fly_poll"},
		}}}, []string{"Kernel panic - not syncing: Fatal exception, in case rc-pingpong on fly0", "RIP: fly_poll"}},
		{"a wrong line of a manifest", "rpm", manifest, []string{"provider.yaml is invalid: driverID.constant: want", "provider.yaml:"}},
		{
			"a mistake in the provider's source", "rpm", &provider.SourceError{File: "fly/fly.c", Line: 9, Want: "PROVIDER_DRIVER", Got: "nothing"},
			[]string{"line 9 of fly/fly.c is wrong: want PROVIDER_DRIVER, got nothing"},
		},
		{
			"a patch that does not apply", "rpm", &stage.Error{Name: "patch", Err: &patchset.ConflictError{File: "CMakeLists.txt", Line: 700, Want: "add_subdirectory(a)", Got: "add_subdirectory(b)"}},
			[]string{"the patch does not apply to CMakeLists.txt:700", "want add_subdirectory(a), got add_subdirectory(b)"},
		},
		{"a distro's patch that does not apply", "rpm", &stage.Error{Name: "source", Err: &patchset.HunkError{
			Patch: "0001-x.patch", Line: 12, File: "verbs.c", Hunk: 2, Want: "int a;", Got: "int b;",
		}}, []string{"the patch 0001-x.patch does not apply to verbs.c", "hunk 2: want int a;, got int b;"}},
		{
			"no engine", "rpm", &containers.UnreachableError{Host: "unix:///var/run/docker.sock", Err: errors.New("connection refused")},
			[]string{"no container engine answers at unix:///var/run/docker.sock", "What to do", "start it"},
		},
		{
			"a registry that refuses", "rpm", &stage.Error{Name: "base", Err: &containers.PullError{Ref: "rockylinux/rockylinux:9", Reason: containers.RateLimited}},
			[]string{"rockylinux/rockylinux:9 cannot be pulled: its registry limits the number of pulls", "docker login"},
		},
		{
			"a spec without a place", "rpm", &stage.Error{Name: "spec", Err: &edit.PlaceError{File: "redhat/rdma-core.spec", Line: 88, LookedFor: "%files -n libibverbs", Found: "%files"}},
			[]string{"redhat/rdma-core.spec:88 has no place for an edit: want %files -n libibverbs"},
		},
		{
			"an unknown release", "rpm", &specs.UnknownError{Kind: "release", Name: "9.9", Known: []string{"56.1", "57.0"}},
			[]string{`there is no release "9.9"`, "known are 56.1, 57.0"},
		},
		{"a lock", "deb", fmt.Errorf("use the directory of outputs: %w", &owned.BusyError{Dir: "dist"}), []string{"another run uses dist"}},
		{"a lock of the cache", "deb", &stagecache.BusyError{What: "rpm/0a", Holder: "pid 12 (mage rpm)"}, []string{"does not let go of rpm/0a (pid 12 (mage rpm))"}},
		{"no memory", "rpm", &stage.Error{Name: "rpm", Err: &containers.RunError{
			Name: "rpm", Command: []string{"x"}, Status: 137, Limit: &containers.LimitError{Limit: containers.LimitMemory, Value: "16 GiB"},
		}}, []string{"out of memory", "limit: 16 GiB", "137 (killed, possibly out of memory)", "VERBSMITH_MAX_MEMORY"}},
		{"a damaged archive", "rpm", &upstream.ArchiveError{Archive: "x.tar.gz", Reason: "the archive is truncated"}, []string{"damaged", "the archive is truncated"}},
		{
			"a download", "rpm", &upstream.DownloadError{URL: "https://user:hunter2@host/x", Status: 500, Reason: "no data from the server for 60s"},
			[]string{"a download failed", "no data from the server for 60s"},
		},
		{"what nobody has thought of", "rpm", errors.New("the moon is full"), []string{"the moon is full"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lines := shown(t, tt.target, tt.err, nil)
			head := lines[1]
			if !strings.HasPrefix(head, "✗ "+tt.target+" ") && !strings.HasPrefix(head, "■ "+tt.target+" ") || !strings.Contains(head, tt.wants[0]) {
				t.Errorf("the heading is %q, want %q in it", head, tt.wants[0])
			}
			screen := strings.Join(lines[:min(len(lines), firstScreen)], "\n")
			for _, want := range tt.wants {
				if !strings.Contains(screen, want) {
					t.Errorf("want %q on the first screen:\n%s", want, screen)
				}
			}
			if all := strings.Join(lines, "\n"); strings.Contains(all, "hunter2") {
				t.Errorf("a password is shown:\n%s", all)
			}
		})
	}
}

// The line that is wrong is shown with those around it, from the file to edit.
func TestSourceLines(t *testing.T) {
	text := "one\ntwo\nint three = foo;\nfour\nfive\nsix\n"
	source := func(file string) []byte {
		if file != "providers/fly/fly.c" {
			t.Errorf("%s is asked for", file)
		}
		return []byte(text)
	}
	err := built(t, "rpm", "providers/fly/fly.c:3:13: error: no foo\n  120 | as gcc shows it\n")
	lines := shown(t, "rpm", err, source)
	at := slices.Index(lines, "1one")
	want := []string{"1one", "2two", "3int three = foo;", "^", "4four", "5five"}
	if at < 0 || !slices.Equal(lines[at:at+len(want)], want) {
		t.Errorf("got %q", lines)
	}
	dir, manifest := brokenManifest(t)
	lines = shown(t, "rpm", manifest, func(file string) []byte {
		data, err := os.ReadFile(file)
		if err != nil || filepath.Dir(file) != dir {
			t.Errorf("%s: %v", file, err)
		}
		return data
	})
	if !strings.Contains(strings.Join(lines, "\n"), "constant: rib id\n^") {
		t.Errorf("got %q", lines)
	}
}

// Of several failures each has its place, the first one first.
func TestSeveralFailures(t *testing.T) {
	err := errors.Join(built(t, "rpm", "a.c:1:1: error: first\n"), built(t, "deb", "b.c:2:1: error: second\n"))
	lines := shown(t, "rpm:addon", err, nil)
	text := strings.Join(lines, "\n")
	if !strings.Contains(lines[1], "first") || !strings.Contains(text, "1 more failure is below") || strings.Index(text, "a.c:1:1") > strings.Index(text, "b.c:2:1") {
		t.Errorf("got %s", text)
	}
}
