// SPDX-License-Identifier: Apache-2.0

package source

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/releasetest"
	"github.com/resnics/verbsmith/specs/rpmspec"
)

// TestPrepByDistro reads one source package as each distro's rpm does.
func TestPrepByDistro(t *testing.T) {
	files := releasetest.PackageFiles(t)
	files["rdma-core.spec"] = strings.Replace(releasetest.PackageSpec, "%autosetup -p1", "%setup -q\n%autopatch -p1 1", 1)
	f, j := packageJob(t, releasetest.SourceRPM(t, "a.src.rpm", files))
	var log bytes.Buffer
	f.Log = slog.New(slog.NewTextHandler(&log, nil))
	for name, want := range map[string]struct {
		patches, standin string
		warned           bool
	}{
		"rocky8":  {"one.patch three.patch", "4.16.1.2", false},
		"rocky9":  {"one.patch three.patch", "4.18.0", true},
		"rocky10": {"one.patch", "4.20.1", false},
	} {
		d, err := releasetest.Distros(t).Find(name)
		if err != nil {
			t.Fatal(err)
		}
		d.StandinRPM = want.standin
		log.Reset()
		j.Target = job.RPM{Distro: d}
		src, err := f.Source(t.Context(), j)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(src.Package.Patches, " "); got != want.patches {
			t.Errorf("%s: applies %s, want %s", name, got, want.patches)
		}
		if got := strings.Contains(log.String(), "the stand-in's rpm reads %prep differently"); got != want.warned {
			t.Errorf("%s: warned of the stand-in: %v\n%s", name, got, &log)
		}
	}
}

// TestRefusedByDistro has the line and the version of rpm in the error.
func TestRefusedByDistro(t *testing.T) {
	files := releasetest.PackageFiles(t)
	files["rdma-core.spec"] = strings.Replace(releasetest.PackageSpec, "%autosetup -p1", "%setup -q\n%patch 9999 -p1", 1)
	f, j := packageJob(t, releasetest.SourceRPM(t, "a.src.rpm", files))
	for name, want := range map[string]string{
		"rocky8":  "none without a number, which rpm 4.14.3 uses without -P",
		"rocky9":  "none with the number 0, which rpm 4.16.1.3 uses without -P",
		"rocky10": "",
	} {
		d, err := releasetest.Distros(t).Find(name)
		if err != nil {
			t.Fatal(err)
		}
		j.Target = job.RPM{Distro: d}
		_, err = f.Source(t.Context(), j)
		var place *rpmspec.PlaceError
		switch {
		case want == "" && err == nil:
		case want == "" || !errors.As(err, &place) || place.Line != 18 || !strings.Contains(err.Error(), want):
			t.Errorf("%s: %v, want line 18 and %q", name, err, want)
		}
	}
}
