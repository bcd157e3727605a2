// SPDX-License-Identifier: Apache-2.0

package image

import (
	"context"
	"fmt"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/specs"
)

// bootstrap makes sure that a Debian suite, bootstrapped on this machine, is on the engine.
func (b *Builder) bootstrap(
	ctx context.Context, engine stage.Engine, suite specs.Suite, s *ui.Stage,
) (artifact.Base, bool, error) {
	unlock, err := b.Cache.Lock(ctx, "standin-"+suite.Name, func(holder string) { s.Note("waiting for " + holder) })
	if err != nil {
		return artifact.Base{}, false, err
	}
	defer unlock()
	base, here, err := bootstrapped(ctx, engine, suite)
	if err != nil || here {
		return base, here, err
	}
	if _, err := b.rootfs(ctx, engine, suite.Name, s); err != nil {
		return base, false, err
	}
	if base, here, err = bootstrapped(ctx, engine, suite); err == nil && !here {
		err = fmt.Errorf("image %s is missing after the import", base.Ref)
	}
	return base, false, err
}

// bootstrapped looks for the suite that this machine has bootstrapped.
func bootstrapped(ctx context.Context, engine stage.Engine, suite specs.Suite) (artifact.Base, bool, error) {
	ref, err := rootfsRef(suite.Name)
	if err != nil {
		return artifact.Base{}, false, err
	}
	return imageBase(ctx, engine, job.Deb{Suite: suite}, ref)
}
