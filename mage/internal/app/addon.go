// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strconv"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/pack/addon"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
	"github.com/resnics/verbsmith/mage/internal/stage"
)

// addonKind is how one kind of package builds add-ons.
type addonKind struct {
	job    func(context.Context) (job.Job, error)
	recipe pipeline.Recipe
	toEnd  func(context.Context, *pipeline.Run) error
}

func (a *App) rpmAddons() addonKind {
	return addonKind{a.rpmJob, pipeline.ForAddon, func(ctx context.Context, run *pipeline.Run) error { return run.ToEnd(ctx) }}
}

func (a *App) debAddons() addonKind { return addonKind{a.debJob, pipeline.ForDebAddon, a.judged} }

// RPMAddon is the rpm:addon target: the package of a provider next to an
// unpatched libibverbs, in one release, or for every interface that the
// releases in specs/ have.
func (a *App) RPMAddon(ctx context.Context) error { return a.buildAddons(ctx, a.rpmAddons()) }

// DebAddon is the deb:addon target: the same for a Debian suite.
func (a *App) DebAddon(ctx context.Context) error { return a.buildAddons(ctx, a.debAddons()) }

func (a *App) buildAddons(ctx context.Context, kind addonKind) error {
	j, err := a.addonJob(ctx, kind)
	if err != nil {
		return err
	}
	if !a.oneRelease(j) {
		return a.everyAddon(ctx, j, kind)
	}
	run, err := a.pipeline.Start(ctx, kind.recipe, pipeline.NewState(j))
	if err != nil {
		return err
	}
	if err := kind.toEnd(ctx, run); err != nil {
		return err
	}
	return a.showAddons(ctx, run.Job, []*pipeline.State{run.State}, nil)
}

func (a *App) addonJob(ctx context.Context, kind addonKind) (job.Job, error) {
	j, err := kind.job(ctx)
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
func (a *App) everyAddon(ctx context.Context, j job.Job, kind addonKind) error {
	plan := pipeline.NewState(j)
	if err := a.pipeline.Do(ctx, pipeline.ForAddonPlan, plan); err != nil {
		return err
	}
	var states []*pipeline.State
	for _, c := range plan.Choices {
		if c.Err == nil {
			states = append(states, pipeline.NewState(c.Job))
		}
	}
	if lacking := unavailable(plan.Choices); len(states) == 0 && lacking != nil {
		return &stage.AdviceError{Err: errors.Join(errNoAddon, lacking), What: "pass a git clone of rdma-core as -source"}
	}
	made, failed, err := a.addons(ctx, plan.Choices, states, kind)
	if err != nil {
		return err
	}
	if len(made) > 0 {
		j.Engine = made[0].Job.Engine
	}
	if len(made) == 0 && failed == nil {
		return errors.Join(a.showAddons(ctx, j, made, plan.Choices), &stage.AdviceError{
			Err:  insideError(plan.Choices),
			What: "rpm and deb with replacesUpstream in the manifest put this provider in its place",
		})
	}
	return errors.Join(a.showAddons(ctx, j, made, plan.Choices), failed)
}

// unavailable says why the newest release that can be had from nowhere cannot; nil if there is none.
func unavailable(choices []addon.Choice) (err error) {
	for _, c := range choices {
		if _, inside := errors.AsType[*addon.InUpstreamError](c.Err); c.Err != nil && !inside {
			err = c.Err
		}
	}
	return err
}

// insideError is that of the newest release that has the provider itself.
func insideError(choices []addon.Choice) (err error) {
	for _, c := range choices {
		if _, inside := errors.AsType[*addon.InUpstreamError](c.Err); inside || err == nil {
			err = c.Err
		}
	}
	return err
}

// addons makes one add-on for each state, all in one toolchain. A failure is kept with
// its choice, and ends none of the others. That a release has the provider itself is none.
func (a *App) addons(
	ctx context.Context, choices []addon.Choice, states []*pipeline.State, kind addonKind,
) (made []*pipeline.State, failed, err error) {
	if len(states) == 0 {
		return nil, nil, nil
	}
	runs, err := a.pipeline.StartAll(ctx, kind.recipe, states...)
	if err != nil {
		return nil, nil, err
	}
	var tools artifact.Toolchain
	for i := range choices {
		if choices[i].Err != nil {
			continue
		}
		run := runs[0]
		runs = runs[1:]
		run.Toolchain = tools
		err := kind.toEnd(ctx, run)
		if ctx.Err() != nil {
			return nil, nil, ended(ctx, err)
		}
		tools = run.Toolchain
		if err != nil {
			choices[i].Err = err
			if _, inside := errors.AsType[*addon.InUpstreamError](err); !inside {
				failed = errors.Join(failed, fmt.Errorf("rdma-core %s: %w", run.Job.Version, err))
			}
			continue
		}
		made = append(made, run.State)
	}
	return made, failed, nil
}

var errNoAddon = errors.New("no release of rdma-core is available")

// showAddons lists each package with its file, its private ABI and the releases
// that it is for, then the releases without one, and last which package is for which distro.
func (a *App) showAddons(ctx context.Context, j job.Job, all []*pipeline.State, choices []addon.Choice) error {
	rows := make([][]string, 0, len(all))
	for _, m := range all {
		a.made(m.Dist.Dir)
		entry := m.Dist.Manifest.Addon
		rows = append(rows, []string{
			path.Base(cmp.Or(dist.AddonFile(m.Dist.Manifest), "-")), entry.Module, strconv.Itoa(entry.PrivateABI), servedReleases(*entry),
			a.relative(m.Dist.Dir),
		})
	}
	a.showTimes()
	if len(all) > 0 {
		a.ui.Table(addonTitle(all[0]), []string{"package", "module", "private ABI", "releases", "where"}, rows)
	}
	for _, c := range choices {
		if text := c.Unserved(built(all, c)); text != "" {
			fmt.Fprintln(a.ui.Out(), "no add-on for "+text)
		}
	}
	if err := a.showAddonSet(ctx, j); err != nil {
		return err
	}
	if len(all) > 0 && len(a.pipeline.Ran()) == 0 {
		fmt.Fprintln(a.ui.Out(), "nothing to do: all add-ons are up to date")
	}
	return a.pipeline.Prune(ctx)
}

// built is the first release of the choice's add-on, "" if it was not built.
func built(all []*pipeline.State, c addon.Choice) string {
	for _, m := range all {
		if c.Err == nil && m.Job.Version == c.Job.Version {
			return m.Dist.Manifest.Addon.From
		}
	}
	return ""
}

func addonTitle(m *pipeline.State) string {
	title := m.Dist.Manifest.Addon.Package + " for " + filepath.Base(filepath.Dir(m.Dist.Dir))
	if m.Dist.Manifest.Standin {
		title += " (stand-in base: not releasable)"
	}
	return title
}

// servedReleases formats the releases.
func servedReleases(a artifact.Addon) string {
	if n := len(a.Releases); n > 0 {
		return fmt.Sprintf("%s to %s (%d)", a.Releases[0], a.Releases[n-1], n)
	}
	return fmt.Sprintf("from %s, below %s: not in specs/interfaces.yaml", a.From, a.Below)
}
