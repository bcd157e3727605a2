// SPDX-License-Identifier: Apache-2.0

package targets

import (
	"context"

	"github.com/magefile/mage/mg"

	"github.com/resnics/verbsmith/mage/internal/app"
)

// Test is the namespace of the tests.
type Test mg.Namespace

// Unit runs the Go tests that need no engine.
func (Test) Unit(ctx context.Context) error {
	return app.Run(ctx, app.Flags{}, (*app.App).TestUnit)
}

// Integration installs the RPMs in a clean container and reports the verdicts.
func (Test) Integration(ctx context.Context,
	distro *string, // distro to build for (default rocky9)
	rdma *string, // rdma-core release (default 56.1)
	source *string, // tarball, source RPM, or git clone as PATH@REF, instead of a download
	provider *string, // provider: a name in provider/, or a directory (default the repository's own)
	base *string, // base image: auto, registry or standin (default auto)
	suffix *string, // appended to the packages' release (default .NAME1 for a source RPM)
) error {
	f := flags(distro, rdma, source, provider, base)
	f.Suffix = suffix
	return app.Run(ctx, f, (*app.App).TestIntegration)
}

// Rebuild rebuilds the source RPM alone in a clean container and compares the files of its packages.
func (Test) Rebuild(ctx context.Context,
	distro *string, // distro to build for (default rocky9)
	rdma *string, // rdma-core release (default 56.1)
	source *string, // tarball, source RPM, or git clone as PATH@REF, instead of a download
	provider *string, // provider: a name in provider/, or a directory (default the repository's own)
	base *string, // base image: auto, registry or standin (default auto)
	suffix *string, // appended to the packages' release (default .NAME1 for a source RPM)
) error {
	f := flags(distro, rdma, source, provider, base)
	f.Suffix = suffix
	return app.Run(ctx, f, (*app.App).TestRebuild)
}

// Deb installs Debian's packages in a clean container and reports the verdicts.
func (Test) Deb(ctx context.Context,
	suite *string, // Debian suite to build for (default the machine's own, else bookworm)
	rdma *string, // rdma-core release (default 56.1)
	source *string, // tarball, or git clone as PATH@REF, instead of a download
	provider *string, // provider: a name in provider/, or a directory (default the repository's own)
	base *string, // base image: auto, registry or standin (default auto)
	suffix *string, // appended to the packages' version (default +by.PROVIDER1)
) error {
	f := flags(nil, rdma, source, provider, base)
	f.Suite, f.Suffix = suite, suffix
	return app.Run(ctx, f, (*app.App).TestDeb)
}

// Addon installs the provider's own package next to unpatched ones and reports the verdicts.
func (Test) Addon(ctx context.Context,
	distro *string, // distro to build for (default rocky9)
	rdma *string, // rdma-core release (default 56.1)
	source *string, // tarball, source RPM, or git clone as PATH@REF, instead of a download
	provider *string, // provider: a name in provider/, or a directory (default the repository's own)
	base *string, // base image: auto, registry or standin (default auto)
	beside *string, // directory in dist/ of other unpatched packages (default the same release's)
	suffix *string, // appended to the package's release (default nothing)
) error {
	f := flags(distro, rdma, source, provider, base)
	f.Beside, f.Suffix = beside, suffix
	return app.Run(ctx, f, (*app.App).TestAddon)
}

// Debaddon installs the provider's own Debian package next to the suite's packages and reports the verdicts.
func (Test) Debaddon(ctx context.Context,
	suite *string, // Debian suite to build for (default the machine's own, else bookworm)
	rdma *string, // rdma-core release (default the oldest one that works with the suite's libibverbs1)
	source *string, // tarball, git clone as PATH@REF, or git clone with the releases
	provider *string, // provider: a name in provider/, or a directory (default the repository's own)
	base *string, // base image: auto, registry or standin (default auto)
	beside *string, // directory in dist/ of other unpatched packages (default the suite's own)
	suffix *string, // appended to the package's version (default nothing)
) error {
	f := flags(nil, rdma, source, provider, base)
	f.Suite, f.Beside, f.Suffix = suite, beside, suffix
	return app.Run(ctx, f, (*app.App).TestDebAddon)
}

// Judges asks rpmlint, libabigail, dnf, apt and rdma-core's check-build about the packages, next to upstream's own.
func (Test) Judges(ctx context.Context,
	kind *string, // kind of packages: rpm or deb (default rpm)
	distro *string, // distro to build for (default rocky9)
	suite *string, // Debian suite to build for (default the machine's own, else bookworm)
	rdma *string, // rdma-core release (default 56.1)
	source *string, // tarball, source RPM, or git clone as PATH@REF, instead of a download
	provider *string, // provider: a name in provider/, or a directory (default the repository's own)
	base *string, // base image: auto, registry or standin (default auto)
	suffix *string, // appended to the packages' release or version (default as rpm and deb have it)
) error {
	f := flags(distro, rdma, source, provider, base)
	f.Suite, f.Suffix = suite, suffix
	return app.Run(ctx, f, func(a *app.App, ctx context.Context) error { return a.TestJudges(ctx, kind) })
}

// Kernel boots what was installed on a real kernel, next to the stock provider.
func (Test) Kernel(ctx context.Context,
	distro *string, // distro to build for (default rocky9)
	suite *string, // Debian suite, for Debian's packages in place of RPMs (default none)
	rdma *string, // rdma-core release (default 56.1)
	source *string, // tarball, source RPM, or git clone as PATH@REF, instead of a download
	provider *string, // provider: a name in provider/, or a directory (default the repository's own)
	base *string, // base image: auto, registry or standin (default auto)
	cases *string, // fast, all, or names of cases separated by commas (default fast)
	module *string, // provider's module: packaged, or tree for one compiled now (default packaged)
	packages *string, // packages to install: patched, or addon for the provider's own next to unpatched ones (default patched)
	beside *string, // directory in dist/ of other unpatched packages for the addon (default the same release's)
	suffix *string, // appended to the packages' release (default .NAME1 for a source RPM)
	arch *string, // processor: x86_64, or aarch64 for Debian's packages (default the engine's)
) error {
	f := flags(distro, rdma, source, provider, base)
	f.Cases, f.Module, f.Packages, f.Beside, f.Suffix = cases, module, packages, beside, suffix
	f.Suite, f.Arch = suite, arch
	return app.Run(ctx, f, (*app.App).TestKernel)
}

// Transplant adds upstream's own providers to releases without them and compares the result with upstream's.
func (Test) Transplant(ctx context.Context,
	source *string, // git clone of rdma-core with its tags
	provider *string, // transplants of specs/transplants.yaml, separated by commas (default all)
	depth *string, // edit or compile (default edit)
	adopt *bool, // with the manifests that provider:adopt writes, and for all providers of 64.0 too (default false)
	distro *string, // distro whose toolchain compiles (default rocky9)
	base *string, // base image: auto, registry or standin (default auto)
) error {
	f := flags(distro, nil, source, provider, base)
	f.Depth = depth
	if adopt != nil && *adopt {
		return app.Run(ctx, f, (*app.App).TestTransplantAdopted)
	}
	return app.Run(ctx, f, (*app.App).TestTransplant)
}

// Strangers tries strangers' providers in every release of a git clone, and compares verbsmith's edits with their vendors'.
func (Test) Strangers(ctx context.Context,
	source *string, // git clone of rdma-core with its tags
	clones *string, // directory with git clones of the vendors' repositories, as OWNER/NAME
	provider *string, // strangers of specs/strangers.yaml, separated by commas (default all)
	rdma *string, // releases: FROM..TO, or several separated by commas (default all from v34.0 on)
	depth *string, // edit or compile (default compile)
	distro *string, // distro whose toolchain compiles (default rocky9)
	base *string, // base image: auto, registry or standin (default auto)
) error {
	f := flags(distro, rdma, source, provider, base)
	f.Depth, f.Clones = depth, clones
	return app.Run(ctx, f, (*app.App).TestStrangers)
}

// All proves every stage and every kind of package once, as CI does.
func (Test) All(ctx context.Context) error {
	return app.Run(ctx, app.Flags{}, (*app.App).TestAll)
}

// Deep runs what is too slow for test:all: other distros and releases, whole suites, broken drivers, fuzzing.
func (Test) Deep(ctx context.Context) error {
	return app.Run(ctx, app.Flags{}, (*app.App).TestDeep)
}
