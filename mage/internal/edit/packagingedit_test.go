// SPDX-License-Identifier: Apache-2.0

package edit

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/examine"
	"github.com/resnics/verbsmith/specs"
	"github.com/resnics/verbsmith/specs/debianpkg"
	"github.com/resnics/verbsmith/specs/rpmspec"
)

const upstreamsSpec = `Name: rdma-core
Version: 56.1
Source: rdma-core-%{version}.tgz

%package -n libibverbs
Provides: libmlx4 = %{version}-%{release}
Obsoletes: libmlx4 < %{version}-%{release}

%description -n libibverbs
- libmlx4: Mellanox ConnectX-3 InfiniBand HCA

%prep
%setup
`

// TestPackagingThatIsNotThere: RPMs need redhat/ alone, Debian's packages debian/.
func TestPackagingThatIsNotThere(t *testing.T) {
	rib, err := provider.Load(t.Context(), filepath.Join("..", "..", "..", "provider", "rib"))
	if err != nil {
		t.Fatal(err)
	}
	const noPlace = "Name: rdma-core\n%description\n"
	for _, tt := range []struct {
		name    string
		files   map[string]string
		of      *artifact.SourcePackage
		skipped string
		deb     string // what deb's refusal has to say; "" if debian/ is not looked at
		fails   bool
	}{
		{name: "nothing", skipped: "redhat/rdma-core.spec suse/rdma-core.spec debian/control", deb: "debian/control: want this file of the release, got none"},
		{name: "redhat alone", files: map[string]string{artifact.ReleaseSpec: upstreamsSpec}, skipped: "suse/rdma-core.spec debian/control", deb: "got none"},
		{
			name: "no place for SUSE", files: map[string]string{artifact.ReleaseSpec: upstreamsSpec, artifact.SUSESpec: noPlace},
			skipped: "suse/rdma-core.spec debian/control", deb: "got none",
		},
		{
			name: "a renamed package of Debian's", files: map[string]string{
				artifact.ReleaseSpec: upstreamsSpec, "debian/control": "Source: rdma-core\n\nPackage: acme-providers\nDescription: x\n y\n",
			},
			skipped: "suse/rdma-core.spec debian/control debian/copyright debian/ibverbs-providers.install debian/libibverbs-dev.install",
			deb:     `want one paragraph "Package: ibverbs-providers", got none`,
		},
		{name: "no place for RPMs", files: map[string]string{artifact.ReleaseSpec: noPlace}, fails: true},
		{name: "a distro's package", of: &artifact.SourcePackage{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range tt.files {
				if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			tree, err := provider.OpenTree(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer tree.Close()
			var result provider.Result
			err = integrateInput{Provider: rib, Source: artifact.Source{Version: "56.1", Package: tt.of}}.editPackaging(tree, nil, &result, logStage(t))
			if _, place := errors.AsType[*rpmspec.PlaceError](err); place != tt.fails || (err != nil) != tt.fails {
				t.Fatalf("got %v", err)
			}
			var files []string
			for _, s := range result.Skipped {
				files = append(files, s.File)
			}
			if got := strings.Join(files, " "); !tt.fails && got != tt.skipped {
				t.Errorf("skipped %s, want %s", got, tt.skipped)
			}
			err = refuseSkipped(artifact.Tree{Result: result}, artifact.DebianDir)
			if tt.deb == "" && err != nil || tt.deb != "" && (err == nil || !strings.Contains(err.Error(), tt.deb)) {
				t.Errorf("deb: %v, want %q", err, tt.deb)
			}
		})
	}
}

// TestSkippedIsSaid has a warning for each edit that was not made, with who needs it.
func TestSkippedIsSaid(t *testing.T) {
	var log bytes.Buffer
	e := &Editor{Runner: &stage.Runner{Log: slog.New(slog.NewTextHandler(&log, nil))}}
	e.warnOfSkipped(t.Context(), job.Job{}, artifact.Tree{Result: provider.Result{Skipped: []provider.Skipped{
		{File: provider.Readme, Why: "a"}, {File: artifact.SUSESpec, Why: "b"}, {File: artifact.ReleaseSpec, Why: "c"}, {File: "debian/rules", Why: "d"},
	}}})
	for _, want := range []string{
		`"no edit in README.md: no package needs it" because=a`, `"no edit in suse/rdma-core.spec: only packages for SUSE need it" because=b`,
		`"no edit in redhat/rdma-core.spec: only RPMs need it" because=c`, `"no edit in debian/rules: only deb needs it" because=d`,
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("want %s in\n%s", want, &log)
		}
	}
}

// TestSkippedIsSaidOnce: what deb refuses, and what follows from a licence that was told of,
// has no warning as well.
func TestSkippedIsSaidOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "fly")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "..", "provider", "rib"))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "own.h"), []byte("// SPDX-License-Identifier: GPL-2.0 OR Beerware\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	wrong := examine.Examine(t.Context(), dir).Provider
	for name, tt := range map[string]struct {
		job  job.Job
		want []string // the files that are warned of
	}{
		"patch":           {job.Job{}, []string{debianpkg.Copyright, debianpkg.Rules, artifact.SUSESpec}},
		"deb":             {job.Job{Target: job.Deb{Suite: specs.Suite{Name: "bookworm"}}}, []string{artifact.SUSESpec}},
		"a wrong licence": {job.Job{Provider: wrong}, []string{debianpkg.Rules, artifact.SUSESpec}},
	} {
		var log bytes.Buffer
		e := &Editor{Runner: &stage.Runner{Log: slog.New(slog.NewTextHandler(&log, nil))}}
		var skips []provider.Skipped
		for _, file := range []string{debianpkg.Copyright, debianpkg.Rules, artifact.SUSESpec} {
			skips = append(skips, provider.Skipped{File: file, Why: "x"})
		}
		e.warnOfSkipped(t.Context(), tt.job, artifact.Tree{Result: provider.Result{Skipped: skips}})
		for _, skip := range skips {
			if got := strings.Contains(log.String(), skip.File); got != slices.Contains(tt.want, skip.File) {
				t.Errorf("%s: warned of %s: %v", name, skip.File, got)
			}
		}
	}
}

// TestNoSpec tells how to give one.
func TestNoSpec(t *testing.T) {
	err := newSpecInput(job.Job{}, artifact.Source{Tree: t.TempDir()}).Make(t.Context(), &stage.Work{Dir: t.TempDir()})
	advice, ok := errors.AsType[*stage.AdviceError](err)
	if !ok || !errors.Is(err, errNoSpec) || !strings.Contains(advice.What, "-source=FILE.src.rpm") || !strings.Contains(advice.What, artifact.ReleaseSpec) {
		t.Errorf("got %v", err)
	}
}
