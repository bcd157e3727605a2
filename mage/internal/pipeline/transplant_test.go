// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/specs"
)

// TestDonateLeavesSomebodysDirectory: nothing of it is lost, and nothing of it becomes
// a part of the provider.
func TestDonateLeavesSomebodysDirectory(t *testing.T) {
	p := &Pipeline{DistDir: t.TempDir(), Root: t.TempDir()}
	theirs, folder := t.TempDir(), filepath.Join(p.DistDir, "transplants", "fly")
	write(t, filepath.Join(theirs, "providers", "fly", "fly.c"), "ours")
	thesis := filepath.Join(folder, "thesis")
	write(t, thesis, "mine")
	one := specs.Transplant{Name: "fly", Provider: "fly"}
	_, err := p.donate(t.Context(), one, theirs, folder)
	if foreign, ok := errors.AsType[*owned.ForeignError](err); !ok || foreign.Path != thesis {
		t.Errorf("got %v", err)
	}
	if data, err := os.ReadFile(thesis); err != nil || string(data) != "mine" {
		t.Errorf("%q %v", data, err)
	}
}
