// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/lab"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/provider"
)

func TestStepsCountsCasesPerDevice(t *testing.T) {
	plan := lab.Plan{
		Devices: lab.Devices("rib", 21),
		Cases:   []string{"claimed", "renamed", lab.CaseRate},
	}
	if n := steps(plan); n != 4 {
		t.Errorf("got %d, want 2 for claimed, 1 for renamed, 1 for a measurement of both", n)
	}
}

func TestFixtureIsMissed(t *testing.T) {
	p := &Pipeline{UI: ui.New(ui.Options{})}
	job := job.Job{Provider: &provider.Provider{Dir: t.TempDir()}}
	_, err := p.Fixture(context.Background(), job, artifact.Lab{ID: "sha256:0", Kernel: "6.12"})
	advice, ok := errors.AsType[*AdviceError](err)
	if !ok || !errors.Is(err, os.ErrNotExist) || advice.What == "" {
		t.Errorf("got %v, want advice to add lab/", err)
	}
}

func TestPackagesLeavesDebuggingDataOut(t *testing.T) {
	dir := t.TempDir()
	d := artifact.Dist{Dir: dir, Manifest: artifact.Manifest{Files: []artifact.Output{
		{Path: "SRPMS/rdma-core-56.1-1.src.rpm"}, {Path: "SPECS/rdma-core.spec"},
	}}}
	if files, names, err := installable(d); err != nil || len(files) != 0 || len(names) != 0 {
		t.Errorf("neither a source package nor a spec is installed: %v %v %v", files, names, err)
	}
	d.Manifest.Files = []artifact.Output{{Path: "RPMS/x86_64/broken.rpm"}}
	if err := os.MkdirAll(filepath.Join(dir, "RPMS/x86_64"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "RPMS/x86_64/broken.rpm"), []byte("no rpm"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := installable(d); err == nil {
		t.Error("a damaged package is an error")
	}
}
