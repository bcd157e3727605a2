// SPDX-License-Identifier: Apache-2.0

package targets

import (
	"context"

	"github.com/magefile/mage/mg"

	"github.com/resnics/verbsmith/mage/internal/app"
)

// MATRIX runs the cells of specs/matrix.yaml (releases, distros, suites, providers, kinds of packages) and makes one table of them.
func MATRIX(ctx context.Context,
	file *string, // the matrix (default verbsmith/specs/matrix.yaml of the repository, or verbsmith's own)
	only *string, // cells to run: IDs with * for any part, separated by commas (default all)
	on *string, // where: local, slurm, or engines: with Docker's contexts or addresses, separated by commas (default local)
	jobs *int, // cells at once on each engine, or of a job array (default by the engine's processors and memory)
	resume *bool, // keep what passed in the run before (default false)
	list *bool, // show the cells, and run none (default false)
	source *string, // git clone with the releases, or the tarball of one, instead of downloads
	provider *string, // provider of cells that name none (default the repository's own)
	base *string, // base image: auto, registry or standin (default auto)
) error {
	f := flags(nil, nil, source, provider, base)
	return app.Run(ctx, f, func(a *app.App, ctx context.Context) error {
		return a.Matrix(ctx, app.MatrixFlags{File: file, Only: only, On: on, Jobs: jobs, Resume: resume, List: list})
	})
}

// Matrix is the namespace of what belongs to it.
type Matrix mg.Namespace

// Cell runs one cell of the matrix, and writes its verdict to dist/matrix/cells.
func (Matrix) Cell(ctx context.Context,
	cell *string, // the cell's ID, as `matrix -list` shows it
	prepare *bool, // make only the toolchain, which cells share (default false)
	file *string, // the matrix (default verbsmith/specs/matrix.yaml of the repository, or verbsmith's own)
	source *string, // git clone with the releases, or the tarball of one, instead of downloads
	provider *string, // provider of cells that name none (default the repository's own)
	base *string, // base image: auto, registry or standin (default auto)
) error {
	f := flags(nil, nil, source, provider, base)
	return app.Run(ctx, f, func(a *app.App, ctx context.Context) error {
		return a.MatrixCell(ctx, cell, prepare, app.MatrixFlags{File: file})
	})
}

// Merge makes one table of what several runs of a matrix left.
func (Matrix) Merge(ctx context.Context,
	dirs *string, // directories with their results, separated by commas; also as arguments
	file *string, // the matrix (default verbsmith/specs/matrix.yaml of the repository, or verbsmith's own)
	provider *string, // provider of cells that name none (default the repository's own)
) error {
	f := flags(nil, nil, nil, provider, nil)
	return app.Run(ctx, f, func(a *app.App, ctx context.Context) error {
		return a.MatrixMerge(ctx, dirs, app.MatrixFlags{File: file})
	})
}
