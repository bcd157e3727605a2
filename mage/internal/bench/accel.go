// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/lab"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// QEMU's accelerators.
const (
	emulation = "tcg"
	hardware  = "kvm"
	kvmNode   = "/dev/kvm"
)

const probeScript = "lab-probe.sh"

// accelerator is software emulation unless a probe has just shown that KVM works: a device node
// proves nothing. After a failure the machine is not probed again for a day.
func (b *Bench) accelerator(ctx context.Context, image artifact.Lab, program string, s *ui.Stage) string {
	if image.Cross != "" {
		return emulation
	}
	const remember = 24 * time.Hour
	engine, err := b.Engine(ctx)
	if err != nil {
		return emulation
	}
	host, kernel := engine.Machine()
	memo := filepath.Join(b.CacheDir, stage.VolumeName("no-kvm", host, kernel))
	if st, err := os.Stat(memo); err == nil && time.Since(st.ModTime()) < remember {
		return emulation
	}
	s.Note("probe KVM")
	tree := []stage.File{{Name: "init", Path: program, Mode: 0o755}}
	// On most machines the node belongs to root. This root has no capabilities.
	_, err = b.Script(ctx, s, containers.RunSpec{
		Argv: []string{probeScript, "/tmp/probe", lab.NoPlan},
		Name: "kvm", Image: image.ID, User: "0:0", Devices: []string{kvmNode},
		Inputs: []containers.Input{{Path: "/tmp/probe", Write: stage.Tar(tree)}},
	})
	if err == nil {
		_ = os.Remove(memo)
		return hardware
	}
	if ctx.Err() == nil {
		_ = os.WriteFile(memo, []byte(err.Error()), 0o644) // only a cache: losing it costs a probe
	}
	return emulation
}
