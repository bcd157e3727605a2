// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
)

const (
	releaseSpecStage  = 1
	releaseSpecScript = "release-spec.sh"
)

// CheckSpecs has rpmspec parse the edited spec of each release, once as each of
// the EL releases would: their conditionals, with the toolchain's own macros
// behind them.
func (w *Walker) CheckSpecs(ctx context.Context, j job.Job, tc artifact.Toolchain, els []int, r *Releases) error {
	return w.eachRow(ctx, "rpmspec", 1, r, func(ctx context.Context, row *Row) (bool, error) {
		if !row.edited() {
			row.Spec = report.Result{State: report.NotTried}
			return true, nil
		}
		hit, err := w.specRow(ctx, j, tc, els, row)
		row.Spec = row.answer(err)
		return hit, err
	})
}

func (w *Walker) specRow(ctx context.Context, j job.Job, tc artifact.Toolchain, els []int, row *Row) (bool, error) {
	args := []string{stage.Topdir + "/SPECS/" + artifact.SpecFile, j.ProviderName()}
	for _, el := range els {
		args = append(args, strconv.Itoa(el))
	}
	key, err := stage.ScriptKey(parseStage, releaseSpecStage, releaseSpecScript)
	if err != nil {
		return false, err
	}
	key = stage.Compiler{Image: tc.ID, Epoch: row.Release.Time}.Key(key).
		String("arguments", strings.Join(args, " ")).String("edit", row.edit.key)
	entry, err := w.Do(ctx, key, func(ctx context.Context, _ string) error {
		return w.inScratch(row.Release.Name, func(q *Walker) error { return q.parseSpec(ctx, tc, args, row) })
	})
	return entry.Hit, err
}

func (w *Walker) parseSpec(ctx context.Context, tc artifact.Toolchain, args []string, row *Row) error {
	s := w.Begin("rpmspec")
	files := []stage.File{
		{Name: "SPECS/" + artifact.SpecFile, Path: row.edit.spec, Owner: stage.BuilderUID, Time: row.Release.Time},
		{Name: "SOURCES/" + row.edit.patchName, Path: row.edit.patch, Owner: stage.BuilderUID, Time: row.Release.Time},
	}
	c := stage.Compiler{Image: tc.ID, Epoch: row.Release.Time}
	err := w.Compile(ctx, s, c, containers.RunSpec{
		Argv: append([]string{releaseSpecScript}, args...),
		Name: "rpmspec", User: stage.Builder, WorkDir: stage.Topdir,
		Inputs: []containers.Input{{Path: stage.Topdir, Write: stage.Tar(files)}},
	})
	return w.End("rpmspec", s, false, err)
}
