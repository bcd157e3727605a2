// SPDX-License-Identifier: Apache-2.0

package targets

import (
	"context"

	"github.com/magefile/mage/mg"

	"github.com/resnics/verbsmith/mage/internal/app"
)

func flags(distro, rdma, source, provider, base *string) app.Flags {
	return app.Flags{Distro: distro, RDMA: rdma, Source: source, Provider: provider, Base: base}
}

// Build builds the patched tree in the distro's container and proves discovery.
func Build(ctx context.Context,
	distro *string, // distro to build for (default rocky9)
	rdma *string, // rdma-core release (default 56.1)
	source *string, // tarball, source RPM, or git clone as PATH@REF, instead of a download
	provider *string, // provider: a name in provider/, a directory, or none (default the repository's own)
	base *string, // base image: auto, registry or standin (default auto)
) error {
	return app.Run(ctx, flags(distro, rdma, source, provider, base), (*app.App).Build)
}

// Watch does what build does, again after each save of the provider, and shows one line each time.
func Watch(ctx context.Context,
	distro *string, // distro to build for (default rocky9)
	rdma *string, // rdma-core release (default 56.1)
	source *string, // tarball, source RPM, or git clone as PATH@REF, instead of a download
	provider *string, // provider: a name in provider/, or a directory (default the repository's own)
	base *string, // base image: auto, registry or standin (default auto)
) error {
	return app.Run(ctx, flags(distro, rdma, source, provider, base), (*app.App).Watch)
}

// RPM builds the RPMs and the SRPM and collects them in dist/.
func RPM(ctx context.Context,
	distro *string, // distro to build for (default rocky9)
	rdma *string, // rdma-core release (default 56.1)
	source *string, // tarball, source RPM, or git clone as PATH@REF, instead of a download
	provider *string, // provider: a name in provider/, a directory, or none (default the repository's own)
	base *string, // base image: auto, registry or standin (default auto)
	suffix *string, // appended to the packages' release (default .NAME1 for a source RPM)
	arch *string, // processor: x86_64 or aarch64 (default the engine's)
) error {
	f := flags(distro, rdma, source, provider, base)
	f.Suffix, f.Arch = suffix, arch
	return app.Run(ctx, f, (*app.App).RPM)
}

// DEB builds Debian's packages, checks them with lintian and collects them in dist/.
func DEB(ctx context.Context,
	suite *string, // Debian suite to build for (default the machine's own, else bookworm)
	rdma *string, // rdma-core release (default 56.1)
	source *string, // tarball, or git clone as PATH@REF, instead of a download
	provider *string, // provider: a name in provider/, a directory, or none (default the repository's own)
	base *string, // base image: auto, registry or standin (default auto)
	suffix *string, // appended to the packages' version (default +by.PROVIDER1)
	arch *string, // processor: x86_64 or aarch64 (default the engine's)
) error {
	f := flags(nil, rdma, source, provider, base)
	f.Suite, f.Suffix, f.Arch = suite, suffix, arch
	return app.Run(ctx, f, (*app.App).Deb)
}

// Rebuild makes packages anew from the record next to them, without caches, and compares them with it.
func Rebuild(ctx context.Context,
	from *string, // the record: a .buildinfo in dist/
	packages *string, // directory with packages that have to be the recorded ones (default none)
	source *string, // tarball, source RPM, or git clone as PATH@REF, instead of a download
	provider *string, // provider: a name in provider/, or a directory (default that of the recorded name)
	base *string, // base image: auto, registry or standin (default the recorded kind)
) error {
	return app.Run(ctx, flags(nil, nil, source, provider, base), func(a *app.App, ctx context.Context) error {
		return a.Rebuild(ctx, app.RebuildFlags{From: from, Packages: packages})
	})
}

// Reproduce builds packages twice from nothing, the second time as on another machine, and names the cause of any difference.
func Reproduce(ctx context.Context,
	kind *string, // kinds of packages, separated by commas: rpm, rpm:addon, deb, deb:addon (default rpm,rpm:addon,deb)
	vary *string, // all, each (one build for each alone), or names of variations separated by commas (default all)
	distro *string, // distro to build for (default rocky9)
	suite *string, // Debian suite to build for (default the machine's own, else bookworm)
	rdma *string, // rdma-core release (default 56.1)
	source *string, // tarball, source RPM, or git clone as PATH@REF, instead of a download
	provider *string, // provider: a name in provider/, a directory, or none (default the repository's own)
	base *string, // base image: auto, registry or standin (default auto)
	arch *string, // processor: x86_64 or aarch64 (default the engine's)
) error {
	f := flags(distro, rdma, source, provider, base)
	f.Suite, f.Arch = suite, arch
	return app.Run(ctx, f, func(a *app.App, ctx context.Context) error {
		return a.Reproduce(ctx, app.ReproduceFlags{Kind: kind, Vary: vary})
	})
}

// Patch writes rdma-core-PROVIDER.patch and proves that it applies.
func Patch(ctx context.Context,
	distro *string, // distro to build for (default rocky9)
	rdma *string, // rdma-core release (default 56.1)
	source *string, // tarball, source RPM, or git clone as PATH@REF, instead of a download
	provider *string, // provider: a name in provider/, or a directory (default the repository's own)
	base *string, // base image: auto, registry or standin (default auto)
) error {
	return app.Run(ctx, flags(distro, rdma, source, provider, base), (*app.App).Patch)
}

// Spec writes the patched rdma-core.spec and shows the difference.
func Spec(ctx context.Context,
	distro *string, // distro to build for (default rocky9)
	rdma *string, // rdma-core release (default 56.1)
	source *string, // tarball, source RPM, or git clone as PATH@REF, instead of a download
	provider *string, // provider: a name in provider/, a directory, or none (default the repository's own)
	base *string, // base image: auto, registry or standin (default auto)
	suffix *string, // appended to the packages' release (default .NAME1 for a source RPM)
) error {
	f := flags(distro, rdma, source, provider, base)
	f.Suffix = suffix
	return app.Run(ctx, f, (*app.App).Spec)
}

// Inspect builds the packages if there is need, and shows what each contains and what the provider added.
func Inspect(ctx context.Context,
	distro *string, // distro to build for (default rocky9)
	suite *string, // Debian suite, for Debian's packages in place of RPMs (default none)
	rdma *string, // rdma-core release (default 56.1)
	source *string, // tarball, source RPM, or git clone as PATH@REF, instead of a download
	provider *string, // provider: a name in provider/, a directory, or none (default the repository's own)
	base *string, // base image: auto, registry or standin (default auto)
	suffix *string, // appended to the packages' release (default .NAME1 for a source RPM)
	against *string, // what to compare with: a directory with packages, or the URL of a repository (default none)
	json *string, // file that gets the changes since -against, as JSON
) error {
	f := flags(distro, rdma, source, provider, base)
	f.Suite, f.Suffix = suite, suffix
	return app.Run(ctx, f, func(a *app.App, ctx context.Context) error {
		return a.Inspect(ctx, app.InspectFlags{Against: against, JSON: json})
	})
}

// Rpm is the namespace of packages other than rdma-core's own.
type Rpm mg.Namespace

// Addon builds the provider's own package, which is installed next to an unpatched libibverbs.
func (Rpm) Addon(ctx context.Context,
	distro *string, // distro to build for (default rocky9)
	rdma *string, // rdma-core release (default one for each interface of libibverbs)
	source *string, // tarball, source RPM, git clone as PATH@REF, or git clone with the releases
	provider *string, // provider: a name in provider/, or a directory (default the repository's own)
	base *string, // base image: auto, registry or standin (default auto)
	suffix *string, // appended to the package's release, for a rebuild (default nothing)
	arch *string, // processor: x86_64 or aarch64 (default the engine's)
) error {
	f := flags(distro, rdma, source, provider, base)
	f.Suffix, f.Arch = suffix, arch
	return app.Run(ctx, f, (*app.App).RPMAddon)
}

// Deb is the namespace of Debian packages other than rdma-core's own.
type Deb mg.Namespace

// Addon builds the provider's own Debian package, which is installed next to an unpatched libibverbs1.
func (Deb) Addon(ctx context.Context,
	suite *string, // Debian suite to build for (default the machine's own, else bookworm)
	rdma *string, // rdma-core release (default one for each interface of libibverbs)
	source *string, // tarball, git clone as PATH@REF, or git clone with the releases
	provider *string, // provider: a name in provider/, or a directory (default the repository's own)
	base *string, // base image: auto, registry or standin (default auto)
	suffix *string, // appended to the package's version, for a rebuild (default nothing)
	arch *string, // processor: x86_64 or aarch64 (default the engine's)
) error {
	f := flags(nil, rdma, source, provider, base)
	f.Suite, f.Suffix, f.Arch = suite, suffix, arch
	return app.Run(ctx, f, (*app.App).DebAddon)
}
