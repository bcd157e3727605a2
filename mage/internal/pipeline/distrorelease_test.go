// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"bytes"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

// Packages that the distro's next update replaces come with a warning that says what to choose.
func TestRPMWarnsOfANewerDistro(t *testing.T) {
	t.Parallel()
	for evr, warns := range map[string]bool{"0:57.0-2.el9": true, "0:0.1-1.el9": false, "": false} {
		b := newKitchen(t)
		answer, log := b.engine.Answer, &bytes.Buffer{}
		b.Runner.Log = slog.New(slog.NewTextHandler(log, nil))
		b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
			result, err := answer(run)
			for _, out := range run.Outputs {
				switch path.Base(out.Path) {
				case "RPMS":
					rpmtest.WriteNamed(t, filepath.Join(out.Dir, "noarch", "libibverbs-1-1.noarch.rpm"), "libibverbs")
				case "distro":
					err = os.WriteFile(filepath.Join(out.Dir, "libibverbs"), []byte(evr+"\n"), 0o600)
				}
			}
			return result, err
		}
		if err := b.Do(t.Context(), ForRPM, NewState(b.job)); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"libibverbs 57.0-2.el9 is newer than 1-1", "dnf upgrade takes the provider away", "-rdma=57.0, the distro's source package with -source, rpm:addon"} {
			if strings.Contains(log.String(), want) != warns {
				t.Errorf("the distro has %q: said\n%s\nwant %q: %t", evr, log, want, warns)
			}
		}
	}
}
