// SPDX-License-Identifier: Apache-2.0

package targets

import (
	"context"

	"github.com/magefile/mage/mg"

	"github.com/resnics/verbsmith/mage/internal/app"
)

// Provider is the namespace of the targets for a provider's directory.
type Provider mg.Namespace

// New creates the directory of a new provider.
func (Provider) New(ctx context.Context,
	name string, // the provider's name: a C identifier, such as rib
	dir *string, // the directory to create (default provider/NAME)
	shared *bool, // with a library of functions for programs beyond verbs (default false)
	maintainer *string, // its maintainer, as "NAME <ADDRESS>"
) error {
	return app.Run(ctx, app.Flags{}, func(a *app.App, ctx context.Context) error {
		return a.ProviderNew(ctx, app.NewProvider{Name: name, Dir: dir, Maintainer: maintainer, Shared: shared})
	})
}

// Adopt writes provider.yaml for a driver that exists, alone or in a fork of rdma-core.
func (Provider) Adopt(ctx context.Context,
	path *string, // the driver's directory, or a tree that has it (default the repository); also as an argument
	dir *string, // a directory to create with a copy of the driver (default in place if nothing has to move, else provider/NAME)
	maintainer *string, // its maintainer, as "NAME <ADDRESS>" (default as MAINTAINERS says)
	depth *string, // of provider:check at the end: edit or compile (default compile if an engine answers)
	rdma *string, // rdma-core release to compare with (default the tree's version, or 56.1)
	source *string, // tarball, source RPM, or git clone as PATH@REF, instead of a download
	distro *string, // distro whose toolchain compiles (default rocky9)
	base *string, // base image: auto, registry or standin (default auto)
) error {
	f := flags(distro, rdma, source, nil, base)
	f.Depth = depth
	return app.Run(ctx, f, func(a *app.App, ctx context.Context) error {
		return a.ProviderAdopt(ctx, app.AdoptProvider{Path: path, Dir: dir, Maintainer: maintainer})
	})
}

// Check reports everything that is wrong with a provider, with file and line.
func (Provider) Check(ctx context.Context,
	provider *string, // provider: a name in provider/, or a directory (default the repository's own)
	depth *string, // edit or compile (default compile if an engine answers)
	rdma *string, // rdma-core release (default 56.1)
	source *string, // tarball, source RPM, or git clone as PATH@REF, instead of a download
	distro *string, // distro whose toolchain compiles (default rocky9)
	base *string, // base image: auto, registry or standin (default auto)
) error {
	f := flags(distro, rdma, source, provider, base)
	f.Depth = depth
	return app.Run(ctx, f, (*app.App).ProviderCheck)
}
