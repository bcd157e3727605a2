// SPDX-License-Identifier: Apache-2.0

package app

import (
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/pkgfile"
	"github.com/resnics/verbsmith/mage/internal/timing"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

func TestPhaseLine(t *testing.T) {
	s := timing.Stage{Stage: "rpm", Phases: []timing.Share{
		{Phase: timing.Own, Seconds: 0.2},
		{Phase: timing.CopyIn, Seconds: 1.5},
		{Phase: timing.Prep, Seconds: 9},
		{Phase: timing.Compile, Seconds: 62.4},
		{Phase: timing.ManPages, Seconds: 20.04},
		{Phase: timing.Write, Seconds: 0.3},
	}}
	const want = "rpm: compile 1:02, manual pages 20.0 s, prep 9.0 s, copy in 1.5 s, all else 0.5 s"
	if got := phaseLine(s); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	s.Phases = s.Phases[2:3]
	if got := phaseLine(s); got != "rpm: prep 9.0 s" {
		t.Errorf("got %s", got)
	}
}

func TestFilesThatTheProviderAdds(t *testing.T) {
	view := func(name string) dist.PackageView {
		return dist.PackageView{RPM: pkgfile.RPM{Name: name, NEVRA: name + "-1-1"}}
	}
	found := dist.Inspection{
		Packages: []dist.PackageView{view("ibacm"), view("libibverbs"), view("rdma-core-devel")},
		Owners: map[string]string{
			"/etc/libibverbs.d/rib.driver": "libibverbs-1-1", "/usr/lib64/libibverbs/librib-rdmav34.so": "libibverbs-1-1",
			"/a": "rdma-core-devel-1-1", "/b": "rdma-core-devel-1-1", "/c": "rdma-core-devel-1-1", "/d": "rdma-core-devel-1-1", "/e": "rdma-core-devel-1-1",
		},
	}
	const want = "2 files in libibverbs: /etc/libibverbs.d/rib.driver, /usr/lib64/libibverbs/librib-rdmav34.so\n" +
		"5 files in rdma-core-devel: /a, /b, /c, /d and 1 more (inspect lists them)"
	if got := addedFiles(found); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// On a screen the end of rpm has what matters first, and no path that is said already.
func TestEndOfRPM(t *testing.T) {
	b := newTrial(t)
	wide := 0
	b.App.ui = ui.New(ui.Options{Out: &b.out, Err: &b.err, LogDir: t.TempDir(), OutWidth: func() int { return wide }})
	t.Cleanup(b.App.ui.Close)
	b.pipeline.UI = b.App.ui
	for _, wide = range []int{0, 100} {
		b.out.Reset()
		b.said(t, b.RPM(t.Context()), "rdma-core 56.1 for rocky9\n  verdict ", "\n  where ", "packages\n")
		if whole := strings.Contains(b.out.String(), "rdma-core-56.1/RPMS/noarch/tiny-1-1.noarch.rpm |"); whole != (wide == 0) {
			t.Errorf("of %d columns:\n%s", wide, b.out.String())
		}
		for line := range strings.Lines(b.out.String()) {
			if wide > 0 && len([]rune(line)) > wide+1 {
				t.Errorf("too wide: %s", line)
			}
		}
	}
	debs := artifact.Dist{Manifest: artifact.Manifest{Suite: "trixie", Files: []artifact.Output{{Path: "a_1_all.deb"}, {Path: "logs/x"}}}}
	if got := b.verdict(debs); !strings.HasPrefix(got, "built 1 package; go tool mage test:deb") {
		t.Errorf("got %q", got)
	}
}
