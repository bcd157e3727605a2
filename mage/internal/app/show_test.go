// SPDX-License-Identifier: Apache-2.0

package app

import (
	"testing"

	"github.com/resnics/verbsmith/mage/internal/timing"
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
