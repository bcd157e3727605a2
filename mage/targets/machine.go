// SPDX-License-Identifier: Apache-2.0

package targets

import (
	"context"

	"github.com/resnics/verbsmith/mage/internal/app"
)

// Doctor reports what is missing on this machine and how to get it.
func Doctor(ctx context.Context,
	distro *string, // distro to check for (default rocky9)
	base *string, // base image: auto, registry or standin (default auto)
) error {
	return app.Run(ctx, app.Flags{Distro: distro, Base: base}, (*app.App).Doctor)
}

// Clean removes what verbsmith made: outputs, cache, images, this cache's volumes and containers.
func Clean(ctx context.Context,
	all *bool, // also what other caches' runs left on the engine (default false)
) error {
	return app.Clean(ctx, all != nil && *all)
}

// Check runs all linters.
func Check(ctx context.Context) error {
	return app.Run(ctx, app.Flags{}, (*app.App).Check)
}
