// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/lab"
	"github.com/resnics/verbsmith/mage/internal/stage"
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
	p := &Pipeline{Runner: &stage.Runner{UI: ui.New(ui.Options{})}}
	j := job.Job{Provider: &provider.Provider{Dir: t.TempDir()}}
	_, err := p.Fixture(context.Background(), j, artifact.Lab{ID: "sha256:0", Kernel: "6.12"})
	advice, ok := errors.AsType[*stage.AdviceError](err)
	if !ok || !errors.Is(err, os.ErrNotExist) || advice.What == "" {
		t.Errorf("got %v, want advice to add lab/", err)
	}
}
