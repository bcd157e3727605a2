// SPDX-License-Identifier: Apache-2.0

package image

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/resnics/verbsmith/mage/internal/stage"
)

const bootstrapScript = "standin-bootstrap.sh"

// userlandImage is a Debian suite bootstrapped on this machine: a base for Debian's packages
// and for the stand-in.
func userlandImage(suite string) (image, error) {
	i, err := ownImage("standin-rootfs", suite, bootstrapped{Suite: suite, Script: stage.Scripts{bootstrapScript}})
	i.note = "bootstrap Debian " + suite
	return i, err
}

// bootstrapped is a userland that a script on this machine bootstraps.
type bootstrapped struct {
	Suite  string
	Script stage.Scripts
}

// make implements maker.
func (in bootstrapped) make(ctx context.Context, w work) error {
	dir, err := os.MkdirTemp("", "verbsmith-rootfs-")
	if err != nil {
		return fmt.Errorf("create a directory for the stand-in's userland: %w", err)
	}
	defer os.RemoveAll(dir)
	archive := filepath.Join(dir, "rootfs.tar")
	if err := stage.HostScript(ctx, w.Stage, in.Script[0], in.Suite, archive); err != nil {
		return err
	}
	f, err := os.Open(archive)
	if err != nil {
		return fmt.Errorf("open the bootstrapped userland: %w", err)
	}
	defer f.Close()
	_, err = w.engine.Import(ctx, f, w.ref, nil)
	return err
}
