// SPDX-License-Identifier: Apache-2.0

package toolchain

import (
	"context"

	"github.com/resnics/verbsmith/mage/internal/app"
)

// List shows the distros with their base, toolchain image and state.
func List(ctx context.Context,
	rdma *string, // rdma-core release (default 56.1)
	source *string, // tarball, or git clone as PATH@REF, instead of a download
	provider *string, // provider: a name in provider/, a folder, or none (default rib)
	base *string, // base image: auto, registry or standin (default auto)
) error {
	f := app.Flags{RDMA: rdma, Source: source, Provider: provider, Base: base}
	return app.Run(ctx, f, (*app.App).ToolchainList)
}

// Build builds or refreshes the toolchain image of a distro.
func Build(ctx context.Context,
	distro *string, // distro to build for (default rocky9)
	rdma *string, // rdma-core release (default 56.1)
	source *string, // tarball, or git clone as PATH@REF, instead of a download
	provider *string, // provider: a name in provider/, a folder, or none (default rib)
	base *string, // base image: auto, registry or standin (default auto)
) error {
	f := app.Flags{Distro: distro, RDMA: rdma, Source: source, Provider: provider, Base: base}
	return app.Run(ctx, f, (*app.App).ToolchainBuild)
}
