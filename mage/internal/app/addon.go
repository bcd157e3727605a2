// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/pack/addon"
	"github.com/resnics/verbsmith/mage/internal/stage"
)

// addonStages are those of one add-on: source, integrate, patch, addon, collect.
const addonStages = 5

// RPMAddon is the rpm:addon target: the package of a provider next to an
// unpatched libibverbs, in one release, or for every interface that the
// releases in specs/ have.
func (a *App) RPMAddon(ctx context.Context) error {
	j, err := a.addonJob(ctx)
	if err != nil {
		return err
	}
	if a.oneRelease(j) {
		a.pipeline.Plan(toolchainStages + addonStages)
		m, err := a.addon(ctx, j, a.addonTools(j))
		if err != nil {
			return err
		}
		return a.showAddons(ctx, []addonMade{m}, nil)
	}
	return a.everyAddon(ctx, j)
}

// addonMade is one add-on, and what it was made from.
type addonMade struct {
	made
	dist artifact.Dist
}

func (a *App) addonJob(ctx context.Context) (job.Job, error) {
	j, err := a.rpmJob(ctx)
	if err == nil && j.Provider == nil {
		err = needsProvider()
	}
	if err == nil && j.Version != "" && j.Given != "" && addon.IsClone(j.Given) {
		j.Given += "@v" + j.Version
	}
	return j, err
}

// oneRelease says whether a release is named, by its number or its source. A
// clone without a ref is all of its releases.
func (a *App) oneRelease(j job.Job) bool {
	return value(a.flags.RDMA, "") != "" || j.Given != "" && !addon.IsClone(j.Given)
}

// everyAddon builds one for each interface with an available release, and
// shows all of them, also those that cannot be built.
func (a *App) everyAddon(ctx context.Context, j job.Job) error {
	if _, err := a.connectEngine(ctx); err != nil {
		return err
	}
	choices, err := a.pipeline.PlanAddons(ctx, j)
	if err != nil {
		return err
	}
	builds := 0
	for _, c := range choices {
		if c.Err == nil {
			builds++
		}
	}
	if builds == 0 {
		return &stage.AdviceError{
			Err:  errors.Join(errNoAddon, choices[len(choices)-1].Err),
			What: "pass a git clone of rdma-core as -source",
		}
	}
	a.pipeline.Plan(toolchainStages + builds*addonStages)
	tools := a.addonTools(j)
	var all []addonMade
	var errs []error
	for i, c := range choices {
		if c.Err != nil {
			continue
		}
		m, err := a.addon(ctx, c.Job, tools)
		if ctx.Err() != nil {
			return err
		}
		if err != nil {
			choices[i].Err = err
			errs = append(errs, fmt.Errorf("rdma-core %s: %w", c.Job.Version, err))
			continue
		}
		all = append(all, m)
	}
	return errors.Join(a.showAddons(ctx, all, choices), errors.Join(errs...))
}

var errNoAddon = errors.New("no release of rdma-core is available")

// addonTools makes the toolchain in which every add-on of a distro is built,
// at the first call, so that mistakes in a job are reported before that.
func (a *App) addonTools(j job.Job) func(context.Context) (artifact.Toolchain, error) {
	var tc artifact.Toolchain
	return func(ctx context.Context) (artifact.Toolchain, error) {
		if tc.ID != "" {
			return tc, nil
		}
		spec, err := a.pipeline.AddonTools(ctx, j)
		if err != nil {
			return tc, err
		}
		base, err := a.pipeline.Base(ctx, j)
		if err != nil {
			return tc, err
		}
		tc, err = a.pipeline.Toolchain(ctx, j, base, spec.File, false)
		return tc, err
	}
}

// addon runs the stages of one add-on up to dist.
func (a *App) addon(
	ctx context.Context, j job.Job, tools func(context.Context) (artifact.Toolchain, error),
) (addonMade, error) {
	m := addonMade{made: made{job: j}}
	// The later stages need an engine: fail before the long ones.
	if _, err := a.connectEngine(ctx); err != nil {
		return m, err
	}
	var err error
	if m.src, err = a.pipeline.Source(ctx, j); err != nil {
		return m, err
	}
	if err := addon.NotInUpstream(j, m.src); err != nil {
		return m, err
	}
	if m.tree, err = a.pipeline.Integrate(ctx, j, m.src); err != nil {
		return m, err
	}
	if m.patch, err = a.pipeline.Patch(ctx, j, m.tree); err != nil {
		return m, err
	}
	if m.tc, err = tools(ctx); err != nil {
		return m, err
	}
	pkgs, err := a.pipeline.Addon(ctx, j, m.tree, m.patch, m.tc)
	if err != nil {
		return m, err
	}
	m.dist, err = a.pipeline.Collect(ctx, j, m.tree, m.tc, pkgs)
	return m, err
}

// showAddons lists each package with its file, its private ABI and the releases
// that it is for, and then the releases without one.
func (a *App) showAddons(ctx context.Context, all []addonMade, choices []addon.Choice) error {
	rows := make([][]string, 0, len(all))
	for _, m := range all {
		entry := m.dist.Manifest.Addon
		rows = append(rows, []string{
			addonFile(m.dist), entry.Module, strconv.Itoa(entry.PrivateABI), servedReleases(*entry),
			a.relative(m.dist.Dir),
		})
	}
	a.ui.Summary(a.ui.StageTimes())
	if len(all) > 0 {
		a.ui.Table(addonTitle(all[0]), []string{"package", "module", "private ABI", "releases", "where"}, rows)
	}
	for _, c := range choices {
		if text := c.Unserved(built(all, c)); text != "" {
			fmt.Fprintln(a.ui.Out(), "no add-on for "+text)
		}
	}
	if len(a.pipeline.Ran()) == 0 {
		fmt.Fprintln(a.ui.Out(), "nothing to do: all add-ons are up to date")
	}
	return a.pipeline.Prune(ctx)
}

// built is the first release of the choice's add-on, "" if it was not built.
func built(all []addonMade, c addon.Choice) string {
	for _, m := range all {
		if c.Err == nil && m.job.Version == c.Job.Version {
			return m.dist.Manifest.Addon.From
		}
	}
	return ""
}

func addonTitle(m addonMade) string {
	title := m.dist.Manifest.Addon.Package + " for " + filepath.Base(filepath.Dir(m.dist.Dir))
	if m.dist.Manifest.Standin {
		title += " (stand-in base: not releasable)"
	}
	return title
}

// addonFile is the package's own file, without its debugging data.
func addonFile(dist artifact.Dist) string {
	own := dist.Manifest.Addon.Package + "-" + dist.Manifest.Release + "-"
	for _, f := range dist.Manifest.Files {
		name := path.Base(f.Path)
		if strings.HasPrefix(name, own) && !strings.HasSuffix(name, ".src.rpm") {
			return name
		}
	}
	return "-"
}

// servedReleases formats the releases.
func servedReleases(a artifact.Addon) string {
	if n := len(a.Releases); n > 0 {
		return fmt.Sprintf("%s to %s (%d)", a.Releases[0], a.Releases[n-1], n)
	}
	return fmt.Sprintf("from %s, below %s: not in specs/interfaces.yaml", a.From, a.Below)
}
