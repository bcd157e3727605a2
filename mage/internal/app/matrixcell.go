// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/matrix"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
	"github.com/resnics/verbsmith/mage/internal/pkgfile"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/specs"
)

// targetCell is the target of one cell.
const targetCell = "matrix:cell"

// MatrixCell is the matrix:cell target: one cell of the matrix, and its verdict in a file. With prepare it makes only what other cells
// of the same target need as well.
func (a *App) MatrixCell(ctx context.Context, cell *string, prepare *bool, f MatrixFlags) error {
	id := value(cell, "")
	if id == "" {
		return &stage.AdviceError{
			Err: errors.New("-cell is missing: want the ID of a cell"), What: "`go tool mage matrix -list` shows the cells",
		}
	}
	f.Only = &id
	plan, err := a.matrixPlan(ctx, f)
	if err != nil {
		return err
	}
	if len(plan.cells) != 1 {
		return fmt.Errorf("-cell=%s: want one cell, got %d", id, len(plan.cells)) //nolint:err113 // shown once
	}
	c := plan.cells[0]
	a.setCell(plan, c)
	if prepare != nil && *prepare {
		return a.prepareCell(ctx, c)
	}
	failed := a.runCell(ctx, c)
	result, err := a.cellResult(ctx, plan, c, failed)
	if err != nil {
		return errors.Join(failed, err)
	}
	data, err := result.JSON()
	if err != nil {
		return errors.Join(failed, err)
	}
	parted := context.WithoutCancel(ctx)
	if _, err := a.pages().directories(parted, a.results); err != nil {
		noPage(a.ui, err)
	}
	a.results = nil // the page about the last run is the matrix's
	_, err = a.pipeline.Collector().Place(parted, a.cellDir(c), cellFile, data)
	return errors.Join(failed, err)
}

// setCell makes the cell's values those of the flags.
func (a *App) setCell(plan *matrixPlan, c matrix.Cell) {
	if source := plan.sourceOf(c); source != "" {
		a.flags.Source = &source
	}
	a.flags.RDMA = &c.Release
	a.flags.Distro, a.flags.Suite = nil, nil
	if c.Suite != "" {
		a.flags.Suite = &c.Suite
	} else {
		a.flags.Distro = &c.Distro
	}
	if c.Provider != "" {
		a.flags.Provider = &c.Provider
	}
	a.flags.Packages = &c.Packages
	if c.Depth != specs.DepthEdit { // which needs no engine
		processor := string(c.Processor)
		a.flags.Arch = &processor
	}
}

// runCell does what the cell's depth says.
func (a *App) runCell(ctx context.Context, c matrix.Cell) error {
	debian, alone := c.Suite != "", c.Packages == specs.KindAddon
	kinds := map[[2]bool]struct {
		pack, prove func(*App, context.Context) error
	}{
		{false, false}: {(*App).RPM, (*App).TestIntegration},
		{false, true}:  {(*App).RPMAddon, (*App).TestAddon},
		{true, false}:  {(*App).Deb, (*App).TestDeb},
		{true, true}:   {(*App).DebAddon, (*App).TestDebAddon},
	}
	kind := kinds[[2]bool{debian, alone}]
	if err := a.crossedCell(ctx, c); err != nil {
		return err
	}
	switch c.Depth {
	case specs.DepthEdit, specs.DepthCompile:
		s, recipe, err := a.cellRecipe(ctx, c)
		if err != nil {
			return err
		}
		return a.pipeline.Do(ctx, recipe, s)
	case specs.DepthPackage:
		return kind.pack(a, ctx)
	case specs.DepthProven:
		return kind.prove(a, ctx)
	case specs.DepthKernel:
		if err := kind.prove(a, ctx); err != nil {
			return err
		}
		return a.TestKernel(ctx)
	case specs.DepthReleased:
		if err := kind.prove(a, ctx); err != nil {
			return err
		}
		return a.rebuildCell(ctx)
	}
	return &specs.UnknownError{Kind: "depth", Name: string(c.Depth), Known: []string{string(specs.DepthEdit)}}
}

// crossedCell refuses a cell for a processor that is not the engine's, unless its packages can be cross-compiled.
func (a *App) crossedCell(ctx context.Context, c matrix.Cell) error {
	cross, err := a.crossProcessor(ctx)
	switch {
	case err != nil || cross == "":
		return err
	case c.Depth != specs.DepthPackage:
		return stage.NoCross(cross, "depth "+string(c.Depth)+" runs the programs")
	case c.Suite == "" && c.Packages == specs.KindPatched:
		return stage.NoCross(cross, crossedWhole)
	}
	return nil
}

// cellRecipe is the recipe of a depth without packages. Of an add-on, what is compiled is the same provider in the same tree.
func (a *App) cellRecipe(ctx context.Context, c matrix.Cell) (*pipeline.State, pipeline.Recipe, error) {
	load := a.rpmJob
	if c.Suite != "" {
		load = a.debJob
	}
	j, err := load(ctx)
	if err != nil {
		return nil, nil, err
	}
	s := pipeline.NewState(j).WithStock(j.Stock())
	switch debian := c.Suite != ""; {
	case c.Depth == specs.DepthEdit && c.Packages == specs.KindAddon:
		return s, pipeline.ForCellEditAddon, nil
	case c.Depth == specs.DepthEdit && debian:
		return s, pipeline.ForCellEditDeb, nil
	case c.Depth == specs.DepthEdit:
		return s, pipeline.ForCellEdit, nil
	case debian:
		return s, pipeline.ForCellCompileDeb, nil
	}
	return s, pipeline.ForCellCompile, nil
}

// rebuildCell builds the packages of the cell once more from their record.
func (a *App) rebuildCell(ctx context.Context) error {
	if len(a.results) == 0 {
		return errNoRecord
	}
	dir := a.results[len(a.results)-1]
	records, err := filepath.Glob(filepath.Join(dir, "*.buildinfo"))
	if err != nil || len(records) != 1 {
		return errors.Join(errNoRecord, err)
	}
	a.flags.Packages = nil
	return a.Rebuild(ctx, RebuildFlags{From: &records[0]})
}

// prepareCell makes the base and the toolchain of a cell.
func (a *App) prepareCell(ctx context.Context, c matrix.Cell) error {
	if err := a.crossedCell(ctx, c); err != nil {
		return err
	}
	if c.Depth == specs.DepthCompile {
		s, recipe, err := a.cellRecipe(ctx, c)
		if err != nil {
			return err
		}
		run, err := a.pipeline.Start(ctx, recipe, s)
		if err != nil {
			return err
		}
		return run.To(ctx, pipeline.StockToolchain)
	}
	recipe, load := pipeline.ForToolchainBuild, a.rpmJob
	if c.Suite != "" {
		recipe, load = pipeline.ForToolchainBuildDeb, a.debJob
	}
	j, err := load(ctx)
	if err != nil {
		return err
	}
	return a.pipeline.Do(ctx, recipe, pipeline.NewState(j))
}

// cellResult judges how a cell ended, and reads what it has made.
func (a *App) cellResult(ctx context.Context, plan *matrixPlan, c matrix.Cell, failed error) (matrix.Result, error) {
	result := matrix.Of(c)
	result.Key = plan.key(c, a.base())
	if failed != nil {
		why := hidden(a.dirs, a.flags)(a.ui.FirstLine(failed))
		if a.machineFailed(ctx, failed) {
			return result.With(matrix.Lost, why), nil
		}
		return result.With(matrix.Fail, why), nil
	}
	var err error
	result.Made, err = a.cellMade(c)
	return result.With(matrix.Pass, ""), err
}

// machineFailed says whether an error is the machine's fault: it is one by its kind, or the engine does not answer after it.
func (a *App) machineFailed(ctx context.Context, err error) bool {
	if ctx.Err() != nil || containers.IsMachines(err) {
		return true
	}
	if a.engine == nil {
		return false
	}
	_, gone := containers.AskMachine(context.WithoutCancel(ctx), a.engine.Info.Host)
	return gone != nil
}

// cellMade lists the packages in the directories that the cell has made. Those without the provider are not the cell's.
func (a *App) cellMade(c matrix.Cell) ([]matrix.File, error) {
	var made []matrix.File
	for _, dir := range a.results {
		m, err := dist.ReadManifest(dir)
		if err != nil {
			return nil, err
		}
		if m.Provider != c.Name {
			continue
		}
		for _, f := range m.Files {
			if pkgfile.IsRPM(f.Path) || pkgfile.IsDeb(f.Path) {
				rel, err := filepath.Rel(a.dirs.dist, filepath.Join(dir, filepath.FromSlash(f.Path)))
				if err != nil {
					return nil, fmt.Errorf("list the packages of a cell: %w", err)
				}
				made = append(made, matrix.File{Path: filepath.ToSlash(rel), SHA256: f.SHA256})
			}
		}
	}
	slices.SortFunc(made, func(a, b matrix.File) int { return strings.Compare(a.Path, b.Path) })
	return made, nil
}
