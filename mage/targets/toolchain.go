// SPDX-License-Identifier: Apache-2.0

package targets

import (
	"context"

	"github.com/magefile/mage/mg"

	"github.com/resnics/verbsmith/mage/internal/app"
)

// Toolchain is the namespace of the toolchain images.
type Toolchain mg.Namespace

// List shows the distros and Debian's suites with their base, toolchain image and state.
func (Toolchain) List(ctx context.Context,
	rdma *string, // rdma-core release (default 56.1)
	source *string, // tarball, source RPM, or git clone as PATH@REF, instead of a download
	provider *string, // provider: a name in provider/, a directory, or none (default the repository's own)
	base *string, // base image: auto, registry or standin (default auto)
) error {
	return app.Run(ctx, flags(nil, rdma, source, provider, base), (*app.App).ToolchainList)
}

// Build builds or refreshes the toolchain image of a distro, or of a Debian suite.
func (Toolchain) Build(ctx context.Context,
	distro *string, // distro to build for (default rocky9)
	suite *string, // Debian suite to build for, instead of a distro
	rdma *string, // rdma-core release (default 56.1)
	source *string, // tarball, source RPM, or git clone as PATH@REF, instead of a download
	provider *string, // provider: a name in provider/, a directory, or none (default the repository's own)
	base *string, // base image: auto, registry or standin (default auto)
	arch *string, // processor: x86_64 or aarch64 (default the engine's)
) error {
	f := flags(distro, rdma, source, provider, base)
	f.Suite, f.Arch = suite, arch
	return app.Run(ctx, f, (*app.App).ToolchainBuild)
}

// Lock writes the packages that a toolchain has, which every later toolchain of that distro or suite must have.
func (Toolchain) Lock(ctx context.Context,
	distro *string, // distro whose toolchain is locked (default rocky9)
	suite *string, // Debian suite whose toolchain is locked, instead of a distro
	rdma *string, // rdma-core release (default 56.1)
	source *string, // tarball, source RPM, or git clone as PATH@REF, instead of a download
	provider *string, // provider: a name in provider/, a directory, or none (default the repository's own)
	base *string, // base image: auto, registry or standin (default auto)
	arch *string, // processor: x86_64 or aarch64 (default the engine's)
) error {
	f := flags(distro, rdma, source, provider, base)
	f.Suite, f.Arch = suite, arch
	return app.Run(ctx, f, (*app.App).ToolchainLock)
}

// Pin writes the digest that a distro's image has now into its file in specs, which then stands for that image.
func (Toolchain) Pin(ctx context.Context,
	distro *string, // distro whose image is pinned, or all (default rocky9)
) error {
	return app.Run(ctx, app.Flags{Distro: distro}, (*app.App).ToolchainPin)
}
