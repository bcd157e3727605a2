// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/resnics/verbsmith/mage/internal/matrix"
	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/mage/internal/pack/addon"
	"github.com/resnics/verbsmith/mage/internal/readout"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/specs"
)

// MatrixFlags are the flags of the matrix targets that no other has.
type MatrixFlags struct {
	File, On, Only *string
	Jobs           *int
	Resume, List   *bool
}

// The files of a matrix, in readout.MatrixFolder of the directory of outputs.
const (
	matrixRuns  = "runs.json" // where and how long each cell ran
	matrixTests = "junit.xml"
	cellsFolder = "cells" // a directory for each cell, by its ID
	cellFile    = "cell.json"
	cellLog     = "log.txt"
)

// matrixPlan is what a matrix is made of.
type matrixPlan struct {
	all     []matrix.Cell // of the file
	cells   []matrix.Cell // that -only chooses
	digests map[string]string
	source  string // -source; a clone has all releases
	clone   bool
	program string // digest of the running program
}

// Matrix is the matrix target: the cells of specs/matrix.yaml, here or on several engines, and one table of all of them.
func (a *App) Matrix(ctx context.Context, f MatrixFlags) error {
	plan, err := a.matrixPlan(ctx, f)
	if err != nil {
		return err
	}
	fmt.Fprintln(a.ui.Out(), plan.count())
	if f.List != nil && *f.List {
		for _, c := range plan.cells {
			fmt.Fprintf(a.ui.Out(), "%s %s\n", c.ID(), c.Depth)
		}
		return nil
	}
	run := &matrixRun{App: a, plan: plan, file: f.File, total: len(plan.cells)}
	places, err := run.placesOn(ctx, f)
	if err != nil {
		return err
	}
	done, left, err := run.resumed(f.Resume != nil && *f.Resume)
	if err != nil {
		return err
	}
	if n := len(done); n > 0 {
		fmt.Fprintf(a.ui.Out(), "%s already: kept from the run before\n", done.Sum())
	}
	run.done = slices.Clone(done)
	results, ran := run.all(ctx, left, places)
	if results, err = plan.inOrder(plan.cells, done, results); err != nil {
		return err
	}
	return errors.Join(a.endMatrix(context.WithoutCancel(ctx), results, ran), ctx.Err(), run.failed, a.pipeline.Prune(ctx))
}

// count says how many cells there are, before any runs.
func (p *matrixPlan) count() string {
	depths := map[specs.Depth]int{}
	for _, c := range p.cells {
		depths[c.Depth]++
	}
	var parts []string
	for _, d := range specs.Depths() {
		if depths[d] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", depths[d], d))
		}
	}
	text := fmt.Sprintf("%s: %s", count(len(p.cells), "cell"), strings.Join(parts, ", "))
	if n := len(p.all) - len(p.cells); n > 0 {
		text += fmt.Sprintf("; %d more in the matrix", n)
	}
	return text
}

// matrixPlan reads the matrix and the flags, and reports all mistakes in them at once.
func (a *App) matrixPlan(ctx context.Context, f MatrixFlags) (*matrixPlan, error) {
	p := &matrixPlan{digests: map[string]string{}, source: value(a.flags.Source, "")}
	m, errMatrix := a.loadMatrix(value(f.File, ""))
	_, errBase := a.baseMode()
	if err := errors.Join(errMatrix, errBase, notEmpty("only", f.Only, "IDs of cells, as -list shows them"),
		notEmpty("on", f.On, onForms), notEmpty("file", f.File, "a matrix file")); err != nil {
		return nil, err
	}
	names := map[string]string{}
	var errs []error
	for _, c := range m.Cells() {
		if _, known := names[c.Provider]; !known {
			var err error
			names[c.Provider], err = a.matrixProvider(ctx, c.Provider, p.digests)
			errs = append(errs, err)
		}
		p.all = append(p.all, matrix.Cell{MatrixCell: c, Name: names[c.Provider]})
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if err := matrix.CheckIDs(p.all); err != nil {
		return nil, err
	}
	var err error
	if p.cells, err = matrix.Select(p.all, value(f.Only, "")); err != nil {
		return nil, &stage.AdviceError{Err: err, What: "`go tool mage matrix -list` shows the cells"}
	}
	if p.clone = addon.IsClone(p.source); p.source != "" && !p.clone {
		if err := oneRelease(p.cells, p.source); err != nil {
			return nil, err
		}
	}
	p.program, err = stage.Program()
	return p, err
}

// loadMatrix reads the matrix of a file, "" for the repository's own or verbsmith's.
func (a *App) loadMatrix(file string) (*specs.Matrix, error) {
	if file == "" {
		return specs.LoadMatrix(a.pipeline.Kit.Dir("specs"), specs.MatrixFile, "", a.releases, a.distros, a.suites)
	}
	dir, name := filepath.Split(absolute(file))
	return specs.LoadMatrix(os.DirFS(dir), name, file, a.releases, a.distros, a.suites)
}

// matrixProvider loads a provider and returns its name; "" is the repository's own.
func (a *App) matrixProvider(ctx context.Context, given string, digests map[string]string) (string, error) {
	if given == "" {
		given = value(a.flags.Provider, "")
	}
	if given == "" {
		var err error
		if given, err = a.defaultProvider(); err != nil {
			return "", err
		}
	}
	p, err := a.provider(ctx, given)
	if err == nil && p == nil {
		err = needsProvider()
	}
	if err != nil {
		return "", err
	}
	digests[p.Manifest.Name] = p.Digest()
	return p.Manifest.Name, nil
}

// oneRelease wants cells of one release for a source that is no clone.
func oneRelease(cells []matrix.Cell, source string) error {
	for _, c := range cells[1:] {
		if c.Release != cells[0].Release {
			//nolint:err113 // shown once
			return fmt.Errorf("-source=%s: want a git clone, for cells of several releases (%s, %s)", source, cells[0].Release, c.Release)
		}
	}
	return nil
}

// sourceOf is -source for a cell.
func (p *matrixPlan) sourceOf(c matrix.Cell) string {
	if p.clone {
		return p.source + "@v" + c.Release
	}
	return p.source
}

// key is the digest of what a cell's verdict is about.
func (p *matrixPlan) key(c matrix.Cell, base string) string {
	text := strings.Join([]string{c.ID(), string(c.Depth), p.digests[c.Name], filepath.Base(p.sourceOf(c)), base, p.program}, "\x00")
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// inOrder puts results into the order of cells. Those without one were not run.
func (p *matrixPlan) inOrder(cells []matrix.Cell, parts ...matrix.Results) (matrix.Results, error) {
	known := matrix.Results{}
	for _, c := range cells {
		known = append(known, matrix.Of(c))
	}
	return matrix.Merge(append([]matrix.Results{known}, parts...)...)
}

// matrixDir is where the results of a matrix are.
func (a *App) matrixDir() string { return filepath.Join(a.dirs.dist, readout.MatrixFolder) }

// cellDir is where those of a cell are.
func (a *App) cellDir(c matrix.Cell) string {
	return filepath.Join(a.matrixDir(), cellsFolder, filepath.FromSlash(c.ID()))
}

// readCell reads a cell's result; one that wraps fs.ErrNotExist says that it has none.
func (a *App) readCell(c matrix.Cell) (matrix.Result, error) {
	file := filepath.Join(a.cellDir(c), cellFile)
	data, err := owned.ReadFile(file, matrix.MostResult)
	if err != nil {
		return matrix.Result{}, fmt.Errorf("read the result of a cell: %w", err)
	}
	r, err := matrix.ReadResult(a.relative(file), data)
	if err == nil && r.Cell != c.ID() {
		err = &matrix.ResultError{File: a.relative(file), Want: "the cell " + c.ID(), Got: r.Cell}
	}
	return r, err
}

// resumed are the cells that passed in the run before and would do the same again, and those that have to run.
func (r *matrixRun) resumed(wanted bool) (done matrix.Results, left []matrix.Cell, err error) {
	for _, c := range r.plan.cells {
		if wanted {
			result, err := r.readCell(c)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, nil, err
			}
			if err == nil && result.Verdict == matrix.Pass && result.Key == r.plan.key(c, r.base()) {
				done = append(done, result)
				continue
			}
		}
		left = append(left, c)
	}
	return done, left, nil
}

// endMatrix shows the results of a matrix, and then writes them: a file that is in the way hides none.
func (a *App) endMatrix(ctx context.Context, results matrix.Results, ran []matrix.Ran) error {
	a.ui.Table("matrix", matrix.Header(), results.Rows())
	fmt.Fprintln(a.ui.Out(), results.Sum())
	times := map[string]time.Duration{}
	for _, r := range ran {
		times[r.Cell] = r.Elapsed
	}
	data, err := results.JSON()
	if err != nil {
		return err
	}
	tests, err := results.Suite(times).JUnit()
	if err != nil {
		return err
	}
	runs, err := json.MarshalIndent(ran, "", "  ")
	if err != nil {
		return fmt.Errorf("write where the cells ran: %w", err)
	}
	dir := a.matrixDir()
	for name, content := range map[string][]byte{readout.MatrixFile: data, matrixTests: tests, matrixRuns: append(runs, '\n')} {
		if _, err := a.pipeline.Collector().Place(ctx, dir, name, content); err != nil {
			return err
		}
	}
	a.made(dir)
	fmt.Fprintln(a.ui.Out(), a.relative(filepath.Join(dir, readout.MatrixFile)))
	return results.Err()
}

// MatrixMerge is the matrix:merge target: one table of what several runs of the same matrix left.
func (a *App) MatrixMerge(ctx context.Context, given *string, f MatrixFlags) error {
	dirs := value(given, "")
	if strings.TrimSpace(dirs) == "" {
		return &stage.AdviceError{
			Err: errors.New("no directory is given"), What: "pass the directories that the runs left, as `go tool mage matrix:merge DIR…`",
		}
	}
	plan, err := a.matrixPlan(ctx, MatrixFlags{File: f.File})
	if err != nil {
		return err
	}
	var parts []matrix.Results
	var errs []error
	for dir := range strings.SplitSeq(dirs, ",") {
		part, err := readMatrix(absolute(dir))
		parts, errs = append(parts, part), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	results, err := plan.inOrder(plan.all, parts...)
	if err != nil {
		return err
	}
	err = a.endMatrix(ctx, results, nil)
	if _, errPage := a.pages().directories(ctx, a.results); errPage != nil { // of cells that failed too, though no stage has
		noPage(a.ui, errPage)
	}
	return err
}

// readMatrix reads the results below a directory: matrix.json in it, in its directory matrix, or in dist/matrix.
func readMatrix(dir string) (matrix.Results, error) {
	for _, below := range []string{"", readout.MatrixFolder, "dist/" + readout.MatrixFolder} {
		file := filepath.Join(dir, filepath.FromSlash(below), readout.MatrixFile)
		data, err := owned.ReadFile(file, matrix.MostResults)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the results of a matrix: %w", err)
		}
		return matrix.ReadResults(file, data)
	}
	return nil, &stage.AdviceError{
		Err: fmt.Errorf("%s: want a directory with %s, in it or in %s/: %w",
			dir, readout.MatrixFile, readout.MatrixFolder, fs.ErrNotExist),
		What: "give what a run of `go tool mage matrix` left: dist/, or dist/matrix",
	}
}
