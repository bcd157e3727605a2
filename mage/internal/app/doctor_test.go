// SPDX-License-Identifier: Apache-2.0

package app

import (
	"slices"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/ui"
)

// Each thing to do is said once, what is needed first.
func TestDoctorSaysWhatToDoNext(t *testing.T) {
	got := nextSteps([]finding{
		{what: "Go", found: "go1.26"},
		{what: "registry", advice: "use one"},
		{what: "base for rocky9", advice: "be root", bad: true},
		{what: "base for debian-bookworm", advice: "be root"},
		{what: "git", install: "git"},
		{what: "shellcheck", install: "shellcheck"},
	})
	want := []ui.Field{
		{Name: "base for rocky9, base for debian-bookworm", Text: "be root"},
		{Name: "registry", Text: "use one"},
		{Name: "git, shellcheck", Text: "apt-get install git shellcheck (automatic for root on Debian)"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := nextSteps([]finding{{what: "Go"}}); len(got) != 1 || got[0].Name != "ready" {
		t.Errorf("if nothing is missing: %q", got)
	}
}
