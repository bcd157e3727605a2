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

// Bench times verbsmith's jobs against plain builds, in turn, and prints medians, ratios and limits.
func Bench(ctx context.Context,
	only *string, // jobs, separated by commas (default all)
	count *int, // runs of each job (default 5)
	json *string, // file for all results as JSON
	growth *bool, // also how times grow with numbers of releases, files, bytes and runs (default false)
	write *bool, // also write the results into docs/performance.md (default false)
	cbuild *string, // path of rdma-core's buildlib/cbuild, to compare with
	source *string, // git clone of rdma-core with its tags, for jobs with other releases
	distro *string, // distro to build for (default rocky9)
	suite *string, // Debian suite to build for (default the machine's own, else bookworm)
	rdma *string, // rdma-core release (default 56.1)
	provider *string, // provider: a name in provider/, or a directory (default the repository's own)
	base *string, // base image: auto, registry or standin (default auto)
) error {
	f := flags(distro, rdma, source, provider, base)
	f.Suite = suite
	own := app.BenchFlags{Only: only, JSON: json, CBuild: cbuild, Count: count, Growth: growth, Write: write}
	return app.Run(ctx, f, func(a *app.App, ctx context.Context) error { return a.Bench(ctx, own) })
}

// Check runs all linters.
func Check(ctx context.Context) error {
	return app.Run(ctx, app.Flags{}, (*app.App).Check)
}
