// SPDX-License-Identifier: Apache-2.0

package targets

import (
	"context"

	"github.com/magefile/mage/mg"

	"github.com/resnics/verbsmith/mage/internal/app"
)

// Releases is the namespace of the targets for many releases at once.
type Releases mg.Namespace

// Check adds the provider to every release of a git clone and reports how far each gets.
func (Releases) Check(ctx context.Context,
	source *string, // git clone of rdma-core with its tags (required)
	rdma *string, // releases: FROM..TO, one, or several separated by commas (default all)
	depth *string, // edit, spec or compile (default compile)
	distro *string, // distro whose toolchain compiles (default rocky9)
	provider *string, // provider: a name in provider/, or a directory (default the repository's own)
	base *string, // base image: auto, registry or standin (default auto)
) error {
	f := flags(distro, rdma, source, provider, base)
	f.Depth = depth
	return app.Run(ctx, f, (*app.App).ReleasesCheck)
}

// Add measures a release that specs/ does not know, and writes a file with its origins, sums and interface.
func (Releases) Add(ctx context.Context,
	version string, // the release's number, such as 66.0
	source *string, // tarball, source RPM, or git clone with its tag or as PATH@REF (default upstream's release)
	depth *string, // edit, or compile to measure the layout too (default compile if an engine answers)
	distro *string, // distro whose toolchain compiles (default rocky9)
	base *string, // base image: auto, registry or standin (default auto)
) error {
	f := flags(distro, nil, source, nil, base)
	f.Depth = depth
	return app.Run(ctx, f, func(a *app.App, ctx context.Context) error { return a.ReleasesAdd(ctx, version) })
}

// API records libibverbs/driver.h of each release of a git clone, and writes the page about it.
func (Releases) API(ctx context.Context,
	source *string, // git clone of rdma-core with its tags (required)
) error {
	return app.Run(ctx, app.Flags{Source: source}, (*app.App).ReleasesAPI)
}
