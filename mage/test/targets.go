// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"

	"github.com/resnics/verbsmith/mage/internal/app"
)

// Unit runs the Go tests that need no engine.
func Unit(ctx context.Context) error {
	return app.Run(ctx, app.Flags{}, (*app.App).TestUnit)
}

// Integration installs the RPMs in a clean container and gives the verdicts.
func Integration(ctx context.Context,
	distro *string, // distro to build for (default rocky9)
	rdma *string, // rdma-core release (default 56.1)
	source *string, // tarball, or git clone as PATH@REF, instead of a download
	provider *string, // provider: a name in provider/, a folder, or none (default rib)
	base *string, // base image: auto, registry or standin (default auto)
) error {
	f := app.Flags{Distro: distro, RDMA: rdma, Source: source, Provider: provider, Base: base}
	return app.Run(ctx, f, (*app.App).TestIntegration)
}

// All runs everything in the order in which CI runs it.
func All(ctx context.Context) error {
	return app.Run(ctx, app.Flags{}, (*app.App).TestAll)
}
