// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

// directory is one of dist/ with these files.
func directory(t *testing.T, m artifact.Manifest, files ...artifact.Output) artifact.Dist {
	t.Helper()
	d := artifact.Dist{Dir: t.TempDir(), Manifest: m}
	for _, f := range files {
		d.Manifest.Files = append(d.Manifest.Files, f)
		if err := os.WriteFile(filepath.Join(d.Dir, f.Path), []byte(f.Path), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func rpm(name, version string) artifact.Output {
	return artifact.Output{Path: name + "-" + version + ".x86_64.rpm", NEVRA: name + "-" + version + ".x86_64"}
}

func rpms(t *testing.T, version string) artifact.Dist {
	t.Helper()
	return directory(t, artifact.Manifest{Release: "56.1"},
		rpm("libibverbs", version), rpm("libibverbs-debuginfo", version), artifact.Output{Path: "rdma-core.src.rpm"})
}

func debs(t *testing.T, version string) artifact.Dist {
	t.Helper()
	return directory(t, artifact.Manifest{Release: "56.1", Suite: "trixie"},
		artifact.Output{Path: "libibverbs1_" + version + "_amd64.deb"}, artifact.Output{Path: "libibverbs1-dbgsym_" + version + "_amd64.deb"},
		artifact.Output{Path: "rdma-core_" + version + ".dsc"}, artifact.Output{Path: "rdma-core_56.1.orig.tar.gz"},
		artifact.Output{Path: "deb.log"})
}

func toolchain() artifact.Toolchain {
	return artifact.Toolchain{ID: "sha256:tools", Base: artifact.Base{Minimal: "sha256:minimal", Folder: "rocky9", Local: true}}
}

// ask asks about packages with an engine in which the script of a result says what says has for it, "!" at its front to fail.
func ask(t *testing.T, c Case, says map[string]string) (report.Suite, []stagetest.Run, error) {
	t.Helper()
	engine := &stagetest.Engine{Answer: func(run stagetest.Run) (containers.Result, error) {
		for name, text := range says {
			if strings.Contains(strings.Join(run.Argv, " "), name) {
				failing := strings.HasPrefix(text, "!")
				_, _ = run.Log.Write([]byte(strings.TrimPrefix(text, "!")))
				if failing {
					return containers.Result{ExitCode: 1}, nil
				}
			}
		}
		return containers.Result{}, nil
	}}
	j := &Judge{Runner: stagetest.NewRunner(t, engine), Tools: "sha256:judges"}
	suite, err := j.Packages(t.Context(), c)
	return suite, engine.Runs(), err
}

func states(s report.Suite) map[string]report.State {
	all := map[string]report.State{}
	for _, r := range s.Results {
		all[r.Name] = r.State
	}
	return all
}

func TestPackages(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    Case
		says map[string]string
		want map[string]report.State
	}{
		{
			"all is well",
			Case{Ours: rpms(t, "56.1-1"), Stock: rpms(t, "56.1-1")},
			nil,
			map[string]report.State{"rpmlint": "pass", "abi": "pass", "repoclosure": "pass", "exchange": "pass"},
		},
		{
			"what rpmlint says of both",
			Case{Ours: rpms(t, "56.1-1"), Stock: rpms(t, "56.1-1")},
			map[string]string{"rpmlint": "== /judged/ours\nlibibverbs.x86_64: E: odd a\n== /judged/stock\nlibibverbs.x86_64: E: odd b\n"},
			map[string]report.State{"rpmlint": "pass", "abi": "pass", "repoclosure": "pass", "exchange": "pass"},
		},
		{
			"what rpmlint says of ours alone",
			Case{Ours: rpms(t, "56.1-1"), Stock: rpms(t, "56.1-1")},
			map[string]string{"rpmlint": "== /judged/ours\nlibibverbs.x86_64: E: odd a\n== /judged/stock\n"},
			map[string]report.State{"rpmlint": "FAIL", "abi": "pass", "repoclosure": "pass", "exchange": "pass"},
		},
		{
			"another ABI, and an unmet dependency",
			Case{Ours: rpms(t, "56.1-1"), Stock: rpms(t, "56.1-1")},
			map[string]string{"packages.sh abi": "!evidence: changed", "closure.sh": "!evidence: nothing"},
			map[string]report.State{"rpmlint": "pass", "abi": "FAIL", "repoclosure": "FAIL", "exchange": "pass"},
		},
		{
			"Debian's",
			Case{Ours: debs(t, "56.1-1+by"), Stock: debs(t, "56.1-1")},
			map[string]string{"check-build.sh": "!evidence: symbols"},
			map[string]report.State{"abi": "pass", "exchange": "pass", "check-build": "FAIL"},
		},
	} {
		tt.c.Toolchain, tt.c.Driver = toolchain(), "/etc/libibverbs.d/fly.driver"
		suite, runs, err := ask(t, tt.c, tt.says)
		if got := states(suite); !maps.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
		failed := slices.Contains(slices.Collect(maps.Values(tt.want)), report.Fail)
		if _, ok := errors.AsType[*report.FailedError](err); ok != failed {
			t.Errorf("%s: the error is %v", tt.name, err)
		}
		for _, run := range runs {
			if run.Network {
				t.Errorf("%s: %q has a network", tt.name, run.Argv)
			}
		}
	}
}

// libabigail reads debugging data; a package manager installs none.
func TestWhatGoesIn(t *testing.T) {
	for _, c := range []Case{{Ours: rpms(t, "56.1-1"), Stock: rpms(t, "56.1-1")}, {Ours: debs(t, "2"), Stock: debs(t, "1")}} {
		c.Toolchain = toolchain()
		_, runs, err := ask(t, c, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, run := range runs {
			line, debug := strings.Join(run.Argv, " "), false
			for name := range run.Files {
				debug = debug || strings.Contains(name, "-debuginfo") || strings.Contains(name, "-dbgsym")
			}
			if want := strings.Contains(line, " abi "); debug != want {
				t.Errorf("%s: debugging data %t, want %t", line, debug, want)
			}
		}
	}
}

// dnf has a word of its own for each way.
func TestSteps(t *testing.T) {
	for _, tt := range []struct{ ours, stock, there, back string }{
		{"56.1-1.el9.rib1", "56.1-1.el9", "upgrade", "downgrade"},
		{"56.1-1.el9", "56.1-1.el9", "reinstall", "reinstall"},
		{"55.0-1.el9", "56.1-1.el9", "downgrade", "upgrade"},
	} {
		there, back := steps(rpms(t, tt.ours), rpms(t, tt.stock))
		if there != tt.there || back != tt.back {
			t.Errorf("from %s to %s: got %s and %s", tt.stock, tt.ours, there, back)
		}
	}
}

func TestNoPackages(t *testing.T) {
	c := Case{Ours: rpms(t, "1-1"), Stock: directory(t, artifact.Manifest{}), Toolchain: toolchain()}
	if _, runs, err := ask(t, c, nil); !errors.Is(err, ErrEmpty) || len(runs) > 0 {
		t.Errorf("got %v and %d containers", err, len(runs))
	}
}

func TestFindings(t *testing.T) {
	const output = `== /judged/ours
libibverbs.x86_64: W: no-documentation
libibverbs.x86_64: E: non-versioned-file-in-library-package /etc/libibverbs.d/rib.driver
rdma-core.spec:12: W: rpm-buildroot-usage %build
 2 packages and 0 specfiles checked; 1 errors, 2 warnings
== /judged/stock
libibverbs.x86_64: W: no-documentation
`
	ours, stock := findings(output)
	want := []finding{
		{"libibverbs", "W", "no-documentation", ""},
		{"libibverbs", "E", "non-versioned-file-in-library-package", "/etc/libibverbs.d/rib.driver"},
		{"rdma-core", "W", "rpm-buildroot-usage", "%build"},
	}
	if !slices.Equal(ours, want) || !slices.Equal(stock, want[:1]) {
		t.Errorf("got %q and %q", ours, stock)
	}
	if own := without(ours, stock); !slices.Equal(own, want[1:]) {
		t.Errorf("the provider's own are %q", own)
	}
}
