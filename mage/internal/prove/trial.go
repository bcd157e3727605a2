// SPDX-License-Identifier: Apache-2.0

package prove

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/scripts"
)

// trial is one proof: its environment and its verdicts so far.
type trial struct {
	*Prover

	line      *ui.Stage     // that shows it
	toolchain string        // image
	base      artifact.Base // in which packages are installed
	suite     report.Suite

	logs sync.Mutex // held while a verdict's output is written to the stage's log
}

// begin begins the proof of packages.
func (p *Prover) begin(tc artifact.Toolchain, suite string) *trial {
	return &trial{
		Prover: p, line: p.Begin("prove"), toolchain: tc.ID, base: tc.Base, suite: report.Suite{Name: suite, Started: time.Now()},
	}
}

// end ends the proof of packages: with err, which prevented a verdict, or else with the failed
// verdicts.
func (t *trial) end(err error) (report.Suite, error) {
	if err == nil {
		err = t.suite.Err()
	}
	return t.suite, t.End("prove", t.line, false, err)
}

func (t *trial) add(v report.Result) { t.suite.Results = append(t.suite.Results, v) }

// cleanRun is a container for one verdict: no network, and no answer from the host's own RDMA.
// If the driver id decides, the player answers.
func (t *trial) cleanRun(ctx context.Context, image string, m subject) (containers.RunSpec, error) {
	seccomp, err := containers.RefuseRDMANetlink()
	spec := containers.RunSpec{
		Name: "prove", Image: image, Root: true, User: "root", Env: m.env(), Seccomp: seccomp,
	}
	if err == nil && m.driverID > 0 {
		var player containers.Input
		player, err = t.netlinkPlayer(ctx)
		spec.Inputs = append(spec.Inputs, player)
	}
	return spec, err
}

// sideBySide is the number of verdicts that run at the same time. Most of their time is the engine's, which waits for its disk.
const sideBySide = 4

// judgeAll runs verdicts side by side, and adds them to the report in order. own has the runs of those that need another one
// than spec, by name. The last ones, in which a package manager works, take the longest, so they start first.
func (t *trial) judgeAll(ctx context.Context, all []report.Result, spec containers.RunSpec, own map[string]containers.RunSpec) error {
	var done atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(sideBySide)
	for i := range slices.Backward(all) {
		group.Go(func() error {
			run, ok := own[all[i].Name]
			if !ok {
				run = spec
			}
			err := t.judge(ctx, &all[i], run)
			t.line.Step(int(done.Add(1)), len(all), all[i].Name)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err //nolint:wrapcheck // of judge
	}
	for _, v := range all {
		t.add(v)
	}
	return nil
}

// judge runs one verdict; a failed one is not an error.
func (t *trial) judge(ctx context.Context, v *report.Result, spec containers.RunSpec) error {
	spec.Argv = []string{scripts.Verdict, v.Name}
	spec.Log = io.Discard // several run at the same time: the log gets each one's output in a piece
	_, err := t.Verdict(ctx, t.line, v, spec)
	t.logs.Lock()
	defer t.logs.Unlock()
	if _, err := fmt.Fprintf(t.line.Log(), "== %s\n%s\n", v.Name, v.Output); err != nil {
		return fmt.Errorf("write the log of %s: %w", v.Name, err)
	}
	return err
}

// installed is an image with installed packages.
type installed struct {
	image string
	names []string // of the packages
}

// install installs the binary packages of dist with dnf or apt in a container of the image from
// and commits the result as an image.
func (t *trial) install(ctx context.Context, from string, dist artifact.Dist) (installed, report.Result, error) {
	pk := packagingOf(dist)
	v := report.Result{Name: "install", Title: pk.installer + " installs the packages, dependencies resolved"}
	files, names, err := stage.Installable(dist)
	if err != nil {
		return installed{}, v, err
	}
	result, err := t.Verdict(ctx, t.line, &v, containers.RunSpec{
		Argv: []string{pk.script, "/" + stage.PackagesDir(dist)},
		Name: "install", Image: from, Root: true, User: "root",
		// A real distro fetches dependencies; the stand-in carries its own.
		Network: t.base.Network(), Repositories: pk.manager == "rpm",
		Inputs: []containers.Input{{Path: "/", Write: stage.Tar(files)}},
		Commit: fmt.Sprintf("verbsmith/proof:%d", time.Now().UnixNano()),
	})
	if err != nil || !v.Passed() {
		return installed{}, v, err
	}
	v.Evidence = fmt.Sprintf("%d packages, %s check finds nothing", len(names), pk.installer)
	return installed{image: result.Image, names: names}, v, nil
}

func (p *Prover) removeImage(ctx context.Context, image string) {
	engine, err := p.Engine(ctx)
	if err != nil {
		return
	}
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	_ = engine.RemoveImage(ctx, image) // the clean target removes leftovers
}
