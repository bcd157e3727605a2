// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/specs"
	"github.com/resnics/verbsmith/specs/rpmspec"
)

func distros(t *testing.T) *specs.Distros {
	t.Helper()
	ds, err := specs.LoadDistros(os.DirFS("../../../specs"))
	if err != nil {
		t.Fatal(err)
	}
	return ds
}

// TestPrepByDistro reads one source package as each distro's rpm does, and wants our patch
// to be applied once in each.
func TestPrepByDistro(t *testing.T) {
	files := distroFiles(t)
	files["rdma-core.spec"] = strings.Replace(distroSpec, "%autosetup -p1", "%setup -q\n%autopatch -p1 1", 1)
	p, j := packageJob(t, sourceRPM(t, "a.src.rpm", files))
	var log bytes.Buffer
	p.Log = slog.New(slog.NewTextHandler(&log, nil))
	for name, want := range map[string]struct {
		patches string
		ours    bool // has a %patch of its own
	}{
		"rocky8":  {"one.patch three.patch", false},
		"rocky9":  {"one.patch three.patch", false},
		"rocky10": {"one.patch", true},
	} {
		d, err := distros(t).Find(name)
		if err != nil {
			t.Fatal(err)
		}
		log.Reset()
		j.Target = job.RPM{Distro: d}
		src, err := p.Source(t.Context(), j)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(src.Package.Patches, " "); got != want.patches {
			t.Errorf("%s: applies %s, want %s", name, got, want.patches)
		}
		spec, err := p.Spec(t.Context(), j, src)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(spec.Diff, "+%patch -P 10000 -p1"); got != want.ours {
			t.Errorf("%s: the spec's difference:\n%s", name, spec.Diff)
		}
		// The stand-ins' rpm is newer than 4.16: it reads as EL 10's does.
		if got := strings.Contains(log.String(), "the stand-in's rpm reads %prep differently"); got == want.ours {
			t.Errorf("%s: warned of the stand-in: %v\n%s", name, got, &log)
		}
	}
}

// TestRefusedByDistro has the line and the version of rpm in the error.
func TestRefusedByDistro(t *testing.T) {
	files := distroFiles(t)
	files["rdma-core.spec"] = strings.Replace(distroSpec, "%autosetup -p1", "%setup -q\n%patch 9999 -p1", 1)
	p, j := packageJob(t, sourceRPM(t, "a.src.rpm", files))
	for name, want := range map[string]string{
		"rocky8":  "none without a number, which rpm 4.14.3 uses without -P",
		"rocky9":  "none with the number 0, which rpm 4.16.1.3 uses without -P",
		"rocky10": "",
	} {
		d, err := distros(t).Find(name)
		if err != nil {
			t.Fatal(err)
		}
		j.Target = job.RPM{Distro: d}
		_, err = p.Source(t.Context(), j)
		var place *rpmspec.PlaceError
		switch {
		case want == "" && err == nil:
		case want == "" || !errors.As(err, &place) || place.Line != 18 || !strings.Contains(err.Error(), want):
			t.Errorf("%s: %v, want line 18 and %q", name, err, want)
		}
	}
}
