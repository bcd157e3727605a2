// SPDX-License-Identifier: Apache-2.0

package targets

import (
	"context"

	"github.com/magefile/mage/mg"

	"github.com/resnics/verbsmith/mage/internal/app"
)

// CI is the namespace of the targets for services that run others.
type CI mg.Namespace

func ciFlags(distro, suite, packages, provider, rdma, base *string) app.Flags {
	f := flags(distro, rdma, nil, provider, base)
	f.Suite, f.Packages = suite, packages
	return f
}

// Github writes a workflow for GitHub Actions that checks, builds and tests the provider of this repository.
func (CI) Github(ctx context.Context,
	distro *string, // distros to build RPMs for, separated by commas, or all (default rocky9, with -suite none)
	suite *string, // Debian suites to build packages for, separated by commas, or all (default none)
	packages *string, // kinds of packages: patched, addon, or both separated by a comma (default patched)
	kernel *bool, // with the kernel lab (default true if the provider has lab/Kbuild)
	provider *string, // provider: a name in provider/, or a directory (default the repository's own)
	rdma *string, // rdma-core release (default that of each target)
	base *string, // base image: auto, registry or standin (default auto)
) error {
	f := ciFlags(distro, suite, packages, provider, rdma, base)
	return app.Run(ctx, f, func(a *app.App, ctx context.Context) error { return a.CIGitHub(ctx, kernel) })
}

// Gitlab writes the same for GitLab CI, or a file to include where there is a .gitlab-ci.yml.
func (CI) Gitlab(ctx context.Context,
	distro *string, // distros to build RPMs for, separated by commas, or all (default rocky9, with -suite none)
	suite *string, // Debian suites to build packages for, separated by commas, or all (default none)
	packages *string, // kinds of packages: patched, addon, or both separated by a comma (default patched)
	kernel *bool, // with the kernel lab (default true if the provider has lab/Kbuild)
	provider *string, // provider: a name in provider/, or a directory (default the repository's own)
	rdma *string, // rdma-core release (default that of each target)
	base *string, // base image: auto, registry or standin (default auto)
) error {
	f := ciFlags(distro, suite, packages, provider, rdma, base)
	return app.Run(ctx, f, func(a *app.App, ctx context.Context) error { return a.CIGitLab(ctx, kernel) })
}

// Summary prints what is in dist/ as Markdown, for the page of a run.
func (CI) Summary(ctx context.Context) error {
	return app.Run(ctx, app.Flags{}, (*app.App).CISummary)
}

// Matrix prints the cells of the matrix as rows for the matrix of a service, at most as many as that takes.
func (CI) Matrix(ctx context.Context,
	format *string, // github or gitlab
	file *string, // the matrix (default verbsmith/specs/matrix.yaml of the repository, or verbsmith's own)
	only *string, // cells: IDs with * for any part, separated by commas (default all)
	provider *string, // provider of cells that name none (default the repository's own)
) error {
	return app.Run(ctx, flags(nil, nil, nil, provider, nil), func(a *app.App, ctx context.Context) error {
		return a.CIMatrix(ctx, format, app.MatrixFlags{File: file, Only: only})
	})
}
