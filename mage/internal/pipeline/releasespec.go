// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
)

const (
	releaseSpecStage  = 1
	releaseSpecScript = "release-spec.sh"
)

// CheckSpecs has rpmspec parse the edited spec of each release, once as each of
// the EL releases would: their conditionals, with the toolchain's own macros
// behind them.
func (p *Pipeline) CheckSpecs(ctx context.Context, job job.Job, tc artifact.Toolchain, els []int, r *Releases) error {
	return p.eachRow(ctx, "rpmspec", 1, r, func(ctx context.Context, row *ReleaseRow) (bool, error) {
		if !row.edited() {
			row.Spec = Check{State: CheckNotTried}
			return true, nil
		}
		hit, err := p.specRow(ctx, job, tc, els, row)
		row.Spec = row.answer(err)
		return hit, err
	})
}

func (p *Pipeline) specRow(ctx context.Context, job job.Job, tc artifact.Toolchain, els []int, row *ReleaseRow) (bool, error) {
	args := []string{topdir + "/SPECS/" + artifact.SpecFile, job.ProviderName()}
	for _, el := range els {
		args = append(args, strconv.Itoa(el))
	}
	key, err := scriptKey(parseStage, releaseSpecStage, releaseSpecScript)
	if err != nil {
		return false, err
	}
	key = compiler{image: tc.ID, epoch: row.Release.Time}.key(key).
		String("arguments", strings.Join(args, " ")).String("edit", row.edit.key)
	entry, err := p.do(ctx, key, func(ctx context.Context, _ string) error {
		return p.quietly(row.Release.Name, func(q *Pipeline) error { return q.parseSpec(ctx, tc, args, row) })
	})
	return entry.Hit, err
}

func (p *Pipeline) parseSpec(ctx context.Context, tc artifact.Toolchain, args []string, row *ReleaseRow) error {
	s := p.begin("rpmspec")
	files := []tarFile{
		{name: "SPECS/" + artifact.SpecFile, path: row.edit.spec, owner: builderUID, mtime: row.Release.Time},
		{name: "SOURCES/" + row.edit.patchName, path: row.edit.patch, owner: builderUID, mtime: row.Release.Time},
	}
	c := compiler{image: tc.ID, epoch: row.Release.Time}
	err := p.runCompiler(ctx, s, c, containers.RunSpec{
		Argv: append([]string{releaseSpecScript}, args...),
		Name: "rpmspec", User: builder, WorkDir: topdir,
		Inputs: []containers.Input{{Path: topdir, Write: tarOf(files)}},
	})
	return p.end("rpmspec", s, false, err)
}
