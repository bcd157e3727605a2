// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/specs"
)

// Whatever a guest's disk is made of changes its key.
func TestGuestKeyHasEachField(t *testing.T) { stagetest.EachFieldCounts(t, guestInput{}) }

// Debian's packages are unpacked for their own processor, and RPMs are installed. Each has a disk of its own.
func TestGuestOf(t *testing.T) {
	rpms := artifact.Dist{Manifest: artifact.Manifest{Distro: "rocky9", Release: "56.1"}}
	debs := artifact.Dist{Manifest: artifact.Manifest{Distro: "debian", Suite: "bookworm", Release: "56.1"}}
	seen := map[string]bool{}
	for _, tt := range []struct {
		dist artifact.Dist
		job  job.Job
		want string
	}{
		{rpms, job.Job{}, "lab-install.sh /rpms /guest/root.tar"},
		{debs, job.Job{}, "lab-unpack-debs.sh /debs /guest/root.tar amd64"},
		{debs, job.Job{Cross: specs.AArch64}, "lab-unpack-debs.sh /debs /guest/root.tar arm64"},
	} {
		engine := &stagetest.Engine{}
		b := &Bench{Runner: stagetest.NewRunner(t, engine)}
		base := artifact.Base{Folder: tt.dist.Manifest.Distro, Minimal: "sha256:minimal"}
		guest, err := b.Guest(t.Context(), tt.job, base, []artifact.Dist{tt.dist}, artifact.Lab{ID: "sha256:lab"})
		if err != nil {
			t.Fatal(err)
		}
		guest.Release()
		first := engine.Runs()[0]
		if argv := strings.Join(first.Argv, " "); !strings.HasSuffix(argv, "/verbsmith/"+tt.want) || first.Image != "sha256:minimal" {
			t.Errorf("%s runs in %s, want %s", argv, first.Image, tt.want)
		}
		_, volume, _ := strings.Cut(guest.Volume, "-disk-") // behind the cache directory's own
		if seen[volume] {
			t.Errorf("%s: two guests have the volume %s", tt.want, guest.Volume)
		}
		seen[volume] = true
	}
}
